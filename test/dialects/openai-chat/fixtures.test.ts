// Proves on whole streams of bytes, through the real framer, that an answer is the same however the
// network cuts it, that a stream cut at any byte is told as what it is, and that errors in it come
// out classified.
import { readFileSync } from "node:fs";
import { create, equals } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { type LLMResponse, LLMResponseSchema } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { StreamEnd } from "../../../src/contract/adapter.ts";
import { defaultLimits } from "../../../src/contract/limits.ts";
import { openAIChat } from "../../../src/dialects/openai-chat/dialect.ts";
import { createFramer } from "../../../src/framing/framer.ts";
import { decodeChatBody, partsOf } from "../../support/openai-chat.ts";
import { errorOf } from "../../support/wire-under-test.ts";

const folder = new URL("../../../src/dialects/openai-chat/fixtures/", import.meta.url);

function fixture(name: string): Buffer {
  return readFileSync(new URL(name, folder));
}

/** Decodes bytes that came in these pieces and then ended. */
function decode(...pieces: readonly Uint8Array[]): StreamEnd {
  const framer = createFramer(openAIChat.framing, defaultLimits);
  const decoder = openAIChat.createDecoder({ adapter: "openai", model: "gpt-5-mini" });
  for (const piece of pieces) for (const frame of framer.push(piece)) decoder.push(frame);
  for (const frame of framer.end()) decoder.push(frame);
  return decoder.end().end;
}

function whole(name: string): LLMResponse {
  const end = decode(fixture(name));
  if (end.kind !== "complete") throw new Error(`${name} is ${end.kind}`);
  return end.response;
}

const golden = ["text.sse", "tool-calls.sse", "reasoning.sse"];

describe("a whole stream", () => {
  it("of text equals the whole body of the same answer", () => {
    const body = JSON.parse(fixture("text.json").toString());
    expect(whole("text.sse")).toEqual(decodeChatBody(body));
    expect(whole("text.sse").content?.message).toBe("Grüße aus Zürich 🏔️!");
  });

  it("of tool calls that interleave", () => {
    expect(partsOf(whole("tool-calls.sse"))).toEqual([
      ["toolCall", "call_ferry", "next_ferry", '{"pier":"Bürkliplatz"}'],
      ["toolCall", "call_tide", "tide", '{"port":"Oslo"}'],
    ]);
  });

  it("of thinking", () => {
    const response = whole("reasoning.sse");
    expect(partsOf(response)).toEqual([
      ["thinking", "Two ferries an hour."],
      ["text", "Four in two hours."],
    ]);
    expect(response.usage).toMatchObject({ outputTokens: 20n, reasoningTokens: 14n });
  });

  it.each(golden)("%s is the same wherever it is cut in two", { timeout: 60_000 }, (name) => {
    const bytes = fixture(name);
    const expected = whole(name);
    for (let at = 1; at < bytes.length; at += 1) {
      const end = decode(bytes.subarray(0, at), bytes.subarray(at));
      const response = end.kind === "complete" ? end.response : create(LLMResponseSchema);
      expect(equals(LLMResponseSchema, response, expected), `cut at ${at}`).toBe(true);
    }
  });

  it.each(golden)(
    "%s is truncated, logically whole or complete, by where it ends",
    { timeout: 60_000 },
    (name) => {
      const bytes = fixture(name);
      const finish = endOfEvent(bytes, '"finish_reason":"');
      const done = bytes.indexOf("[DONE]") + "[DONE]".length;
      for (let at = 0; at <= bytes.length; at += 1) {
        const { kind } = decode(bytes.subarray(0, at));
        expect(`${at}: ${kind}`).toBe(
          `${at}: ${at < finish ? "truncated" : at < done ? "logical" : "complete"}`,
        );
      }
    },
  );
});

/**
 * Where the event that holds `mark` can be read: at the end of its data, with or without a newline.
 */
function endOfEvent(bytes: Buffer, mark: string): number {
  const text = bytes.toString("latin1");
  const end = text.indexOf("\n", text.indexOf(mark));
  return text[end - 1] === "\r" ? end - 1 : end;
}

describe("a stream with a fault in it", () => {
  it("tells the provider's error", () => {
    const { reason, message } = errorOf(() => decode(fixture("error.sse")));
    expect({ reason, message }).toEqual({
      reason: "PROVIDER_INTERNAL",
      message: "the engine stopped",
    });
  });

  it("does not skip what it cannot read", () => {
    expect(errorOf(() => decode(fixture("malformed.sse"))).reason).toBe(
      "PROVIDER_MALFORMED_RESPONSE",
    );
  });
});
