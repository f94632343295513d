// What encoding a request and decoding its answer cost, by adapter and dialect, in µs and as a
// multiple of the least that any program must do: write the request as JSON and parse the answer.
// `npm run bench:codec`; fails where a plain answer of 500 bytes costs more than 30 µs, or where
// the cost grows faster than the size (1 KiB to 10 MiB).
import { create } from "@bufbuild/protobuf";
import { type LLMRequest, LLMRequestSchema, Role } from "../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Dialect } from "../src/contract/adapter.ts";
import { defaultLimits } from "../src/contract/limits.ts";
import { parseBoundedJSON } from "../src/framing/bounded-json.ts";
import { adapters } from "../src/providers/index.ts";
import { plainAnswers } from "./plain-answers.ts";
import { microseconds } from "./stopwatch.ts";

const plainBytes = 500;
const plainMicrosecondsMax = 30;
const sizes = [1, 10, 100, 1024, 10 * 1024].map((kib) => kib * 1024);
/**
 * A byte of the largest may cost this many times one of the 100 KiB: memory and caches are in it.
 */
const growthMax = 2.5;
const place = { region: "us-central1", project: "bench", apiVersion: "" };

interface Cost {
  readonly encode: number;
  readonly decode: number;
  readonly yardstick: number;
}

function costOf(adapter: string, dialect: Dialect, bytes: number): Cost {
  const envelope = plainAnswers[dialect.name]?.("") ?? {};
  const text = "The quick brown fox. "
    .repeat(bytes)
    .slice(0, bytes - JSON.stringify(envelope).length);
  const answer = JSON.stringify(plainAnswers[dialect.name]?.(text));
  const request = requestOf(text);
  const input = { request, adapter, model: "some-model", stream: false, requestId: "", place };
  const body: unknown = JSON.parse(dialect.encode(input).body);
  return {
    encode: microseconds(() => dialect.encode(input)),
    decode: microseconds(() => {
      const parsed = parseBoundedJSON(answer, defaultLimits.jsonDepth);
      return dialect.decode(parsed as never, { adapter, model: "some-model" });
    }),
    yardstick: microseconds(() => [JSON.stringify(body), JSON.parse(answer)]),
  };
}

function requestOf(text: string): LLMRequest {
  return create(LLMRequestSchema, {
    model: "some-model",
    contents: [
      { role: Role.SYSTEM, message: "Be brief." },
      { role: Role.USER, message: text },
    ],
    maxOutputTokens: 256,
    temperature: 0.5,
  });
}

function column(value: number, digits = 1): string {
  return value.toFixed(digits).padStart(10);
}

let failures = 0;

function judge(isRight: boolean, what: string): void {
  if (isRight) return;
  failures += 1;
  console.error(`too slow: ${what}`);
}

const wires = adapters.flatMap(({ name, dialects }) =>
  Object.values(dialects)
    .filter((dialect) => plainAnswers[dialect.name] !== undefined)
    .map((dialect) => ({ name, dialect })),
);
console.log(
  `a plain answer of ${plainBytes} bytes${" ".repeat(11)}encode µs decode µs  total µs  × JSON`,
);
for (const { name, dialect } of wires) {
  const { encode, decode, yardstick } = costOf(name, dialect, plainBytes);
  const total = encode + decode;
  const title = `${name} ${dialect.name}`;
  const figures = [encode, decode, total, total / yardstick].map((value) => column(value)).join("");
  console.log(`${title.padEnd(35)}${figures}`);
  judge(total <= plainMicrosecondsMax, `${title}: ${total.toFixed(1)} µs`);
}
console.log(
  `\nns a byte, encode and decode, at${sizes.map((size) => `${size / 1024} KiB`.padStart(10)).join("")}`,
);
const distinct = new Map(wires.toReversed().map((wire) => [wire.dialect.name, wire]));
for (const { name, dialect } of distinct.values()) {
  const perByte = sizes.map((size) => {
    const { encode, decode } = costOf(name, dialect, size);
    return ((encode + decode) * 1000) / size;
  });
  const title = `${name} ${dialect.name}`;
  console.log(`${title.padEnd(32)}${perByte.map((value) => column(value, 2)).join("")}`);
  const growth = (perByte.at(-1) ?? 0) / (perByte[2] ?? 1);
  judge(growth <= growthMax, `${title}: ${growth.toFixed(1)} times a byte at 10 MiB`);
}
process.exitCode = failures === 0 ? 0 : 1;
