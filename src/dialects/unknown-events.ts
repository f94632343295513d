import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { storable } from "./json.ts";

/** Most events of unknown types that are kept of one stream. */
const eventsMax = 64;
/** Most characters of JSON that they hold together. */
const charactersMax = 64 * 1024;

/** Keeps events of a stream that have no place in the answer, within limits. */
export class UnknownEvents {
  readonly #events: JsonValue[] = [];
  #characters = 0;
  #leftOut = 0;

  /** Keeps one. Over 64 events or 64 KiB of them, it is only counted. */
  keep(event: JsonValue): void {
    const characters = JSON.stringify(event).length;
    if (this.#events.length >= eventsMax || this.#characters + characters > charactersMax) {
      this.#leftOut += 1;
      return;
    }
    this.#characters += characters;
    this.#events.push(storable(event));
  }

  /**
   * Members of `provider_metadata`: `unknown_events`, and in `unknown_events_left_out` the number
   * of those that were too many. Empty: there were none.
   */
  members(): JsonObject {
    return {
      ...(this.#events.length > 0 && { unknown_events: [...this.#events] }),
      ...(this.#leftOut > 0 && { unknown_events_left_out: this.#leftOut }),
    };
  }
}
