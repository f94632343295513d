import { create, type JsonObject, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type LLMRequestSchema as LLMRequestDescriptor,
  LLMRequestSchema,
  type LLMResponse,
  Role,
  type Warning,
  WarningKind,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { EncodeInput, Frame, StreamEnd, StreamEvent } from "../../src/contract/adapter.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { openAIChat } from "../../src/dialects/openai-chat/dialect.ts";

/** A request as a test writes it. Without contents it asks "Hi". */
export type RequestInit = MessageInitShape<typeof LLMRequestDescriptor>;

/** What an encoded request holds. */
export interface Encoded {
  readonly body: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
  readonly path: string;
  readonly text: string;
  /** Each warning as "KIND field". */
  readonly warnings: readonly string[];
}

/** Encodes a request for OpenAI's host. */
export function encodeChatRequest(
  init: RequestInit,
  input: Partial<Omit<EncodeInput, "request">> = {},
): Encoded {
  const contents = [{ role: Role.USER, message: "Hi" }];
  const request = create(LLMRequestSchema, { contents, ...init });
  const wire = openAIChat.encode({
    request,
    adapter: "openai",
    model: "gpt-5-mini",
    stream: false,
    requestId: "",
    ...input,
  });
  return {
    body: JSON.parse(wire.body),
    headers: wire.headers,
    path: wire.path,
    text: wire.body,
    warnings: wire.warnings.map(named),
  };
}

/** A warning as "KIND field". */
export function named({ kind, field }: Warning): string {
  const name = Object.entries(WarningKind).find(([, value]) => value === kind)?.[0];
  return `${name} ${field}`;
}

/** The messages that the given turns become. */
export function encodeTurns(contents: RequestInit["contents"]): {
  readonly messages: readonly JsonObject[];
  readonly warnings: readonly string[];
} {
  const { body, warnings } = encodeChatRequest({ ...(contents && { contents }) });
  return { messages: body.messages as JsonObject[], warnings };
}

const context = { adapter: "openai", model: "gpt-5-mini" };

/** Decodes a whole body. */
export function decodeChatBody(body: JsonObject): LLMResponse {
  return openAIChat.decode(body, context);
}

/** Decodes a body with this one choice, and some usage. */
export function decodeChoice(choice: JsonObject, rest: JsonObject = {}): LLMResponse {
  return decodeChatBody({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1_790_000_000,
    model: "gpt-5-mini-2025-08-07",
    choices: [{ index: 0, finish_reason: "stop", ...choice }],
    usage: { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 },
    ...rest,
  });
}

/** What a stream gave. */
export interface DecodedStream {
  readonly events: readonly StreamEvent[];
  readonly end: StreamEnd;
  /** The answer of a stream that was not truncated. */
  readonly response: LLMResponse | undefined;
  readonly done: boolean;
}

/** Decodes the payloads of a stream: objects, or texts as they stand after `data:`. */
export function decodeChatStream(payloads: readonly (JsonObject | string)[]): DecodedStream {
  const decoder = openAIChat.createDecoder(context);
  const events = payloads.flatMap((payload) => decoder.push(frameOf(payload)));
  const { done } = decoder;
  const { events: last, end } = decoder.end();
  const response = end.kind === "truncated" ? undefined : end.response;
  return { events: [...events, ...last], end, response, done };
}

/** A payload as a frame. */
export function frameOf(payload: JsonObject | string, event = ""): Frame {
  return { event, data: typeof payload === "string" ? payload : JSON.stringify(payload), id: "" };
}

/** A chunk with one delta. */
export function chunk(delta: JsonObject, finish: string | null = null): JsonObject {
  return {
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1_790_000_000,
    model: "gpt-5-mini-2025-08-07",
    choices: [{ index: 0, delta, finish_reason: finish }],
  };
}

/** The ConnectorError that something throws. */
export function errorOf(run: () => unknown): ConnectorError {
  try {
    run();
  } catch (error) {
    if (error instanceof ConnectorError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** Kind and text (or arguments, or JSON) of each part, for short expectations. */
export function partsOf(response: LLMResponse | undefined): readonly (readonly string[])[] {
  return (response?.content?.parts ?? []).map(({ kind }) => {
    switch (kind.case) {
      case "text":
      case "thinking":
      case "refusal":
        return [kind.case, kind.value.text];
      case "toolCall":
        return [kind.case, kind.value.id, kind.value.name, kind.value.arguments];
      case "provider":
        return [kind.case, kind.value.type, kind.value.json];
      default:
        return [kind.case ?? ""];
    }
  });
}
