import { create, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import {
  type LLMResponse,
  MediaKind,
  StopReason,
  type Usage,
  UsageSchema,
  UsageSource,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { DecodeContext, StreamEvent, StreamSnapshot } from "../../contract/adapter.ts";
import { exactText } from "../../contract/exact-json.ts";
import { fromBase64 } from "../base64.ts";
import {
  arrayOf,
  isObject,
  keepUnknown,
  mergeInto,
  objectOf,
  storable,
  textOf,
  unknownMembers,
} from "../json.ts";
import { madeUpID } from "../made-up-id.ts";
import { openAIStreamError } from "../openai-errors.ts";
import { ResponseBuilder } from "../response-builder.ts";
import { isTokenCount, tokenCount } from "../token-count.ts";
import { UnknownEvents } from "../unknown-events.ts";
import { answerMembers, messageMembers } from "./wire.ts";

/** An answer in the making, fed with a whole body or with the lines of a stream. */
export class OllamaAnswer {
  readonly #context: DecodeContext;
  readonly #builder = new ResponseBuilder();
  readonly #metadata: JsonObject = {};
  readonly #message: JsonObject = {};
  readonly #logprobs: JsonValue[] = [];
  readonly #unknown = new UnknownEvents();
  #model = "";
  #createdAt = "";
  #reason = "";
  #usage: Usage | undefined;
  #isDone = false;
  #text: number | undefined;
  #thinking: number | undefined;
  #calls = 0;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  /** Whether the last line has come. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Takes a body or a line. Throws the classified error where it holds one. */
  take(line: JsonObject): void {
    const { error } = line;
    if (error !== undefined && error !== null && error !== "")
      throw openAIStreamError(statusNamed(line), 200);
    if (!isObject(line.message) && typeof line.done !== "boolean") {
      this.#unknown.keep(line);
      return;
    }
    this.#model = textOf(line.model) || this.#model;
    this.#createdAt = textOf(line.created_at) || this.#createdAt;
    keepUnknown(this.#metadata, line, answerMembers);
    for (const token of arrayOf(line.logprobs)) this.#logprobs.push(storable(token));
    // Content stands in the last line too: half a call that was cut is told there.
    this.#takeMessage(objectOf(line.message));
    if (line.done === true) this.#finish(line);
  }

  /** What is known so far. */
  snapshot(): StreamSnapshot {
    return {
      id: "",
      model: this.#model,
      usage: this.#usage,
      toolCallsOpen: this.#builder.toolCallsOpen,
    };
  }

  /** The events since the last call, in order. */
  takeEvents(): readonly StreamEvent[] {
    return this.#builder.takeEvents();
  }

  /** The whole answer. */
  build(): LLMResponse {
    const metadata = this.#metadata;
    if (Object.keys(this.#message).length > 0) mergeInto(metadata, { message: this.#message });
    if (this.#logprobs.length > 0) metadata.logprobs = this.#logprobs;
    mergeInto(metadata, this.#unknown.members());
    const created = Date.parse(this.#createdAt) / 1000;
    return this.#builder.build({
      id: "",
      model: this.#model || this.#context.model,
      stopReason: stopReasonOf(this.#reason, this.#calls > 0),
      rawStopReason: this.#reason,
      usage: this.#usage,
      providerMetadata: Object.keys(metadata).length > 0 ? metadata : undefined,
      createdSeconds: created > 0 ? created : undefined,
    });
  }

  #takeMessage(message: JsonObject): void {
    const thinking = textOf(message.thinking);
    if (thinking !== "") {
      this.#thinking ??= this.#builder.startThinking(this.#context.adapter);
      this.#builder.appendThinking(this.#thinking, thinking);
    }
    const text = textOf(message.content);
    if (text !== "") {
      this.#text ??= this.#builder.startText();
      this.#builder.appendText(this.#text, text);
    }
    for (const call of arrayOf(message.tool_calls)) if (isObject(call)) this.#takeCall(call);
    for (const image of arrayOf(message.images)) this.#takeImage(textOf(image));
    keepUnknown(this.#message, message, messageMembers);
  }

  /** A call comes whole, with an id or without one, its arguments an object. */
  #takeCall(call: JsonObject): void {
    const body = objectOf(call.function);
    const name = textOf(body.name);
    const ordinal = this.#calls;
    this.#calls += 1;
    const id = textOf(call.id) || madeUpID(`${this.#createdAt} ${ordinal} ${name}`);
    const index = this.#builder.startToolCall(id, name);
    const { arguments: args } = body;
    const isText = typeof args === "string";
    this.#builder.appendArguments(index, isText ? args : exactText(args ?? {}));
    const inner = unknownMembers(body, functionMembers);
    const own = {
      ...unknownMembers(call, callMembers),
      ...(inner !== undefined && { function: inner }),
    };
    if (Object.keys(own).length > 0) {
      this.#builder.setProviderOptions(index, this.#context.adapter, own);
    }
    this.#builder.finish(index);
  }

  #takeImage(base64: string): void {
    if (base64 === "") return;
    const value = fromBase64(base64);
    const mimeType = imageTypes.find(([start]) => base64.startsWith(start))?.[1] ?? "";
    const source = { case: "data" as const, value };
    const media = { kind: MediaKind.IMAGE, mimeType, source };
    this.#builder.addWhole({ kind: { case: "media", value: media } });
  }

  #finish(line: JsonObject): void {
    this.#isDone = true;
    this.#reason = textOf(line.done_reason);
    const { prompt_eval_count: prompt, eval_count: completion } = line;
    // Old servers leave a count out where the prompt was cached: that is not known, and not 0.
    if (!isTokenCount(prompt) || !isTokenCount(completion)) return;
    delete this.#metadata.prompt_eval_count;
    delete this.#metadata.eval_count;
    this.#usage = create(UsageSchema, {
      inputTokens: tokenCount(prompt),
      outputTokens: tokenCount(completion),
      source: UsageSource.REPORTED,
    });
    this.#builder.usage(this.#usage);
  }
}

/** An error of a hosted model names its status in Go's spelling. */
function statusNamed({ StatusCode: status, ...line }: JsonObject): JsonObject {
  return status === undefined ? line : { status, ...line };
}

const callMembers: ReadonlySet<string> = new Set(["id", "type", "function"]);
// The index of a call is its place in the order.
const functionMembers: ReadonlySet<string> = new Set(["name", "arguments", "index"]);

/** How the formats of pictures begin in base64. */
const imageTypes: readonly (readonly [string, string])[] = [
  ["iVBORw0KGgo", "image/png"],
  ["/9j/", "image/jpeg"],
  ["R0lGOD", "image/gif"],
  ["UklGR", "image/webp"],
];

const stopReasons: ReadonlyMap<string, StopReason> = new Map<string, StopReason>([
  ["", StopReason.UNSPECIFIED],
  ["stop", StopReason.END_TURN],
  ["length", StopReason.MAX_TOKENS],
]);

/**
 * The server says "stop" where the model wants a tool. `load` and `unload` are no end of a turn.
 */
function stopReasonOf(reason: string, hasCall: boolean): StopReason {
  const known = stopReasons.get(reason) ?? StopReason.OTHER;
  const isPlain = known === StopReason.END_TURN || known === StopReason.UNSPECIFIED;
  return hasCall && isPlain ? StopReason.TOOL_USE : known;
}
