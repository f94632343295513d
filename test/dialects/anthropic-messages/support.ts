// What the tests of the Messages wire share: requests in short, frames from text, fixtures.
import { readFileSync } from "node:fs";
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
import { ConnectorError } from "../../../src/contract/connector-error.ts";
import { anthropicMessages } from "../../../src/dialects/anthropic-messages/dialect.ts";

/** The adapter that the tests speak for. */
export const adapter = "anthropic";

const kindNames = new Map<number, string>(
  Object.entries(WarningKind).map(([name, kind]) => [kind, name]),
);

type RequestInit = MessageInitShape<typeof LLMRequestSchema>;
type PartInit = MessageInitShape<typeof PartSchema>;

/** A request whose only turn is "Hi", with `max_output_tokens` set, and what the test adds. */
function requestOf(init: Omit<RequestInit, "$typeName"> = {}): RequestInit {
  return {
    contents: [{ role: Role.USER, message: "Hi" }],
    maxOutputTokens: 100,
    ...init,
  };
}

/** What was sent, and the warnings as "KIND field". */
export interface Sent {
  readonly body: JsonObject;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly path: string;
  readonly warnings: readonly string[];
  readonly messages: readonly string[];
}

interface SendSettings {
  readonly model?: string;
  readonly stream?: boolean;
  readonly count?: boolean;
  readonly adapter?: string;
}

/** Encodes a request for a model of a middle generation, or another. */
export function send(init: Omit<RequestInit, "$typeName"> = {}, settings: SendSettings = {}): Sent {
  const encode = settings.count ? anthropicMessages.countTokens!.encode : anthropicMessages.encode;
  const wire = encode({
    request: create(LLMRequestSchema, requestOf(init)),
    adapter: settings.adapter ?? adapter,
    model: settings.model ?? "claude-sonnet-4-6",
    stream: settings.stream ?? false,
    requestId: "",
  });
  return {
    body: JSON.parse(wire.body),
    text: wire.body,
    headers: wire.headers,
    path: wire.path,
    warnings: wire.warnings.map(({ kind, field }) => `${kindNames.get(kind)} ${field}`),
    messages: wire.warnings.map(({ message }) => message),
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

/** The error that something throws. Fails when it throws nothing, or anything else. */
export function errorOf(run: () => unknown): ConnectorError {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof ConnectorError) return thrown;
    throw thrown;
  }
  throw new Error("nothing was thrown");
}

/** Events of a stream as frames. */
export function framesOf(events: readonly (JsonObject | string)[]): Frame[] {
  return events.map((event) => {
    const data = typeof event === "string" ? event : JSON.stringify(event);
    const name = typeof event === "string" ? "" : String(event.type ?? "");
    return { event: name, data, id: "" };
  });
}

/** What a decoder made of a stream. */
export interface Decoded {
  readonly events: readonly StreamEvent[];
  readonly end: StreamEnd;
}

/** Runs a whole stream through a fresh decoder. */
export function decodeStream(frames: readonly Frame[]): Decoded {
  const decoder = anthropicMessages.createDecoder({ adapter, model: "sent-model" });
  const events = frames.flatMap((frame) => [...decoder.push(frame)]);
  const { events: last, end } = decoder.end();
  return { events: [...events, ...last], end };
}

/** The answer of a stream that must be complete. */
export function completeAnswer(frames: readonly Frame[]): LLMResponse {
  const { end } = decodeStream(frames);
  if (end.kind !== "complete") throw new Error(`the stream is ${end.kind}`);
  return end.response;
}

/** Decodes a whole message. */
export function decodeWhole(body: JsonObject): LLMResponse {
  return anthropicMessages.decode(body, { adapter, model: "sent-model" });
}

const fixtures = new URL("../../../src/providers/anthropic/fixtures/", import.meta.url);

/** A fixture as text. */
export function fixture(name: string): string {
  return readFileSync(new URL(name, fixtures), "utf8");
}

/** The frames of a fixture `.sse`. */
export function fixtureFrames(name: string): Frame[] {
  return fixture(`${name}.sse`)
    .split("\n\n")
    .filter((block) => block !== "")
    .map((block) => {
      const [event = "", data = ""] = block.split("\n");
      return { event: event.slice("event: ".length), data: data.slice("data: ".length), id: "" };
    });
}
