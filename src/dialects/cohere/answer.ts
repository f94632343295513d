import { create, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import {
  type Citation,
  CitationSchema,
  type LLMResponse,
  StopReason,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { DecodeContext } from "../../contract/adapter.ts";
import { exactText } from "../../contract/exact-json.ts";
import {
  arrayOf,
  isObject,
  mergeInto,
  objectOf,
  storable,
  textOf,
  unknownMembers,
} from "../json.ts";
import { madeUpID } from "../made-up-id.ts";
import { itemMember } from "../openai-responses/wire.ts";
import { ResponseBuilder } from "../response-builder.ts";
import { ContentList } from "./content-list.ts";
import { failedEnd } from "./errors.ts";
import { usageOf, usageRest } from "./usage.ts";
import { answerMembers, callType, messageMembers, planType } from "./wire.ts";

const stopReasons: ReadonlyMap<string, StopReason> = new Map<string, StopReason>([
  ["COMPLETE", StopReason.END_TURN],
  ["STOP_SEQUENCE", StopReason.STOP_SEQUENCE],
  ["MAX_TOKENS", StopReason.MAX_TOKENS],
  ["TOOL_CALL", StopReason.TOOL_USE],
  ["ERROR_TOXIC", StopReason.CONTENT_FILTER],
  ["ERROR_LIMIT", StopReason.CONTEXT_LENGTH],
]);

const callMembers: ReadonlySet<string> = new Set(["id", "type", "function"]);
const functionMembers: ReadonlySet<string> = new Set(["name", "arguments"]);

/** An answer in the making, fed with a whole message or with the events of a stream. */
export class CohereAnswer {
  readonly builder: ResponseBuilder = new ResponseBuilder();
  readonly contents: ContentList;
  /** The provider's id of the answer. Empty: not known yet. */
  id = "";
  readonly #context: DecodeContext;
  readonly #calls = new Map<number, number>();
  readonly #citations: JsonObject[] = [];
  readonly #logprobs: JsonValue[] = [];
  readonly #metadata: JsonObject = {};
  #plan: number | undefined;

  constructor(context: DecodeContext) {
    this.#context = context;
    this.contents = new ContentList(this.builder, context.adapter);
  }

  /** Takes a message, or the beginning of one, which is empty. */
  takeMessage(message: JsonObject): void {
    const { content } = message;
    if (typeof content === "string" && content !== "") {
      this.contents.begin(0, { type: "text", text: content });
    }
    for (const [index, item] of arrayOf(content).entries()) {
      this.contents.begin(index, isObject(item) ? item : { type: "", value: item });
    }
    this.appendPlan(textOf(message.tool_plan));
    for (const [index, call] of arrayOf(message.tool_calls).entries()) {
      this.beginCall(index, objectOf(call));
      this.endCall(index);
    }
    for (const citation of arrayOf(message.citations)) this.cite(citation);
    const rest = unknownMembers(message, messageMembers);
    if (rest !== undefined) mergeInto(this.#metadata, { message: rest });
  }

  /** More of what the model plans to do with its tools: thinking that is no content. */
  appendPlan(text: string): void {
    if (text === "") return;
    const { adapter } = this.#context;
    if (this.#plan === undefined) {
      this.#plan = this.builder.startThinking(adapter);
      this.builder.setProviderOptions(this.#plan, adapter, { [itemMember]: { type: planType } });
    }
    this.builder.appendThinking(this.#plan, text);
  }

  /** A call of a tool begins, or comes whole. */
  beginCall(index: number, call: JsonObject): void {
    const fn = objectOf(call.function);
    if (!isObject(call.function)) {
      this.#addBlock(call);
      return;
    }
    const name = textOf(fn.name);
    const id = textOf(call.id) || madeUpID(`${this.id} ${index} ${name}`);
    const part = this.builder.startToolCall(id, name);
    this.#calls.set(index, part);
    this.builder.appendArguments(part, argumentsText(fn.arguments));
    this.#keepOwn(part, call);
  }

  /** More of a call's arguments. A call that was never begun has no name, and begins here. */
  appendCall(index: number, call: JsonObject): void {
    const part = this.#calls.get(index);
    if (part === undefined) {
      this.beginCall(index, call);
      return;
    }
    this.builder.appendArguments(part, argumentsText(objectOf(call.function).arguments));
    this.#keepOwn(part, call);
  }

  /** A call is whole. */
  endCall(index: number): void {
    const part = this.#calls.get(index);
    if (part !== undefined) this.builder.finish(part);
  }

  /** A source that the answer cites: its text is found when all of it has come. */
  cite(citation: JsonValue | undefined): void {
    if (isObject(citation) && Object.keys(citation).length > 0) this.#citations.push(citation);
  }

  /** Log probabilities of a piece. */
  takeLogprobs(logprobs: JsonValue | undefined): void {
    if (isObject(logprobs)) this.#logprobs.push(storable(logprobs));
    for (const item of arrayOf(logprobs)) this.#logprobs.push(storable(item));
  }

  /**
   * The whole answer. `end` has what stands beside the message: finish_reason, usage; `extra` is
   * more for `provider_metadata`. Throws the classified error of an answer that ended with one.
   */
  finish(end: JsonObject, extra: JsonObject): LLMResponse {
    const failure = failedEnd(end);
    if (failure !== undefined) throw failure;
    this.takeLogprobs(end.logprobs);
    const uncited = this.#citations.filter((citation) => !this.#place(citation));
    this.contents.finish();
    const usage = usageOf(end.usage);
    if (usage !== undefined) this.builder.usage(usage);
    const raw = textOf(end.finish_reason);
    const rest = usageRest(end.usage);
    const metadata: JsonObject = {
      ...this.#metadata,
      ...unknownMembers(end, answerMembers),
      ...(rest !== undefined && { usage: storable(rest) }),
      ...(this.#logprobs.length > 0 && { logprobs: this.#logprobs }),
      ...(uncited.length > 0 && { citations: uncited.map(storable) }),
      ...extra,
    };
    return this.builder.build({
      id: this.id,
      model: this.#context.model,
      stopReason: this.#stopReasonOf(raw),
      rawStopReason: raw,
      usage,
      providerMetadata: Object.keys(metadata).length > 0 ? metadata : undefined,
    });
  }

  /** Lays a citation on what it is of. Returns whether there is such a part. */
  #place(citation: JsonObject): boolean {
    const part = citation.type === "PLAN" ? this.#plan : this.contents.citedPart(citation);
    if (part === undefined) return false;
    const { kind, providerOptions } = this.builder.part(part);
    if (kind.case === "text") this.builder.addCitation(part, citationOf(citation));
    else {
      const own = objectOf(providerOptions?.[this.#context.adapter]);
      const citations = [...arrayOf(own.citations), storable(citation)];
      this.builder.setProviderOptions(part, this.#context.adapter, { citations });
    }
    return true;
  }

  /** A call of a kind that only the provider knows. */
  #addBlock(call: JsonObject): void {
    const { adapter } = this.#context;
    const value = { adapter, type: textOf(call.type), json: exactText(call) };
    const part = this.builder.addWhole({ kind: { case: "provider", value } });
    this.builder.setProviderOptions(part, adapter, { [itemMember]: { type: callType } });
  }

  #keepOwn(part: number, call: JsonObject): void {
    const inner = unknownMembers(objectOf(call.function), functionMembers);
    const own = { ...unknownMembers(call, callMembers), ...(inner && { function: inner }) };
    if (Object.keys(own).length > 0) {
      this.builder.setProviderOptions(part, this.#context.adapter, own);
    }
  }

  #stopReasonOf(raw: string): StopReason {
    const known = raw === "" ? StopReason.UNSPECIFIED : stopReasons.get(raw);
    if (known === StopReason.END_TURN && this.builder.hasToolCall) return StopReason.TOOL_USE;
    return known ?? StopReason.OTHER;
  }
}

/** Arguments are text; an object means its JSON. */
function argumentsText(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : exactText(value);
}

/**
 * A citation: a range of the answer, in characters, and the documents or results of tools it rests
 * on, of which the first one names the source.
 */
function citationOf(citation: JsonObject): Citation {
  const source = objectOf(arrayOf(citation.sources)[0]);
  const document = objectOf(source.document ?? source.tool_output);
  const { start, end } = citation;
  return create(CitationSchema, {
    type: textOf(citation.type),
    title: textOf(document.title),
    url: textOf(document.url),
    sourceId: textOf(source.id),
    json: exactText(citation),
    ...(Number.isSafeInteger(start) && { start: BigInt(start as number) }),
    ...(Number.isSafeInteger(end) && { end: BigInt(end as number) }),
  });
}
