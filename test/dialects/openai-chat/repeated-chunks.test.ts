// Proves that chunks which repeat the one before but for their words are decoded as every other: a
// stream gives the same events and the same answer where each chunk is written in its own way, so
// that none repeats another. With CONNECTORS_CORPUS set, for every recorded stream of chunks too.
import { toJson } from "@bufbuild/protobuf";
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { LLMResponseSchema } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Dialect, Frame, StreamEvent } from "../../../src/contract/adapter.ts";
import { ConnectorError } from "../../../src/contract/connector-error.ts";
import { defaultLimits } from "../../../src/contract/limits.ts";
import { createFramer } from "../../../src/framing/framer.ts";
import { adapters } from "../../../src/providers/index.ts";
import { corpusFolder, recordingsOf } from "../../corpus/recordings.ts";

const wires = ["openai", "mistral", "custom"].map((name): readonly [string, Dialect] => {
  const { dialects = {} } = adapters.find((adapter) => adapter.name === name) ?? {};
  const dialect = dialects.chat ?? dialects["openai-chat"];
  if (dialect === undefined) throw new Error(`${name} speaks no chunks`);
  return [name, dialect];
});

/** All that a decoder makes of frames. */
function decoded(dialect: Dialect, frames: readonly Frame[]) {
  const decoder = dialect.createDecoder({ adapter: "some", model: "some-model" });
  const events: StreamEvent[][] = [];
  try {
    // Copies, since a part grows on after the event that told it.
    for (const frame of frames) events.push(structuredClone([...decoder.push(frame)]));
    const { events: last, end } = decoder.end();
    const response = end.kind === "truncated" ? undefined : toJson(LLMResponseSchema, end.response);
    return { events, last, kind: end.kind, response, progress: decoder.progress() };
  } catch (thrown) {
    if (!(thrown instanceof ConnectorError)) throw thrown;
    return { events, error: [thrown.reason, thrown.message] };
  }
}

/** The same chunks, each with as many spaces after its brace as it has before it in the stream. */
function eachInItsWay(frames: readonly Frame[]): readonly Frame[] {
  return frames.map((frame, index) => ({
    ...frame,
    data: frame.data.replace(/^(\s*)\{/, `$1{${" ".repeat(index + 1)}`),
  }));
}

const words = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom("", '"', "\\", "\ud83d", "\ude00", "😀", "\n", '","finish_reason":"stop"}]}'),
);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 8 });
const delta = fc.record({
  role: maybe(fc.constant("assistant")),
  content: fc.oneof({ weight: 6, arbitrary: words }, { weight: 1, arbitrary: fc.constant(null) }),
  reasoning_content: maybe(fc.oneof(fc.constant(null), words)),
  reasoning: maybe(words),
  refusal: maybe(fc.oneof(fc.constant(null), words)),
  tool_calls: maybe(fc.constant([{ index: 0, id: "c", function: { name: "f", arguments: "{" } }])),
  content_filter: maybe(fc.dictionary(fc.constantFrom("a", "b"), fc.nat(3))),
  more: maybe(fc.oneof(fc.constant([1]), fc.nat(2), fc.constant(""))),
});
const chunk = fc
  .record({
    id: fc.constantFrom("1", "1", "1", "2"),
    model: fc.constantFrom("m", "m", "m", "n"),
    tier: maybe(fc.constantFrom("x", "y", 7)),
    choices: fc
      .record({
        index: fc.constantFrom(0, 0, 0, 0, 0, 1),
        delta,
        finish_reason: fc.constantFrom(null, null, null, null, null, "stop", ""),
        logprobs: maybe(fc.constantFrom(null, { content: [{ token: "t" }] })),
        stop: maybe(fc.nat(2)),
      })
      .map((choice) => [choice]),
    usage: maybe(fc.record({ prompt_tokens: fc.nat(2), completion_tokens: fc.nat(2) })),
    obfuscation: maybe(words),
    p: maybe(words),
    citations: maybe(fc.constant(["https://a.test"])),
  })
  .map((value) => JSON.stringify(value));

/** Chunks of which each has a few that differ from it in their words alone. */
const stream = fc
  .array(fc.tuple(chunk, fc.array(words, { maxLength: 4 })), { minLength: 1, maxLength: 12 })
  .map((groups) => [
    ...groups.flatMap(([json, texts]) => [
      json,
      ...texts.map((text) =>
        json.replace(/"content":"(?:[^"\\]|\\.)*"/, () => `"content":${JSON.stringify(text)}`),
      ),
    ]),
    "[DONE]",
  ])
  .map((chunks) => chunks.map((data): Frame => ({ event: "", data, id: "" })));

describe.each(wires)("chunks of %s", (_, dialect) => {
  property.prop([stream], { numRuns: 400 })("are decoded alike", (frames) => {
    expect(decoded(dialect, frames)).toEqual(decoded(dialect, eachInItsWay(frames)));
  });

  it.skipIf(corpusFolder === undefined)("that were recorded are decoded alike", () => {
    const recordings = recordingsOf(chatNames).filter(({ stream }) => stream);
    for (const { id, framing, response } of recordings) {
      if (framing !== "sse" && framing !== "payload-lines") continue;
      const framer = createFramer("sse", defaultLimits);
      const frames = [...framer.push(response.bytes), ...framer.end()];
      expect(decoded(dialect, frames), id).toEqual(decoded(dialect, eachInItsWay(frames)));
    }
    expect(recordings.length).toBeGreaterThan(200);
  });
});

const chatHosts =
  "openai azure.openai openrouter mistral deepseek groq llamacpp xai huggingface zai";
const moreChatHosts = "venice doubleword perplexity vllm copilot together vercel-gateway cerebras";
const chatNames = `${chatHosts} ${moreChatHosts} azure.inference ollama.openai_compat gpustack`
  .split(" ")
  .map((host) => `${host}.chat`);
