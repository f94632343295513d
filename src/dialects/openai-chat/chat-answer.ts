import { create, equals, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import {
  type LLMResponse,
  type Usage,
  UsageSchema,
  WarningKind,
  WarningSchema,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { DecodeContext, StreamEvent, StreamSnapshot } from "../../contract/adapter.ts";
import {
  arrayOf,
  isEmpty,
  isObject,
  keepUnknown,
  mergeInto,
  objectOf,
  storable,
  textOf,
} from "../json.ts";
import { openAIStreamError } from "../openai-errors.ts";
import { ResponseBuilder } from "../response-builder.ts";
import { MessageReader } from "./message-reader.ts";
import { OtherChoices } from "./other-choices.ts";
import { stopReasonOf } from "./stop-reason.ts";
import { readUsage } from "./usage.ts";
import { answerMembers, choiceMembers, wordMembers } from "./wire.ts";

/** Last second that a Timestamp can name: the end of the year 9999. */
const secondsMax = 253_402_300_799;

/** An answer in the making, fed with a whole body or with the chunks of a stream. */
export class ChatAnswer {
  readonly #context: DecodeContext;
  readonly #builder: ResponseBuilder;
  readonly #message: MessageReader;
  readonly #others = new OtherChoices();
  readonly #metadata: JsonObject = {};
  readonly #choice: JsonObject = {};
  readonly #logprobs = new Map<string, JsonValue[]>();
  readonly #tokenIDs: JsonValue[] = [];
  #id = "";
  #model = "";
  #created = 0;
  #usage: Usage | undefined;
  /** Whether the answer itself has told its usage, and not only its choice. */
  #hasOwnUsage = false;
  readonly #usageRest: JsonObject = {};
  #index: JsonValue | undefined;
  #finish = "";
  #stopSequence = "";
  #speaksOfFinish = false;
  #speaksInDeltas = false;

  /** `isWhole`: it is fed once, and nobody asks for events. Default: no. */
  constructor(context: DecodeContext, isWhole = false) {
    this.#context = context;
    this.#builder = new ResponseBuilder(isWhole);
    this.#message = new MessageReader(this.#builder, context.adapter);
  }

  /**
   * Takes a body or a chunk, with its choices as they are to be read. Throws the classified error
   * where it holds one.
   */
  take(body: JsonObject, choices: readonly JsonValue[] = arrayOf(body.choices)): void {
    refuseError(body);
    this.#id ||= textOf(body.id);
    this.#model = textOf(body.model) || this.#model;
    if (isSeconds(body.created)) this.#created ||= body.created;
    const usage = body.usage ?? objectOf(body.x_groq).usage;
    if (isObject(usage)) this.#hasOwnUsage = true;
    this.#takeUsage(usage);
    keepUnknown(this.#metadata, body, answerMembers);
    for (const choice of choices) if (isObject(choice)) this.#takeChoice(choice);
  }

  /**
   * The member with the words of a chunk that was taken, if to take it again would add nothing but
   * those. Undefined: more would come of it.
   */
  repeatable(chunk: JsonObject): string | undefined {
    const [choice, ...others] = arrayOf(chunk.choices);
    if (!isObject(choice) || others.length > 0 || (choice.index ?? 0) !== this.#index) {
      return undefined;
    }
    const { delta, logprobs, token_ids: ids } = choice;
    const isGathered = (logprobs ?? null) !== null || (ids ?? null) !== null;
    if (isGathered || this.isFinished || !isObject(delta)) return undefined;
    let words: string | undefined;
    for (const name in delta) {
      const value = delta[name];
      if (value === null || value === "" || name === "role") continue;
      if (words !== undefined || !wordMembers.includes(name) || typeof value !== "string") {
        return undefined;
      }
      words = name;
    }
    return words;
  }

  /** Adds the words of a chunk that repeats one in everything else; see `repeatable`. */
  addWords(member: string, words: string): void {
    if (member === "content") this.#message.addContent(words);
    else this.#message.take({ [member]: words });
  }

  /** Keeps further answers to the same request, whole. */
  keepOthers(choices: readonly JsonValue[]): void {
    this.#others.keep(choices);
  }

  /** Whether the provider said why the answer ended. */
  get isFinished(): boolean {
    return this.#finish !== "";
  }

  /** Whether the provider said so of every answer to the request. */
  get areAllFinished(): boolean {
    return this.isFinished && this.#others.areFinished;
  }

  /** Whether an answer has come from a server that never sends a `finish_reason`, not even null. */
  get isSilentOnFinish(): boolean {
    return this.#index !== undefined && !this.#speaksOfFinish;
  }

  /** What is known so far. */
  snapshot(): StreamSnapshot {
    return {
      id: this.#id,
      model: this.#model,
      usage: this.#usage,
      toolCallsOpen: this.isFinished ? 0 : this.#builder.toolCallsOpen,
    };
  }

  /** The events since the last call, in order. */
  takeEvents(): readonly StreamEvent[] {
    return this.#builder.takeEvents();
  }

  /** The whole answer. */
  build(): LLMResponse {
    const message = this.#message.finish();
    const evidence = {
      hasToolCall: this.#builder.hasToolCall,
      hasRefusal: this.#message.hasRefusal,
      hasStopSequence: this.#stopSequence !== "",
    };
    const response = this.#builder.build({
      id: this.#id,
      model: this.#model || this.#context.model,
      stopReason: stopReasonOf(this.#finish, evidence),
      rawStopReason: this.#finish,
      stopSequence: this.#stopSequence,
      usage: this.#usage,
      createdSeconds: this.#created,
      providerMetadata: this.#metadataWith(message),
    });
    const others = this.#others.all.length;
    if (others > 0) {
      const text = `the provider gave ${others + 1} answers; the first is here, the others are kept`;
      response.warnings.push(
        create(WarningSchema, {
          field: "provider_metadata.choices",
          message: text,
          kind: WarningKind.ANSWER,
        }),
      );
    }
    return response;
  }

  #takeChoice(choice: JsonObject): void {
    const index = choice.index ?? 0;
    this.#index ??= index;
    if (index !== this.#index) {
      this.#others.take(choice);
      return;
    }
    // OpenRouter gives the provider's own reason alone where it knows no word for it.
    const reason = textOf(choice.finish_reason) || textOf(choice.native_finish_reason);
    const error = objectOf(choice.error);
    if (reason === "error" || !isEmpty(error)) {
      const fallback = { message: "the provider ended the answer with an error" };
      throw openAIStreamError(isEmpty(error) ? fallback : error, 200);
    }
    if (Object.hasOwn(choice, "finish_reason")) this.#speaksOfFinish = true;
    if (reason !== "") this.#finish = reason;
    // vLLM tells the sequence it met; other values are ids of tokens.
    if (reason === "stop") this.#stopSequence = textOf(choice.stop_reason);
    if (isObject(choice.delta)) this.#speaksInDeltas = true;
    // A server that repeats the whole message at the end of its deltas has said it all before.
    if (isObject(choice.delta) || !this.#speaksInDeltas) {
      this.#message.take(saidIn(choice));
    }
    // Moonshot's streams tell usage in the choice, and nowhere else.
    const counts = this.#hasOwnUsage ? undefined : choice.usage;
    this.#takeUsage(counts);
    const rest = isObject(counts) ? { ...choice, usage: null } : choice;
    keepUnknown(this.#choice, rest, choiceMembers);
    const { logprobs, token_ids: ids } = choice;
    for (const id of arrayOf(ids)) this.#tokenIDs.push(storable(id));
    if (isObject(logprobs)) this.#takeLogprobs(logprobs);
    else if (logprobs !== null && logprobs !== undefined) {
      mergeInto(this.#choice, { logprobs: storable(logprobs) });
    }
  }

  /** Log probabilities come token by token: the lists of all chunks make the list of the answer. */
  #takeLogprobs(logprobs: JsonObject): void {
    for (const [name, value] of Object.entries(logprobs)) {
      const all = this.#logprobs.get(name);
      if (value === null) continue;
      if (!Array.isArray(value)) {
        mergeInto(this.#choice, { logprobs: { [name]: storable(value) } });
      } else if (all === undefined) this.#logprobs.set(name, value.map(storable));
      else for (const item of value) all.push(storable(item));
    }
  }

  #takeUsage(raw: JsonValue | undefined): void {
    if (!isObject(raw)) return;
    const { usage, rest } = readUsage(raw);
    mergeInto(this.#usageRest, rest);
    if (usage === undefined) return;
    const isNew = this.#usage === undefined || !equals(UsageSchema, this.#usage, usage);
    if (isNew) this.#builder.usage(usage);
    this.#usage = usage;
  }

  #metadataWith(message: JsonObject): JsonObject | undefined {
    const choice = this.#choice;
    if (this.#logprobs.size > 0) {
      mergeInto(choice, { logprobs: Object.fromEntries(this.#logprobs) });
    }
    if (this.#tokenIDs.length > 0) mergeInto(choice, { token_ids: this.#tokenIDs });
    const all = this.#metadata;
    if (!isEmpty(choice)) mergeInto(all, { choice });
    if (!isEmpty(message)) mergeInto(all, { message });
    if (!isEmpty(this.#usageRest)) mergeInto(all, { usage: this.#usageRest });
    if (this.#others.all.length > 0) all.choices = [...this.#others.all];
    return isEmpty(all) ? undefined : all;
  }
}

/** The delta or message of a choice; on the older wire of completions the text is all there is. */
function saidIn({ delta, message, text }: JsonObject): JsonObject {
  if (isObject(delta) || isObject(message) || typeof text !== "string") {
    return objectOf(delta ?? message);
  }
  return { content: text };
}

/** Throws for an error inside a success, in any of its shapes. */
function refuseError(body: JsonObject): void {
  const { error } = body;
  const groq = objectOf(body.x_groq).error;
  if (isObject(error) && !isEmpty(error)) throw openAIStreamError(body, 200);
  if (typeof error === "string" && error !== "") throw openAIStreamError(body, 200);
  if (typeof groq === "string" && groq !== "") throw openAIStreamError({ message: groq }, 200);
  const words = body.detail ?? body.message;
  const isFlat = body.object === "error" || (body.choices === undefined && words !== undefined);
  if (isFlat) throw openAIStreamError(body, 200);
}

function isSeconds(value: JsonValue | undefined): value is number {
  return typeof value === "number" && value >= 1 && value <= secondsMax;
}
