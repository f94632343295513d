import type { StreamEvent } from "../contract/adapter.ts";

/**
 * Adds events to others, neighbouring text and thinking deltas of one part as one. The events of
 * one read of the provider's socket leave together, so nothing is held back, and the cost of a token
 * falls as load rises.
 */
export function joinDeltas(events: StreamEvent[], more: readonly StreamEvent[]): void {
  for (const event of more) {
    const last = events[events.length - 1];
    if (
      (event.case === "textDelta" || event.case === "thinkingDelta") &&
      last?.case === event.case &&
      last.value.partIndex === event.value.partIndex
    ) {
      last.value.text += event.value.text;
    } else {
      events.push(event);
    }
  }
}
