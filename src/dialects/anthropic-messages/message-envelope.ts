import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { StopReason, type Usage } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { isObject, objectOf, setMember, textOf, unknownMembers } from "../json.ts";
import type { ResponseEnvelope } from "../response-builder.ts";
import { UnknownEvents } from "../unknown-events.ts";
import { laterUsage, usageOf, usageRest } from "./usage.ts";
import { messageMembers } from "./wire.ts";

const deltaEventMembers: ReadonlySet<string> = new Set(["type", "delta", "usage"]);
const deltaMembers: ReadonlySet<string> = new Set(["stop_reason", "stop_sequence"]);
const stopEventMembers: ReadonlySet<string> = new Set(["type"]);
const startEventMembers: ReadonlySet<string> = new Set(["type", "message"]);

const stopReasons: Readonly<Record<string, StopReason>> = {
  end_turn: StopReason.END_TURN,
  max_tokens: StopReason.MAX_TOKENS,
  stop_sequence: StopReason.STOP_SEQUENCE,
  tool_use: StopReason.TOOL_USE,
  pause_turn: StopReason.PAUSE,
  // The turn paused after its context was summed up: it goes on when the answer is sent back.
  compaction: StopReason.PAUSE,
  refusal: StopReason.REFUSAL,
  model_context_window_exceeded: StopReason.CONTEXT_LENGTH,
};

/** Gathers what a message holds besides its content, from a whole message or the events of one. */
export class MessageEnvelope {
  #id = "";
  #model = "";
  #rawStopReason = "";
  #stopSequence = "";
  #usage: JsonObject = {};
  readonly #metadata: JsonObject = {};
  readonly #unknown = new UnknownEvents();

  /** Takes a whole message, or the beginning of one. */
  takeMessage(message: JsonObject): void {
    this.#id = textOf(message.id) || this.#id;
    this.#model = textOf(message.model) || this.#model;
    this.#takeStop(message);
    this.#takeUsage(message.usage);
    this.#takeMetadata(unknownMembers(message, messageMembers));
  }

  /** Takes what the event `message_start` holds besides its message. */
  takeStartEvent(event: JsonObject): void {
    this.#takeMetadata(unknownMembers(event, startEventMembers));
  }

  /** Takes the event `message_delta`. */
  takeDeltaEvent(event: JsonObject): void {
    const delta = objectOf(event.delta);
    this.#takeStop(delta);
    this.#takeUsage(event.usage);
    this.#takeMetadata(unknownMembers(event, deltaEventMembers));
    this.#takeMetadata(unknownMembers(delta, deltaMembers));
  }

  /** Takes what the event `message_stop` holds; hosts put their own measurements there. */
  takeStopEvent(event: JsonObject): void {
    this.#takeMetadata(unknownMembers(event, stopEventMembers));
  }

  /** Keeps what has no place in an answer: events of unknown types. */
  keepUnknown(event: JsonValue): void {
    this.#unknown.keep(event);
  }

  /** The provider's id of the answer. Empty: not known yet. */
  get id(): string {
    return this.#id;
  }

  /** The model as the provider reports it. Empty: not known yet. */
  get model(): string {
    return this.#model;
  }

  /** Tokens as reported so far. Undefined: nothing that can be used. */
  get usage(): Usage | undefined {
    return usageOf(this.#usage);
  }

  /** Whether the message has said why it ended: then its content is whole. */
  get hasStopped(): boolean {
    return this.#rawStopReason !== "";
  }

  /** The category of a refusal, such as "cyber". Empty: none. */
  get refusalCategory(): string {
    return this.#rawStopReason === "refusal"
      ? textOf(objectOf(this.#metadata.stop_details).category)
      : "";
  }

  /** All of it, for the builder. `model` is the name that was sent, where none was reported. */
  finish(model: string): ResponseEnvelope {
    const usage = usageRest(this.#usage);
    const metadata: JsonObject = {
      ...this.#metadata,
      ...(usage && { usage }),
      ...this.#unknown.members(),
    };
    return {
      id: this.#id,
      model: this.#model || model,
      stopReason: this.#stopReason(),
      rawStopReason: this.#rawStopReason,
      stopSequence: this.#stopSequence,
      usage: this.usage,
      providerMetadata: Object.keys(metadata).length > 0 ? metadata : undefined,
    };
  }

  #stopReason(): StopReason {
    const raw = this.#rawStopReason;
    // llama.cpp says "end_turn" and names the sequence that ended the turn.
    if (raw === "end_turn" && this.#stopSequence !== "") return StopReason.STOP_SEQUENCE;
    const known = Object.hasOwn(stopReasons, raw) ? stopReasons[raw] : undefined;
    return known ?? (raw === "" ? StopReason.UNSPECIFIED : StopReason.OTHER);
  }

  #takeStop(source: JsonObject): void {
    this.#rawStopReason = textOf(source.stop_reason) || this.#rawStopReason;
    this.#stopSequence = textOf(source.stop_sequence) || this.#stopSequence;
  }

  #takeUsage(usage: JsonValue | undefined): void {
    if (isObject(usage)) this.#usage = laterUsage(this.#usage, usage);
  }

  #takeMetadata(members: JsonObject | undefined): void {
    for (const [name, member] of Object.entries(members ?? {})) {
      setMember(this.#metadata, name, member);
    }
  }
}
