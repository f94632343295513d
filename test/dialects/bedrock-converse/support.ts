// What the tests of Converse share: requests in short, streams in short.
import type { JsonObject } from "@bufbuild/protobuf";
import type { LLMResponse, Part } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Frame } from "../../../src/contract/adapter.ts";
import { bedrockConverse } from "../../../src/dialects/bedrock-converse/dialect.ts";
import { part, text } from "../../support/parts.ts";
import {
  completeResponse,
  type DecodedStream,
  decodeFrames,
  type Encoded,
  encodeRequest,
  type RequestInit,
} from "../../support/wire-under-test.ts";

/** The adapter that the tests speak for. */
export const adapter = "custom";

/** A model of Claude's that thinks by effort or by budget. */
export const claude = "us.anthropic.claude-sonnet-4-6";

interface SendSettings {
  readonly model?: string;
  readonly stream?: boolean;
  readonly count?: boolean;
}

/**
 * Encodes a request whose only turn is "Hi", and what the test adds; for a model of Nova's, or
 * another.
 */
export function send(
  init: RequestInit = {},
  { count = false, ...input }: SendSettings = {},
): Encoded {
  const encode = count ? bedrockConverse.countTokens!.encode : bedrockConverse.encode;
  return encodeRequest(encode, init, { adapter, model: "us.amazon.nova-2-lite-v1:0", ...input });
}

/** A call of the tool `look`. */
export function call(id: string, args = "{}"): Part {
  return part({ case: "toolCall", value: { id, name: "look", arguments: args } });
}

/** The result of a call, in words. */
export function result(id: string, words = "seen"): Part {
  return part({ case: "toolResult", value: { toolCallId: id, parts: [text(words)] } });
}

/** One event of a stream: its name, and its members. */
export type Event = readonly [name: string, members: JsonObject];

/** Events as frames. */
export function framesOf(events: readonly Event[]): Frame[] {
  return events.map(([event, members]) => ({ event, data: JSON.stringify(members), id: "" }));
}

/** The event that begins an answer. */
export const start: Event = ["messageStart", { role: "assistant", p: "abc" }];
/** The event that begins a block. */
export const open = (block: JsonObject, contentBlockIndex = 0): Event => [
  "contentBlockStart",
  { contentBlockIndex, start: block, p: "ab" },
];
/** A change of a block. */
export const delta = (change: JsonObject, contentBlockIndex = 0): Event => [
  "contentBlockDelta",
  { contentBlockIndex, delta: change, p: "a" },
];
/** The event that ends a block. */
export const close = (contentBlockIndex = 0): Event => [
  "contentBlockStop",
  { contentBlockIndex, p: "" },
];
/** The event that says why the answer ended. */
export const stop = (stopReason = "end_turn"): Event => ["messageStop", { stopReason, p: "a" }];
/** The last event. */
export const metadata = (rest: JsonObject = {}): Event => [
  "metadata",
  {
    usage: { inputTokens: 3, outputTokens: 5, totalTokens: 8 },
    metrics: { latencyMs: 7 },
    ...rest,
  },
];

/** Runs a stream through a fresh decoder. */
export function decodeStream(frames: readonly Frame[]): DecodedStream {
  return decodeFrames(bedrockConverse, { adapter, model: "sent-model" }, frames);
}

/** The answer of a whole stream around some events. */
export function streamed(...events: readonly Event[]): LLMResponse {
  return completeResponse(decodeStream(framesOf([start, ...events, stop(), metadata()])));
}

/** A whole answer of some blocks. */
export function whole(content: readonly JsonObject[], rest: JsonObject = {}): LLMResponse {
  const body: JsonObject = {
    output: { message: { role: "assistant", content: [...content] } },
    stopReason: "end_turn",
    usage: { inputTokens: 3, outputTokens: 5, totalTokens: 8 },
    metrics: { latencyMs: 7 },
    ...rest,
  };
  return bedrockConverse.decode(body, { adapter, model: "sent-model" });
}
