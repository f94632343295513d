import type {
  DecodeContext,
  Frame,
  StreamDecoder,
  StreamEnd,
  StreamEvent,
  StreamSnapshot,
} from "../../contract/adapter.ts";
import { createMessageDecoder } from "../anthropic-messages/decode.ts";
import { fromBase64 } from "../base64.ts";
import { bedrockEventError } from "../bedrock-errors.ts";
import { parseObject, textOf } from "../json.ts";

/**
 * Begins to decode a stream of InvokeModel: its chunks hold the events of Claude's own stream, each
 * in base64, and Bedrock's exceptions stand beside them.
 */
export function createInvokeDecoder(context: DecodeContext): StreamDecoder {
  return new InvokeDecoder(createMessageDecoder(context));
}

class InvokeDecoder implements StreamDecoder {
  readonly #messages: StreamDecoder;

  constructor(messages: StreamDecoder) {
    this.#messages = messages;
  }

  get done(): boolean {
    return this.#messages.done;
  }

  push({ event, data }: Frame): readonly StreamEvent[] {
    if (this.done) return [];
    if (/^(?:exception|error):/.test(event)) throw bedrockEventError(event, data);
    if (data.trim() === "") return [];
    // Padding against eavesdroppers is no news.
    const { bytes, p: _, ...rest } = parseObject(data);
    const events: StreamEvent[] = [];
    // What else an event holds is kept as an event of an unknown type is; first, for the bytes may
    // be the last event.
    if (Object.keys(rest).length > 0) {
      const unknown = JSON.stringify({ ...rest, type: textOf(rest.type) || event });
      events.push(...this.#messages.push({ event: "", data: unknown, id: "" }));
    }
    if (typeof bytes === "string") {
      const inner = new TextDecoder().decode(fromBase64(bytes));
      events.push(...this.#messages.push({ event: "", data: inner, id: "" }));
    }
    return events;
  }

  end(): { readonly events: readonly StreamEvent[]; readonly end: StreamEnd } {
    return this.#messages.end();
  }

  progress(): StreamSnapshot {
    return this.#messages.progress();
  }
}
