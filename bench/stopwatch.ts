const warmUpMs = 400;
const roundMs = 60;
const rounds = 9;

/**
 * Microseconds of CPU that one run of `work` takes in this process, its garbage collection
 * included: the median of nine rounds of 60 ms, after a warm-up. CPU, so that what else runs on the
 * machine counts little.
 */
export function microseconds(work: () => unknown): number {
  runFor(warmUpMs, work);
  const times = Array.from({ length: rounds }, () => runFor(roundMs, work));
  return times.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
}

// What `work` returns must be kept somewhere, or it may be optimised away.
let kept: unknown;

function runFor(ms: number, work: () => unknown): number {
  const start = process.cpuUsage();
  let runs = 0;
  let elapsed = 0;
  while (elapsed < ms * 1000) {
    // Asking for the time costs more than a short run: not after each of them.
    for (let batch = 0; batch < 1 + runs / 8; batch += 1) {
      kept = work();
      runs += 1;
    }
    const { user, system } = process.cpuUsage(start);
    elapsed = user + system;
  }
  return kept === work ? 0 : elapsed / runs;
}
