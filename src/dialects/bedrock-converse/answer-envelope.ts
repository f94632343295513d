import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { StopReason, type Usage } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { isObject, mergeInto, objectOf, textOf } from "../json.ts";
import type { ResponseEnvelope } from "../response-builder.ts";
import { UnknownEvents } from "../unknown-events.ts";
import { usageOf, usageRest } from "./usage.ts";
import { answerMembers, restOf } from "./wire.ts";

const stopReasons: Readonly<Record<string, StopReason>> = {
  end_turn: StopReason.END_TURN,
  tool_use: StopReason.TOOL_USE,
  max_tokens: StopReason.MAX_TOKENS,
  stop_sequence: StopReason.STOP_SEQUENCE,
  guardrail_intervened: StopReason.CONTENT_FILTER,
  content_filtered: StopReason.CONTENT_FILTER,
  malformed_tool_use: StopReason.MALFORMED_TOOL_CALL,
  model_context_window_exceeded: StopReason.CONTEXT_LENGTH,
  // Words of Claude's own that pass through.
  refusal: StopReason.REFUSAL,
  pause_turn: StopReason.PAUSE,
};

/** Gathers what an answer holds besides its content, from a whole answer or the events of one. */
export class AnswerEnvelope {
  readonly #metadata: JsonObject = {};
  readonly #unknown = new UnknownEvents();
  #rawStopReason = "";
  #usage: JsonObject = {};

  /** Takes a whole answer, or the event `messageStop` or `metadata`. */
  take(members: JsonObject): void {
    this.#rawStopReason = textOf(members.stopReason) || this.#rawStopReason;
    if (isObject(members.usage)) this.#usage = members.usage;
    mergeInto(this.#metadata, restOf(members, answerMembers) ?? {});
  }

  /** Keeps an event, or what of one has no place, for `provider_metadata.unknown_events`. */
  keepUnknown(event: JsonValue): void {
    this.#unknown.keep(event);
  }

  /** Tokens as reported so far. Undefined: nothing that can be used. */
  get usage(): Usage | undefined {
    return usageOf(this.#usage);
  }

  /** The model that a prompt router chose. Empty: none was told. */
  get model(): string {
    const { promptRouter } = objectOf(this.#metadata.trace);
    return textOf(objectOf(promptRouter).invokedModelId);
  }

  /** All of it, for the builder. `model` is the name that was sent, where none was reported. */
  finish(model: string): ResponseEnvelope {
    const raw = this.#rawStopReason;
    const rest = usageRest(this.#usage);
    const metadata: JsonObject = {
      ...this.#metadata,
      ...(rest && { usage: rest }),
      ...this.#unknown.members(),
    };
    const known = Object.hasOwn(stopReasons, raw) ? stopReasons[raw] : undefined;
    return {
      // The answer has no id; its request has one, which the route tells.
      id: "",
      model: this.model || model,
      stopReason: known ?? (raw === "" ? StopReason.UNSPECIFIED : StopReason.OTHER),
      rawStopReason: raw,
      stopSequence: this.#stopSequence(),
      usage: this.usage,
      providerMetadata: Object.keys(metadata).length > 0 ? metadata : undefined,
    };
  }

  /** The sequence that Claude names, where the caller asked for that field of its answer. */
  #stopSequence(): string {
    const { stop_sequence: named, delta } = objectOf(this.#metadata.additionalModelResponseFields);
    return textOf(named) || textOf(objectOf(delta).stop_sequence);
  }
}
