import type { StreamEvent } from "../contract/adapter.ts";

/**
 * Joins neighbouring text and thinking deltas of one part. The events of one read of the provider's
 * socket leave together, so nothing is held back, and the cost of a token falls as load rises.
 */
export function joinDeltas(events: readonly StreamEvent[]): readonly StreamEvent[] {
  if (events.length < 2) return events;
  const joined: StreamEvent[] = [];
  for (const event of events) {
    const last = joined.at(-1);
    if (
      (event.case === "textDelta" || event.case === "thinkingDelta") &&
      last?.case === event.case &&
      last.value.partIndex === event.value.partIndex
    ) {
      last.value.text += event.value.text;
    } else {
      joined.push(event);
    }
  }
  return joined;
}
