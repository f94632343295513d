// Proves for any order of calls, waits and reloads: a caller begins no more calls in any span than
// its bucket holds and refills, and whoever waits as long as it is told gets in.
import { fc, it } from "@fast-check/vitest";
import { expect } from "vitest";
import type { ConnectorError } from "../../src/contract/connector-error.ts";
import { CallerLimits } from "../../src/rpc/caller-limits.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const minuteMs = 60_000;
const steps = fc.array(
  fc.oneof(
    fc.record({ waitMs: fc.integer({ min: 0, max: 90_000 }) }),
    fc.record({ calls: fc.integer({ min: 1, max: 20 }) }),
    fc.constant({ reload: true }),
  ),
  { maxLength: 60 },
);

// After the reload, the parts of a call add up to a little less than one.
const examples: [number, ({ waitMs: number } | { calls: number } | { readonly reload: true })[]][] =
  [[1, [{ calls: 1 }, { waitMs: 2511 }, { reload: true }]]];

it.prop([fc.integer({ min: 1, max: 30 }), steps], { examples })(
  "a bucket is never more than full",
  (callsPerMinute, taken) => {
    const clock = new VirtualClock();
    const callers = [{ name: "a", callsPerMinute }];
    const limits = new CallerLimits(clock, callers);
    const letIn: number[] = [];
    const call = (): number => {
      try {
        limits.enter("a");
        letIn.push(clock.now());
        return 0;
      } catch (thrown) {
        return (thrown as ConnectorError).fields.retryAfterMs ?? Number.NaN;
      }
    };
    for (const step of taken) {
      if ("waitMs" in step) clock.advance(step.waitMs);
      if ("reload" in step) limits.replace(callers);
      if ("calls" in step) for (let left = step.calls; left > 0; left -= 1) call();
    }
    expectSparse(letIn, callsPerMinute);
    const waitMs = call();
    clock.advance(waitMs);
    if (waitMs > 0) expect(call()).toBe(0);
  },
);

/** Expects that no span has more instants than a bucket of this size lets in. */
function expectSparse(instantsMs: readonly number[], perMinute: number): void {
  for (const [first, startMs] of instantsMs.entries()) {
    for (const [offset, endMs] of instantsMs.slice(first).entries()) {
      const refilled = ((endMs - startMs) * perMinute) / minuteMs;
      expect(offset + 1).toBeLessThanOrEqual(perMinute + refilled + 1e-6);
    }
  }
}
