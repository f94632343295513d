// T16: how long the encoded status of an error is at most, over errors of every reason with fields
// as hostile as a provider can make them: `node bench/reliability/status-size.ts`.
import { create, toBinary } from "@bufbuild/protobuf";
import { StatusSchema } from "../../gen/ts/google/rpc/status_pb.ts";
import { StreamProgressSchema } from "../../gen/ts/nexen/connectors/v1/error_pb.ts";
import { AttemptSchema, UsageSchema } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { ConnectorError, type ErrorFields } from "../../src/contract/connector-error.ts";
import { type Reason, reasons } from "../../src/contract/reasons.ts";
import { statusOf } from "../../src/rpc/error-status.ts";
import { seededRandom } from "../../test/corpus/pieces.ts";
import { conclude, grouped, measuringOptions } from "./measurement.ts";

const targetBytes = 4096;
const alphabets = ["a", "日", "\u{1f600}", "\u0000\r\n", "\ud800", '"%', "x-"];
const lengths = [0, 1, 30, 300, 3_000, 30_000];
const listLengths = [0, 1, 3, 40, 200];
const random = seededRandom(16);

const { count, json } = measuringOptions("errors", { usual: 5_000, quick: 500 });
let largest = 0;
let whole = 0;
for (let index = 0; index < count; index += 1) {
  const reason = pick(Object.keys(reasons) as Reason[]);
  const error = new ConnectorError(reason, text(), fields());
  const status = statusOf(error);
  largest = Math.max(largest, toBinary(StatusSchema, status).length);
  whole += status.code === error.code && status.details.length > 0 ? 1 : 0;
}
conclude(
  [
    {
      number: "T16",
      what: `the encoded status of ${grouped(count)} hostile errors`,
      target: "≤ 4 KiB, code and reason always there",
      measured: `${grouped(largest)} bytes at most; ${grouped(count - whole)} without code or reason`,
      isGood: largest <= targetBytes && whole === count,
    },
  ],
  json,
);

function fields(): ErrorFields {
  return {
    metadata: Object.fromEntries(list(() => [text(), text()])),
    violations: list(() => ({ field: text(), description: text() })),
    retryAfterMs: pick([0, -1, 1.5, 1e12, Number.NaN, Number.POSITIVE_INFINITY]),
    quotaSubjects: list(text),
    precondition: { type: text(), description: text() },
    resource: { type: text(), name: text() },
    progress: create(StreamProgressSchema, {
      lastEventId: text(),
      usage: create(UsageSchema, {
        serverToolUses: Object.fromEntries(list(() => [text().toWellFormed(), 1n])),
      }),
    }),
    attempts: list(() =>
      create(AttemptSchema, {
        target: text().toWellFormed(),
        reason: text().toWellFormed(),
        providerRequestId: text().toWellFormed(),
      }),
    ),
  };
}

function list<T>(item: () => T): T[] {
  return Array.from({ length: pick(listLengths) }, item);
}

function text(): string {
  const unit = pick(alphabets);
  return unit.repeat(Math.ceil(pick(lengths) / unit.length / 8));
}

function pick<T>(from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T;
}
