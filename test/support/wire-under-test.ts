import { create, type JsonObject, type MessageInitShape } from "@bufbuild/protobuf";
import {
  LLMRequestSchema,
  type LLMResponse,
  Role,
  type Warning,
  WarningKind,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type {
  DecodeContext,
  Dialect,
  EncodeInput,
  Frame,
  StreamEnd,
  StreamEvent,
} from "../../src/contract/adapter.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";

/** A request as a test writes it. */
export type RequestInit = Omit<MessageInitShape<typeof LLMRequestSchema>, "$typeName">;

/** What an encoded request holds. */
export interface Encoded {
  readonly body: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
  readonly path: string;
  readonly text: string;
  /** Each warning as "KIND field". */
  readonly warnings: readonly string[];
  /** What each warning says. */
  readonly messages: readonly string[];
}

/** Encodes a request. Without contents it asks "Hi". */
export function encodeRequest(
  encode: Dialect["encode"],
  init: RequestInit,
  input: Pick<EncodeInput, "adapter" | "model"> & Partial<EncodeInput>,
): Encoded {
  const contents = [{ role: Role.USER, message: "Hi" }];
  const request = create(LLMRequestSchema, { contents, ...init });
  const wire = encode({ stream: false, requestId: "", request, ...input });
  return {
    body: JSON.parse(wire.body),
    headers: wire.headers,
    path: wire.path,
    text: wire.body,
    warnings: wire.warnings.map(named),
    messages: wire.warnings.map(({ message }) => message),
  };
}

/** A warning as "KIND field". */
export function named({ kind, field }: Warning): string {
  const name = Object.entries(WarningKind).find(([, value]) => value === kind)?.[0];
  return `${name} ${field}`;
}

/** What a stream gave. */
export interface DecodedStream {
  readonly events: readonly StreamEvent[];
  readonly end: StreamEnd;
  /** The answer of a stream that was not truncated. */
  readonly response: LLMResponse | undefined;
  /** Whether the answer was whole before the stream's end was told. */
  readonly done: boolean;
}

/** Runs a whole stream through a fresh decoder. */
export function decodeFrames(
  dialect: Dialect,
  context: DecodeContext,
  frames: readonly Frame[],
): DecodedStream {
  const decoder = dialect.createDecoder(context);
  const events = frames.flatMap((frame) => [...decoder.push(frame)]);
  const { done } = decoder;
  const { events: last, end } = decoder.end();
  const response = end.kind === "truncated" ? undefined : end.response;
  return { events: [...events, ...last], end, response, done };
}

/** The answer of a stream, which must be complete. */
export function completeResponse({ end }: DecodedStream): LLMResponse {
  if (end.kind !== "complete") throw new Error(`the stream is ${end.kind}`);
  return end.response;
}

/** A payload as a frame: an object, or a text as it stands on the wire. */
export function frameOf(payload: unknown, event = ""): Frame {
  return { event, data: typeof payload === "string" ? payload : JSON.stringify(payload), id: "" };
}

/** The ConnectorError that something throws. Fails when it throws nothing, or anything else. */
export function errorOf(run: () => unknown): ConnectorError {
  try {
    run();
  } catch (error) {
    if (error instanceof ConnectorError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
