import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Part, PartSchema } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { PartFinishedSchema, PartKind } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { StreamEvent } from "../contract/adapter.ts";

type PartInit = MessageInitShape<typeof PartSchema>;

/** A part of which something may have been delivered. */
interface Delivered {
  readonly kind: PartKind;
  /** Text, thinking or arguments so far. */
  text: string;
  /** Of a tool call. */
  id: string;
  name: string;
  /** The whole part. Unset: it is not complete. */
  whole: Part | undefined;
}

/** What was delivered of an answer that several attempts give one after another. */
export class DeliveredParts {
  readonly #delivered: Delivered[] = [];
  /** Parts of the segments before the present one. */
  #before: readonly Part[] = [];
  #hasToolCall = false;
  #hasMedia = false;

  /** Whether a tool call was delivered whole, so that the caller may have begun to run it. */
  get hasToolCall(): boolean {
    return this.#hasToolCall;
  }

  /** Whether something was delivered that no request for the rest could tell of. */
  get hasMedia(): boolean {
    return this.#hasMedia;
  }

  /** The parts of the segments that were closed. */
  get closed(): readonly Part[] {
    return this.#before;
  }

  /** Text and refusals as the caller has read them, in order. */
  get text(): string {
    return this.#delivered
      .map(({ kind, text }) => (kind === PartKind.TEXT || kind === PartKind.REFUSAL ? text : ""))
      .join("");
  }

  /** Notes an event that is about to be delivered, and gives it the index it has in the whole. */
  take(event: StreamEvent): void {
    switch (event.case) {
      case "partStarted":
        event.value.partIndex += this.#before.length;
        this.#delivered[event.value.partIndex] = {
          kind: event.value.kind,
          text: "",
          id: "",
          name: "",
          whole: undefined,
        };
        return;
      case "textDelta":
      case "thinkingDelta":
        event.value.partIndex += this.#before.length;
        this.#at(event.value.partIndex).text += event.value.text;
        return;
      case "toolCallDelta": {
        event.value.partIndex += this.#before.length;
        const call = this.#at(event.value.partIndex);
        call.id ||= event.value.id;
        call.name ||= event.value.name;
        call.text += event.value.arguments;
        return;
      }
      case "partFinished": {
        event.value.partIndex += this.#before.length;
        const { part } = event.value;
        this.#at(event.value.partIndex).whole = part;
        if (part?.kind.case === "toolCall") this.#hasToolCall = true;
        if (part?.kind.case === "media") this.#hasMedia = true;
        return;
      }
      default:
    }
  }

  /**
   * Ends a segment that broke off: completes the parts that are open with what was delivered of
   * them, and gives the events that tell so. `adapter` is the one that answered. The indexes of the
   * next segment follow.
   */
  close(adapter: string): readonly StreamEvent[] {
    const events: StreamEvent[] = [];
    for (const [partIndex, delivered] of this.#delivered.entries()) {
      if (delivered.whole !== undefined) continue;
      const part = create(PartSchema, brokenOff(delivered, adapter));
      delivered.whole = part;
      events.push({ case: "partFinished", value: create(PartFinishedSchema, { partIndex, part }) });
    }
    this.#before = this.#delivered.flatMap(({ whole }) => (whole === undefined ? [] : [whole]));
    return events;
  }

  #at(partIndex: number): Delivered {
    const delivered = this.#delivered[partIndex];
    if (delivered === undefined) throw new RangeError(`no part has the index ${partIndex}`);
    return delivered;
  }
}

/** A part as far as it was delivered. Arguments of a tool stay as they came, and are not valid. */
function brokenOff({ kind, text, id, name }: Delivered, adapter: string): PartInit {
  switch (kind) {
    case PartKind.THINKING:
      return { kind: { case: "thinking", value: { text, adapter } } };
    case PartKind.REFUSAL:
      return { kind: { case: "refusal", value: { text } } };
    case PartKind.TOOL_CALL:
      return {
        kind: { case: "toolCall", value: { id, name, arguments: text, validJson: false } },
      };
    default:
      // Of a part that comes whole nothing was delivered, and no text is harmless to send back.
      return { kind: { case: "text", value: { text } } };
  }
}
