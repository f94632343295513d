import { create, type JsonObject, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type Citation,
  type LLMResponse,
  type Part,
  PartSchema,
  Role,
  type StopReason,
  type Usage,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import {
  PartFinishedSchema,
  PartKind,
  PartStartedSchema,
  TextDeltaSchema,
  ThinkingDeltaSchema,
  ToolCallDeltaSchema,
} from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { StreamEvent } from "../contract/adapter.ts";
import { isObjectText } from "./json.ts";
import { textPart } from "./text-part.ts";

/** What a finished answer holds besides its parts. */
export interface ResponseEnvelope {
  readonly id: string;
  readonly model: string;
  readonly stopReason: StopReason;
  readonly rawStopReason: string;
  readonly stopSequence?: string;
  readonly usage: Usage | undefined;
  readonly providerMetadata: JsonObject | undefined;
  /** The provider's time of creation, seconds since 1970. */
  readonly createdSeconds?: number | undefined;
}

/** A part in the making. The builder gives indexes; text gathers in `pieces`. */
interface OpenPart {
  readonly index: number;
  part: Part;
  pieces: string;
  /** The first half of a character whose second half has not come. */
  half: string;
  open: boolean;
}

/**
 * Gathers an answer part by part, and tells each step as an event of the stream.
 *
 * Decoders of streams and of whole answers use the same one, so that `finished.response` and what
 * `Call` returns cannot differ. For a whole answer, whose events nobody takes, it can be mute.
 */
export class ResponseBuilder {
  readonly #parts: OpenPart[] = [];
  readonly #isMute: boolean;
  #events: StreamEvent[] = [];

  /** `isMute`: no events are made. Default: they are. */
  constructor(isMute = false) {
    this.#isMute = isMute;
  }

  /** Begins a text. Returns its index, for the other calls. */
  startText(): number {
    return this.#start(PartKind.TEXT, textPart(""));
  }

  /** Begins thinking, marked with the adapter that made it. */
  startThinking(adapter: string): number {
    return this.#start(PartKind.THINKING, { kind: { case: "thinking", value: { adapter } } });
  }

  /** Begins a refusal. */
  startRefusal(): number {
    return this.#start(PartKind.REFUSAL, { kind: { case: "refusal", value: {} } });
  }

  /** Begins a call of a tool. The first delta carries id and name, even without arguments. */
  startToolCall(id: string, name: string): number {
    const value = { id, name };
    const partIndex = this.#start(PartKind.TOOL_CALL, { kind: { case: "toolCall", value } });
    if (!this.#isMute) {
      const value = create(ToolCallDeltaSchema, { partIndex, id, name });
      this.#events.push({ case: "toolCallDelta", value });
    }
    return partIndex;
  }

  /** Begins a provider's block that is told whole by `finishWith`. */
  startProvider(adapter: string, type: string): number {
    const value = { adapter, type };
    return this.#start(PartKind.PROVIDER, { kind: { case: "provider", value } });
  }

  /** Adds a part that comes whole: media, a provider's block, sealed thinking. */
  addWhole(init: MessageInitShape<typeof PartSchema>): number {
    const kind = wholeKinds[init.kind?.case ?? ""] ?? PartKind.PROVIDER;
    const index = this.#start(kind, init);
    this.finish(index);
    return index;
  }

  /** More text of a text or refusal. An empty piece is no event. */
  appendText(index: number, text: string): void {
    this.#append(this.#at(index), text, "textDelta");
  }

  /** More thinking. An empty piece is no event. */
  appendThinking(index: number, text: string): void {
    this.#append(this.#at(index), text, "thinkingDelta");
  }

  /** More arguments of a tool call. An empty piece is no event. */
  appendArguments(index: number, fragment: string): void {
    this.#append(this.#at(index), fragment, "toolCallDelta");
  }

  /** Appends to the signature of thinking. */
  appendSignature(index: number, signature: string): void {
    const { kind } = this.#at(index).part;
    if (kind.case === "thinking") kind.value.signature += signature;
  }

  /** Adds a citation to a text. */
  addCitation(index: number, citation: Citation): void {
    const { kind } = this.#at(index).part;
    if (kind.case === "text") kind.value.citations.push(citation);
  }

  /** Lays the adapter's own fields on a part, to be sent back with it. */
  setProviderOptions(index: number, adapter: string, options: JsonObject | undefined): void {
    if (options === undefined) return;
    const { part } = this.#at(index);
    part.providerOptions = {
      ...part.providerOptions,
      [adapter]: { ...(part.providerOptions?.[adapter] as JsonObject | undefined), ...options },
    };
  }

  /** The part as it stands, to set what has no method here. Its text is filled in by `finish`. */
  part(index: number): Part {
    return this.#at(index).part;
  }

  /** Text gathered so far of a part. */
  textSoFar(index: number): string {
    return this.#at(index).pieces;
  }

  /** Whether a part is still open. */
  isOpen(index: number): boolean {
    return this.#at(index).open;
  }

  /** Completes a part. Completing it again does nothing. */
  finish(index: number): void {
    const open = this.#at(index);
    if (!open.open) return;
    if (open.half !== "") this.#tell(open, open.half, deltaCases[open.part.kind.case ?? ""]);
    open.open = false;
    fill(open.part, open.pieces);
    if (this.#isMute) return;
    const value = create(PartFinishedSchema, { partIndex: index, part: open.part });
    this.#events.push({ case: "partFinished", value });
  }

  /**
   * Completes a part with the provider's own whole version of it. What the deltas have not told yet
   * is told first; where they disagree with it, the whole version holds.
   */
  finishWith(index: number, whole: Part): void {
    const open = this.#at(index);
    if (!open.open) return;
    const rest = restOf(whole, open.pieces);
    open.half = "";
    if (whole.kind.case === "thinking") this.appendThinking(index, rest);
    else if (whole.kind.case === "toolCall") this.appendArguments(index, rest);
    else this.appendText(index, rest);
    open.part = whole;
    open.pieces = "";
    open.half = "";
    this.finish(index);
  }

  /** Puts the provider's last word on a finished part into the answer. Tells no event. */
  replace(index: number, whole: Part): void {
    const open = this.#at(index);
    fill(whole, "");
    open.part = whole;
  }

  /** Completes every part that is still open, in order. */
  finishAll(): void {
    for (const { index } of this.#parts) this.finish(index);
  }

  /** Tells running usage. */
  usage(usage: Usage): void {
    if (!this.#isMute) this.#events.push({ case: "usage", value: usage });
  }

  /** The events since the last call, in order. */
  takeEvents(): readonly StreamEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** Number of tool calls that are still open. */
  get toolCallsOpen(): number {
    return this.#parts.filter(({ open, part }) => open && part.kind.case === "toolCall").length;
  }

  /** Whether the answer holds a tool call. */
  get hasToolCall(): boolean {
    return this.#parts.some(({ part }) => part.kind.case === "toolCall");
  }

  /** The whole answer. Completes every part first. */
  build(envelope: ResponseEnvelope): LLMResponse {
    this.finishAll();
    const parts = this.#parts.map(({ part }) => part);
    let message = "";
    for (const { kind } of parts) if (kind.case === "text") message += kind.value.text;
    const { createdSeconds, providerMetadata, usage } = envelope;
    const response: LLMResponse = {
      $typeName: "nexen.connectors.v1.LLMResponse",
      id: envelope.id,
      model: envelope.model,
      content: {
        $typeName: "nexen.connectors.v1.Content",
        role: Role.ASSISTANT,
        message,
        parts,
        name: "",
      },
      stopReason: envelope.stopReason,
      rawStopReason: envelope.rawStopReason,
      stopSequence: envelope.stopSequence ?? "",
      warnings: [],
    };
    if (usage !== undefined) response.usage = usage;
    if (providerMetadata !== undefined) response.providerMetadata = providerMetadata;
    if (createdSeconds) {
      const seconds = BigInt(Math.trunc(createdSeconds));
      response.createTime = { $typeName: "google.protobuf.Timestamp", seconds, nanos: 0 };
    }
    return response;
  }

  #start(kind: PartKind, init: MessageInitShape<typeof PartSchema>): number {
    const index = this.#parts.length;
    this.#parts.push({ index, part: create(PartSchema, init), pieces: "", half: "", open: true });
    if (!this.#isMute) {
      const value = create(PartStartedSchema, { partIndex: index, kind });
      this.#events.push({ case: "partStarted", value });
    }
    return index;
  }

  /** Adds a piece. Half a character at its end waits, since no message can hold one. */
  #append(open: OpenPart, text: string, delta: DeltaCase): void {
    if (text === "") return;
    const whole = open.half + text;
    const isCut = (whole.charCodeAt(whole.length - 1) & 0xfc00) === 0xd800;
    open.half = isCut ? whole.slice(-1) : "";
    this.#tell(open, isCut ? whole.slice(0, -1) : whole, delta);
  }

  #tell(open: OpenPart, piece: string, delta: DeltaCase | undefined): void {
    open.pieces += piece;
    const partIndex = open.index;
    if (this.#isMute || piece === "" || delta === undefined) return;
    if (delta === "toolCallDelta") {
      const value = create(ToolCallDeltaSchema, { partIndex, arguments: piece });
      this.#events.push({ case: delta, value });
    } else if (delta === "thinkingDelta") {
      const value = create(ThinkingDeltaSchema, { partIndex, text: piece });
      this.#events.push({ case: delta, value });
    } else {
      this.#events.push({
        case: delta,
        value: create(TextDeltaSchema, { partIndex, text: piece }),
      });
    }
  }

  #at(index: number): OpenPart {
    const part = this.#parts[index];
    if (part === undefined) throw new RangeError(`no part has the index ${index}`);
    return part;
  }
}

type DeltaCase = "textDelta" | "thinkingDelta" | "toolCallDelta";

const deltaCases: Readonly<Record<string, DeltaCase>> = {
  text: "textDelta",
  refusal: "textDelta",
  thinking: "thinkingDelta",
  toolCall: "toolCallDelta",
};

const wholeKinds: Readonly<Record<string, PartKind>> = {
  text: PartKind.TEXT,
  media: PartKind.MEDIA,
  thinking: PartKind.THINKING,
  refusal: PartKind.REFUSAL,
  toolCall: PartKind.TOOL_CALL,
};

/** What a whole part holds beyond the pieces that were told. Empty where it does not begin so. */
function restOf({ kind }: Part, pieces: string): string {
  const text =
    kind.case === "toolCall"
      ? kind.value.arguments
      : kind.case === "text" || kind.case === "refusal" || kind.case === "thinking"
        ? kind.value.text
        : "";
  return text.startsWith(pieces) ? text.slice(pieces.length) : "";
}

function fill(part: Part, pieces: string): void {
  const { kind } = part;
  switch (kind.case) {
    case "text":
    case "refusal":
    case "thinking":
      kind.value.text += pieces;
      break;
    case "toolCall": {
      const call = kind.value;
      if (call.arguments === "") call.arguments = pieces.trim() === "" ? "{}" : pieces;
      call.validJson = isObjectText(call.arguments);
      break;
    }
    default:
  }
}
