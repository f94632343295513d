// What the tests of Gemini's wire share: requests in short, whole answers and streams.
import { create, type JsonObject } from "@bufbuild/protobuf";
import {
  type LLMResponse,
  type Part,
  PartSchema,
  Role,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Dialect } from "../../../src/contract/adapter.ts";
import { gemini } from "../../../src/dialects/gemini/dialect.ts";
import type { PartInit } from "../../support/parts.ts";
import {
  completeResponse,
  type DecodedStream,
  decodeFrames,
  type Encoded,
  encodeRequest,
  frameOf,
  type RequestInit,
} from "../../support/wire-under-test.ts";

type ContentInit = NonNullable<RequestInit["contents"]>[number];

/** What was sent, and the warnings as "KIND field". */
export interface Sent extends Encoded {
  readonly contents: readonly { readonly role: string; readonly parts: JsonObject[] }[];
  readonly config: JsonObject;
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
  const place = { region: "europe-west4", project: "shop", apiVersion: "" };
  const asked = { contents: [user("Hi")], ...init };
  const sent = encodeRequest(encode, asked, { adapter: "google", model, stream, place });
  const { contents, generationConfig: config } = sent.body as unknown as Record<string, never>;
  return { ...sent, contents: contents as never, config: config as never };
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

/** Reads a stream. */
export function stream(...chunks: readonly unknown[]): DecodedStream {
  return decodeFrames(
    gemini,
    context,
    chunks.map((one) => frameOf(one)),
  );
}

/** The answer of a stream that is complete. */
export function streamed(...chunks: readonly unknown[]): LLMResponse {
  return completeResponse(stream(...chunks));
}
