// What the tests of Converse share: requests in short, streams in short.
import { create, type JsonObject, type MessageInitShape } from "@bufbuild/protobuf";
import {
  LLMRequestSchema,
  type LLMResponse,
  type Part,
  PartSchema,
  Role,
  WarningKind,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Frame, StreamEnd, StreamEvent } from "../../../src/contract/adapter.ts";
import { bedrockConverse } from "../../../src/dialects/bedrock-converse/dialect.ts";

/** The adapter that the tests speak for. */
export const adapter = "custom";

/** A model of Claude's that thinks by effort or by budget. */
export const claude = "us.anthropic.claude-sonnet-4-6";

const kindNames = new Map<number, string>(
  Object.entries(WarningKind).map(([name, kind]) => [kind, name]),
);

type RequestInit = Omit<MessageInitShape<typeof LLMRequestSchema>, "$typeName">;
type PartInit = MessageInitShape<typeof PartSchema>;

/** What was sent, and the warnings as "KIND field". */
export interface Sent {
  readonly body: JsonObject;
  readonly text: string;
  readonly path: string;
  readonly warnings: readonly string[];
}

interface SendSettings {
  readonly model?: string;
  readonly stream?: boolean;
  readonly count?: boolean;
}

/** Encodes a request whose only turn is "Hi", and what the test adds; for a model of Nova's, or another. */
export function send(init: RequestInit = {}, settings: SendSettings = {}): Sent {
  const encode = settings.count ? bedrockConverse.countTokens?.encode : bedrockConverse.encode;
  const request = { contents: [{ role: Role.USER, message: "Hi" }], ...init };
  const wire = encode?.({
    request: create(LLMRequestSchema, request as MessageInitShape<typeof LLMRequestSchema>),
    adapter,
    model: settings.model ?? "us.amazon.nova-2-lite-v1:0",
    stream: settings.stream ?? false,
    requestId: "",
  });
  if (wire === undefined) throw new Error("there is no such encoder");
  return {
    body: JSON.parse(wire.body),
    text: wire.body,
    path: wire.path,
    warnings: wire.warnings.map(({ kind, field }) => `${kindNames.get(kind)} ${field}`),
  };
}

/** A part of some kind. */
export function part(
  kind: NonNullable<PartInit["kind"]>,
  rest: Omit<PartInit, "$typeName"> = {},
): Part {
  return create(PartSchema, { ...rest, kind });
}

/** A text part. */
export function text(words: string, rest: Omit<PartInit, "$typeName"> = {}): Part {
  return part({ case: "text", value: { text: words } }, rest);
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

/** What a decoder made of a stream. */
export interface Decoded {
  readonly events: readonly StreamEvent[];
  readonly end: StreamEnd;
}

/** Runs a stream through a fresh decoder. */
export function decodeStream(frames: readonly Frame[]): Decoded {
  const decoder = bedrockConverse.createDecoder({ adapter, model: "sent-model" });
  const events = frames.flatMap((frame) => [...decoder.push(frame)]);
  const { events: last, end } = decoder.end();
  return { events: [...events, ...last], end };
}

/** The answer of a whole stream around some events. */
export function streamed(...events: readonly Event[]): LLMResponse {
  const { end } = decodeStream(framesOf([start, ...events, stop(), metadata()]));
  if (end.kind !== "complete") throw new Error(`the stream is ${end.kind}`);
  return end.response;
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
