const warmUpMs = 150;
const roundMs = 60;
const rounds = 9;

/**
 * Microseconds of one run of `work` on an idle core: the median of nine rounds of 60 ms, after a
 * warm-up. What `work` returns is kept from being optimised away.
 */
export function microseconds(work: () => unknown): number {
  runFor(warmUpMs, work);
  const times = Array.from({ length: rounds }, () => runFor(roundMs, work));
  return times.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
}

let kept: unknown;

function runFor(ms: number, work: () => unknown): number {
  const start = performance.now();
  let runs = 0;
  let elapsed = 0;
  while (elapsed < ms) {
    kept = work();
    runs += 1;
    elapsed = performance.now() - start;
  }
  return kept === work ? 0 : (elapsed / runs) * 1000;
}
