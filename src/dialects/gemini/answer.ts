import { create, equals, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import {
  type LLMResponse,
  StopReason,
  type Usage,
  UsageSchema,
  WarningKind,
  WarningSchema,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { DecodeContext, StreamEvent, StreamSnapshot } from "../../contract/adapter.ts";
import { arrayOf, isObject, keepUnknown, mergeInto, objectOf, textOf } from "../json.ts";
import { ResponseBuilder } from "../response-builder.ts";
import { citationsOf } from "./citations.ts";
import { geminiInnerError } from "./errors.ts";
import { gatherLists, listedMembers } from "./gathered-lists.ts";
import { OtherCandidates } from "./other-candidates.ts";
import { PartReader } from "./part-reader.ts";
import { finishWord, stopReasonOf } from "./stop-reason.ts";
import { laterUsage, usageOf, usageRest } from "./usage.ts";
import { answerMembers, candidateMembers } from "./wire.ts";

const contentMembers: ReadonlySet<string> = new Set(["role", "parts"]);
const knownMembers: ReadonlySet<string> = new Set([...candidateMembers, ...listedMembers]);

/** Last second that a Timestamp can name: the end of the year 9999. */
const secondsMax = 253_402_300_799;

/** An answer in the making, fed with a whole body or with the chunks of a stream. */
export class GeminiAnswer {
  readonly #context: DecodeContext;
  readonly #builder = new ResponseBuilder();
  readonly #parts: PartReader;
  readonly #others = new OtherCandidates();
  readonly #metadata: JsonObject = {};
  readonly #candidate: JsonObject = {};
  readonly #content: JsonObject = {};
  #id = "";
  #model = "";
  #created = 0;
  #usage: JsonObject = {};
  #told: Usage | undefined;
  #index: JsonValue | undefined;
  #finish = "";
  #block = "";

  constructor(context: DecodeContext) {
    this.#context = context;
    this.#parts = new PartReader(this.#builder, context.adapter);
  }

  /** Takes a whole answer or a chunk. Throws the classified error where it holds one. */
  take(body: JsonObject): void {
    if (holdsError(body)) throw geminiInnerError(body);
    this.#id ||= textOf(body.responseId);
    this.#model = textOf(body.modelVersion) || this.#model;
    this.#created ||= secondsOf(body.createTime);
    this.#block ||= finishWord(objectOf(body.promptFeedback).blockReason);
    keepUnknown(this.#metadata, body, answerMembers);
    for (const candidate of arrayOf(body.candidates)) {
      if (isObject(candidate)) this.#takeCandidate(candidate);
    }
    this.#takeUsage(body.usageMetadata);
  }

  /** Keeps further answers to the same request, whole. */
  keepOthers(candidates: readonly JsonValue[]): void {
    for (const candidate of candidates) if (isObject(candidate)) this.#others.take(candidate);
  }

  /** Whether the body held an answer, or said why there is none. */
  get isAnswer(): boolean {
    return this.#index !== undefined || this.#block !== "";
  }

  /** Whether the provider said of each candidate why it ended, or that the prompt was blocked. */
  get isFinished(): boolean {
    return this.#block !== "" || (this.#finish !== "" && this.#others.areFinished);
  }

  /** What is known so far. */
  snapshot(): StreamSnapshot {
    return {
      id: this.#id,
      model: this.#model,
      usage: this.#told,
      toolCallsOpen: this.#parts.callsOpen,
    };
  }

  /** The events since the last call, in order. */
  takeEvents(): readonly StreamEvent[] {
    return this.#builder.takeEvents();
  }

  /** The whole answer. */
  build(): LLMResponse {
    this.#parts.finish();
    for (const { part, citation } of citationsOf(this.#candidate, this.#parts.texts())) {
      this.#builder.addCitation(part, citation);
    }
    const word = this.#finish || this.#block;
    const isBlocked = this.#finish === "" && this.#block !== "";
    const response = this.#builder.build({
      id: this.#id,
      model: this.#model || this.#context.model,
      stopReason: isBlocked
        ? StopReason.CONTENT_FILTER
        : stopReasonOf(word, this.#builder.hasToolCall),
      rawStopReason: word,
      usage: this.#told,
      createdSeconds: this.#created,
      providerMetadata: this.#wholeMetadata(),
    });
    this.#warnOfOthers(response);
    return response;
  }

  #takeCandidate(candidate: JsonObject): void {
    const index = candidate.index ?? 0;
    this.#index ??= index;
    if (index !== this.#index) {
      this.#others.take(candidate);
      return;
    }
    const content = objectOf(candidate.content);
    this.#parts.take(arrayOf(content.parts), this.#id);
    keepUnknown(this.#content, content, contentMembers);
    this.#finish = finishWord(candidate.finishReason) || this.#finish;
    keepUnknown(this.#candidate, candidate, knownMembers);
    for (const name of listedMembers) {
      const value = candidate[name];
      if (value === undefined || value === null) continue;
      this.#candidate[name] = gatherLists(name, this.#candidate[name], value);
    }
  }

  #takeUsage(raw: JsonValue | undefined): void {
    if (!isObject(raw)) return;
    this.#usage = laterUsage(this.#usage, raw);
    const usage = usageOf(this.#usage);
    if (usage === undefined) return;
    const isNew = this.#told === undefined || !equals(UsageSchema, this.#told, usage);
    if (isNew) this.#builder.usage(usage);
    this.#told = usage;
  }

  /**
   * What stands around the answer, then around its candidate; a name of both stays in `candidate`.
   */
  #wholeMetadata(): JsonObject | undefined {
    const all = this.#metadata;
    for (const [name, value] of Object.entries(this.#candidate)) {
      mergeInto(
        all,
        Object.hasOwn(all, name) ? { candidate: { [name]: value } } : { [name]: value },
      );
    }
    const usageMetadata = usageRest(this.#usage);
    if (usageMetadata !== undefined) mergeInto(all, { usageMetadata });
    if (Object.keys(this.#content).length > 0) mergeInto(all, { content: this.#content });
    if (this.#others.all.length > 0) all.candidates = [...this.#others.all];
    return Object.keys(all).length === 0 ? undefined : all;
  }

  #warnOfOthers(response: LLMResponse): void {
    const others = this.#others.all.length;
    if (others === 0) return;
    const count = `the provider gave ${others + 1} answers`;
    const message = `${count}; the first is here, the others are kept`;
    const field = "provider_metadata.candidates";
    response.warnings.push(create(WarningSchema, { field, message, kind: WarningKind.ANSWER }));
  }
}

function holdsError({ error }: JsonObject): boolean {
  return isObject(error) || (typeof error === "string" && error !== "");
}

/** A time as RFC 3339 tells it, in whole seconds since 1970. 0: none that can be read. */
function secondsOf(time: JsonValue | undefined): number {
  const seconds = Math.floor(Date.parse(textOf(time)) / 1000);
  return seconds >= 1 && seconds <= secondsMax ? seconds : 0;
}
