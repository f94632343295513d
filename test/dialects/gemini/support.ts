// What the tests of Gemini's wire share: requests in short, whole answers and streams.
import { create, type JsonObject, type MessageInitShape } from "@bufbuild/protobuf";
import {
  LLMRequestSchema,
  type LLMResponse,
  type Part,
  PartSchema,
  Role,
  WarningKind,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Dialect, Frame, StreamEnd, StreamEvent } from "../../../src/contract/adapter.ts";
import { ConnectorError } from "../../../src/contract/connector-error.ts";
import { gemini } from "../../../src/dialects/gemini/dialect.ts";

export type RequestInit = Omit<MessageInitShape<typeof LLMRequestSchema>, "$typeName">;
export type PartInit = Omit<MessageInitShape<typeof PartSchema>, "$typeName">;
type ContentInit = NonNullable<RequestInit["contents"]>[number];

const kindNames = new Map<number, string>(
  Object.entries(WarningKind).map(([name, kind]) => [kind, name]),
);

/** What was sent, and the warnings as "KIND field". */
export interface Sent {
  readonly path: string;
  readonly text: string;
  readonly body: JsonObject;
  readonly contents: readonly { readonly role: string; readonly parts: JsonObject[] }[];
  readonly config: JsonObject;
  readonly warnings: readonly string[];
  readonly messages: readonly string[];
}

interface Settings {
  readonly model?: string;
  readonly stream?: boolean;
  readonly count?: boolean;
  readonly dialect?: Dialect;
}

/** Encodes a request whose only turn is "Hi", unless the test says otherwise. */
export function send(init: RequestInit = {}, settings: Settings = {}): Sent {
  const { dialect = gemini, model = "gemini-2.5-flash", stream = false, count = false } = settings;
  const encode = count ? dialect.countTokens!.encode : dialect.encode;
  const wire = encode({
    request: create(LLMRequestSchema, { contents: [user("Hi")], ...init }),
    adapter: "google",
    model,
    stream,
    requestId: "",
    place: { region: "europe-west4", project: "shop", apiVersion: "" },
  });
  const body = JSON.parse(wire.body);
  return {
    path: wire.path,
    text: wire.body,
    body,
    contents: body.contents,
    config: body.generationConfig,
    warnings: wire.warnings.map(({ kind, field }) => `${kindNames.get(kind)} ${field}`),
    messages: wire.warnings.map(({ message }) => message),
  };
}

/** What an encoder throws. */
export function refusal(run: () => unknown): ConnectorError {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof ConnectorError) return thrown;
    throw thrown;
  }
  throw new Error("nothing was thrown");
}

/** A turn of the user. */
export function user(...parts: readonly (string | PartInit)[]): ContentInit {
  return turn(Role.USER, parts);
}

/** A turn of the model. */
export function model(...parts: readonly (string | PartInit)[]): ContentInit {
  return turn(Role.ASSISTANT, parts);
}

/** Results of tools. */
export function tools(...parts: readonly PartInit[]): ContentInit {
  return turn(Role.TOOL, parts);
}

function turn(role: Role, parts: readonly (string | PartInit)[]): ContentInit {
  return {
    role,
    parts: parts.map((part) => (typeof part === "string" ? text(part) : create(PartSchema, part))),
  };
}

/** A text, with what is known of it as Google's. */
export function text(said: string, google?: JsonObject): Part {
  return create(PartSchema, {
    kind: { case: "text", value: { text: said } },
    ...(google && { providerOptions: { google } }),
  });
}

/** A call of a tool. */
export function call(id: string, name = "look", args = "{}", google?: JsonObject): PartInit {
  return {
    kind: { case: "toolCall", value: { id, name, arguments: args } },
    ...(google && { providerOptions: { google } }),
  };
}

/** The result of a call. */
export function result(toolCallId: string, ...parts: readonly (string | PartInit)[]): PartInit {
  const value = {
    toolCallId,
    parts: parts.map((one) => (typeof one === "string" ? text(one) : one)),
  };
  return { kind: { case: "toolResult", value: value as never } };
}

const context = { adapter: "google", model: "gemini-2.5-flash" };

/** A whole answer of one candidate with these parts. */
export function bodyOf(
  parts: readonly unknown[],
  candidate: object = {},
  rest: object = {},
): JsonObject {
  return {
    candidates: [{ content: { role: "model", parts }, finishReason: "STOP", ...candidate }],
    modelVersion: "gemini-2.5-flash",
    responseId: "r-1",
    ...rest,
  } as unknown as JsonObject;
}

/** A whole answer as it is read. */
export function read(body: JsonObject): LLMResponse {
  return gemini.decode(body, context);
}

/** The parts of a whole answer as they are read, kinds and values. */
export function readParts(...parts: readonly object[]): readonly Part[] {
  return read(bodyOf(parts)).content?.parts ?? [];
}

/** A chunk of a stream. */
export function chunk(
  parts: readonly unknown[],
  candidate: object = {},
  rest: object = {},
): JsonObject {
  return bodyOf(parts, { finishReason: undefined, ...candidate }, rest);
}

/** The last chunk of a stream, without parts. */
export const lastChunk: JsonObject = bodyOf([]);

/** A stream's chunks as frames. */
export function frame(data: unknown, event = ""): Frame {
  return { event, data: typeof data === "string" ? data : JSON.stringify(data), id: "" };
}

/** What a stream gave: all events, and how it ended. */
export interface Streamed {
  readonly events: readonly StreamEvent[];
  readonly end: StreamEnd;
}

/** Reads a stream. */
export function stream(...chunks: readonly unknown[]): Streamed {
  const decoder = gemini.createDecoder(context);
  const events = chunks.flatMap((one) => decoder.push(frame(one)));
  const { events: last, end } = decoder.end();
  return { events: [...events, ...last], end };
}

/** The answer of a stream that is complete. */
export function streamed(...chunks: readonly unknown[]): LLMResponse {
  const { end } = stream(...chunks);
  if (end.kind !== "complete") throw new Error(`the stream is ${end.kind}`);
  return end.response;
}
