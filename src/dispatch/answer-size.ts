import type { Frame, StreamEvent } from "../contract/adapter.ts";
import { ConnectorError } from "../contract/connector-error.ts";

/** A frame of a delta is mostly packaging, of which little is kept: one byte in so many counts. */
const bytesOfPackaging = 16;

/**
 * What a streamed answer adds up to so far. All of it is kept for `finished`, so it has the limit
 * of a whole answer, `provider_response_bytes`; a stream of a million small deltas may itself be
 * longer.
 */
export class AnswerSize {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Counts a frame and the events it gave. Throws PROVIDER_RESPONSE_TOO_LARGE beyond the limit. */
  add(frame: Frame, events: readonly StreamEvent[]): void {
    const deltaLength = events.reduce((sum, event) => sum + lengthOf(event), 0);
    const { length } = frame.data;
    this.#bytes += deltaLength > 0 ? deltaLength + length / bytesOfPackaging : length;
    if (this.#bytes <= this.#bytesMax) return;
    throw new ConnectorError(
      "PROVIDER_RESPONSE_TOO_LARGE",
      `the provider's answer is over ${this.#bytesMax} bytes`,
      { metadata: { limit: "provider_response_bytes", max: String(this.#bytesMax) } },
    );
  }
}

function lengthOf(event: StreamEvent): number {
  switch (event.case) {
    case "textDelta":
    case "thinkingDelta":
      return event.value.text.length;
    case "toolCallDelta":
      return event.value.arguments.length;
    default:
      return 0;
  }
}
