import type { Judge } from "./judge.ts";
import type { Figures, World } from "./scenario.ts";
import { percentileMs } from "./tally.ts";

/** Life of a retry budget: an outage is steady after it, ms. */
const budgetLifeMs = 10_000;
const ratioMax = 1.1;
const recoveryMsMax = 5_000;
/** What chance may add to a rate over one second. */
const surgeMax = 1.15;
const normalAgainMs = 2_000;
const latencyFactorMax = 1.5;

/** On a calm day, every call that its caller lets end is answered by its first attempt. */
export function judgeCalm({ tally }: World, judge: Judge): Figures {
  const failed = tally.calls.find(({ end }) => end !== "OK");
  judge.world("a calm day has no failures", failed && `a call ended with ${failed.end}`);
  const again = tally.calls.find(({ attempts }) => attempts !== 1);
  judge.world("a calm day has no retries", again && `${again.attempts} attempts in a call`);
  return {};
}

/** In an outage of everything, retries stay few; after it, recovery is soon and without a surge. */
export function judgeOutage({ tally, spells, callsPerSecond }: World, judge: Judge): Figures {
  const [outage] = spells;
  if (outage === undefined) return {};
  const { fromMs, toMs: healedMs } = outage;
  const steadyMs = fromMs + budgetLifeMs;
  const calls = tally.callsIn(steadyMs, healedMs).length;
  const ratio = tally.attemptsIn(steadyMs, healedMs).length / calls;
  if (calls > 0) {
    const told = `${ratio.toFixed(3)} attempts a call`;
    judge.world("few retries in an outage (T1)", ratio > ratioMax ? told : undefined);
  }
  const answers = tally.calls.filter(({ end, endMs }) => end === "OK" && endMs >= healedMs);
  const firstMs = Math.min(...answers.map(({ endMs }) => endMs)) - healedMs;
  judge.world(
    "recovery is found within 5 s",
    firstMs > recoveryMsMax ? `after ${firstMs} ms` : undefined,
  );
  const surge = tally.attemptsIn(healedMs, healedMs + 1000).length / callsPerSecond;
  const told = `${surge.toFixed(2)} times the usual rate`;
  judge.world("no surge after an outage", surge > surgeMax ? told : undefined);
  const failed = tally.calls.filter(({ end, startMs }) => end !== "OK" && startMs >= healedMs);
  const lastFailedMs = Math.max(healedMs, ...failed.map(({ startMs }) => startMs)) - healedMs;
  return {
    "attempts a call": ratio,
    "first answer, ms": firstMs,
    "last failure, ms": lastFailedMs,
    "first second": surge,
  };
}

/** When a region dies, only streams that had begun are lost, and new calls are soon quick again. */
export function judgeRegionDeath({ tally, spells }: World, judge: Judge): Figures {
  const figures: Record<string, number> = {};
  const usual = tally.callsIn(0, spells[0]?.fromMs ?? 0);
  const usualMs = percentileMs(usual, 0.99);
  const lost = tally.calls.filter(({ end }) => end !== "OK");
  const unbegun = lost.filter(({ hadDelta }) => !hadDelta);
  judge.world(
    "only streams that had begun are lost",
    unbegun.length > 0 ? `${unbegun.length} others, such as ${unbegun[0]?.end}` : undefined,
  );
  for (const { fromMs, toMs, down, at = [] } of spells) {
    const dying = tally.attempts.filter(
      ({ place, closedMs, script }) =>
        at.some((region) => place.endsWith(region)) &&
        closedMs >= fromMs &&
        closedMs < toMs &&
        (script === "refused" || script === "connect timeout"),
    );
    const firstFailureMs = Math.min(...dying.map(({ closedMs }) => closedMs));
    const after = tally.callsIn(firstFailureMs + normalAgainMs, toMs);
    const afterMs = percentileMs(after, 0.99);
    judge.world(
      "latency is usual again after 2 s",
      afterMs > usualMs * latencyFactorMax
        ? `${down}: p99 is ${afterMs} ms, it was ${usualMs} ms`
        : undefined,
    );
    figures[`p99 when it ${down}, ms`] = afterMs;
  }
  return { "lost streams": lost.length - unbegun.length, "usual p99, ms": usualMs, ...figures };
}
