import { isInside } from "./conditions.ts";
import type { AttemptFacts, CallFacts } from "./facts.ts";
import {
  atOnceMs,
  type Invariant,
  reactionMs,
  roundingMs,
  type Verdict,
  verdict,
} from "./invariant.ts";
import { mayFollow } from "./rules.ts";

const attemptsMax = 3;
/** Longest wait for a provider that the product may accept, ms. */
const waitMsMax = 60_000;
/** Time for which what follows a whole answer may be read, ms. */
const drainMsMax = 1000;

/** Time after the first answer in which a target is trusted with every call again, ms. */
const trustedAfterMs = 5_000;

/** Rules about the attempts of a call. */
export const attemptInvariants: readonly Invariant[] = [
  { name: "at most 3 attempts", judge: atMostThree },
  { name: "inside the fence", judge: insideFence },
  { name: "one attempt at a time", judge: oneAtATime },
  { name: "no attempt after the end", judge: noneAfterEnd },
  { name: "aborted within 50 ms (T5)", judge: closedInTime },
  { name: "the loser of a hedge is aborted", judge: loserAborted },
  { name: "nothing hopeless is retried", judge: nothingHopeless },
  { name: "no other attempt after the first delta", judge: noneAfterDelta },
  { name: "a wait that fits is kept (T17)", judge: waitKept },
  { name: "a wait that does not fit is not begun (T17)", judge: noUselessWait },
  { name: "a healthy place is used", judge: healthyUsed },
  { name: "spent means one request and no sleep (T18)", judge: spentAtOnce },
];

function atMostThree({ attempts, plan }: CallFacts): Verdict {
  const max = Math.min(attemptsMax, plan.maxAttempts ?? attemptsMax);
  const { length } = attempts;
  return verdict(length > max ? `${length} attempts, ${max} are allowed` : undefined);
}

function insideFence({ attempts, plan }: CallFacts): Verdict {
  const { allowed } = plan;
  if (allowed.length === 0) return undefined;
  const outside = attempts.find(({ place }) => !isInside(place.region, allowed));
  return verdict(outside && `${outside.place.name} is outside of ${allowed.join(", ")}`);
}

function oneAtATime({ attempts, plan }: CallFacts): Verdict {
  if (attempts.length < 2) return undefined;
  const openMax = plan.hedgeDelayMs === undefined ? 1 : 2;
  for (const attempt of attempts) {
    const open = attempts.filter((each) => isOpenAt(each, attempt.startMs));
    if (!open.includes(attempt)) continue;
    if (open.length > openMax) return { wrong: `${open.length} attempts at once` };
  }
  return "holds";
}

function isOpenAt({ startMs, closedMs = Number.POSITIVE_INFINITY }: AttemptFacts, atMs: number) {
  return startMs <= atMs && closedMs > atMs;
}

/** The instant from which nothing may be begun for a call. */
function overMs({ deadlineMs, cancelledMs = Number.POSITIVE_INFINITY, endMs }: CallFacts): number {
  return Math.min(deadlineMs, cancelledMs, endMs);
}

function noneAfterEnd(facts: CallFacts): Verdict {
  const overAtMs = overMs(facts);
  const late = facts.attempts.find(({ startMs }) => startMs > overAtMs + roundingMs);
  return verdict(late && `attempt ${late.serial} began at ${late.startMs}, over at ${overAtMs}`);
}

function closedInTime(facts: CallFacts): Verdict {
  if (facts.attempts.length === 0) return undefined;
  const overAtMs = overMs(facts);
  const late = facts.attempts.find((attempt) => {
    const isRead = facts.end?.kind === "ok" && attempt.wholeMs !== undefined;
    const limitMs = overAtMs + reactionMs + (isRead ? drainMsMax : 0);
    const { closedMs } = attempt;
    return closedMs === undefined ? !isRead : closedMs > limitMs;
  });
  return verdict(late && `attempt ${late.serial} closed at ${late.closedMs}, over at ${overAtMs}`);
}

function loserAborted({ attempts, plan, firstDeltaMs }: CallFacts): Verdict {
  if (plan.hedgeDelayMs === undefined || firstDeltaMs === undefined || attempts.length < 2) {
    return undefined;
  }
  const open = attempts.filter((attempt) => isOpenAt(attempt, firstDeltaMs + reactionMs));
  return verdict(
    open.length > 1 ? `${open.length} attempts go on after the first delta` : undefined,
  );
}

/** Pairs of an attempt that failed by the provider's doing, and the next one that began after it. */
function sequels({ attempts }: CallFacts): readonly (readonly [AttemptFacts, AttemptFacts])[] {
  return attempts.slice(1).flatMap((next, index) => {
    const before = attempts[index];
    if (before === undefined || before.closedMs === undefined) return [];
    if (before.closedBy !== "provider" || next.startMs < before.closedMs) return [];
    return [[before, next]] as const;
  });
}

function isSame(a: AttemptFacts, b: AttemptFacts): boolean {
  return a.place === b.place && a.keyIndex === b.keyIndex && a.model === b.model;
}

function nothingHopeless(facts: CallFacts): Verdict {
  const pairs = sequels(facts);
  if (pairs.length === 0) return undefined;
  for (const [before, next] of pairs) {
    const { reason } = before.script;
    if (reason === undefined) continue;
    const { same, elsewhere } = mayFollow(reason);
    const told = `${reason} at ${before.place.name} was followed by ${next.place.name}`;
    if (!isSame(before, next)) {
      if (!elsewhere) return { wrong: told };
      continue;
    }
    const failures = facts.attempts.filter(
      (each) => each.script.reason === reason && isSame(each, next) && each.serial < next.serial,
    );
    if (same === "never" || (same === "once" && failures.length > 1)) {
      return { wrong: `${told} (${failures.length} such failures there)` };
    }
  }
  return "holds";
}

function noneAfterDelta({ attempts, plan, firstDeltaMs }: CallFacts): Verdict {
  if (firstDeltaMs === undefined) return undefined;
  const late = attempts.find(({ startMs }) => startMs > firstDeltaMs);
  return verdict(late && !plan.resumes ? `attempt ${late.serial} began after a delta` : undefined);
}

/** Whether the place had told someone to wait until then: what is told to one holds for all. */
function wasTold({ startMs, toldUntilMs }: AttemptFacts): boolean {
  return startMs <= toldUntilMs + atOnceMs;
}

function waitKept(facts: CallFacts): Verdict {
  let outcome: Verdict;
  for (const [before, next] of sequels(facts)) {
    const { waitMs, waitUntilMs = 0 } = before.script;
    if (waitMs === undefined || !isSame(before, next)) continue;
    const { closedMs = 0 } = before;
    const tookMs = next.startMs - closedMs;
    if (waitMs > waitMsMax) return { wrong: `a wait of ${waitMs} ms was begun` };
    if (next.startMs < waitUntilMs - roundingMs) {
      return { wrong: `waited ${tookMs} ms of the ${waitMs} ms that were told` };
    }
    if (tookMs > waitMs * 1.1 + atOnceMs && !wasTold(next) && !facts.mayQueue) {
      return { wrong: `waited ${tookMs} ms in place of the ${waitMs} ms that were told` };
    }
    outcome = "holds";
  }
  return outcome;
}

/** The last attempt, if the call ended with its failure and nobody else ended the call. */
function lastFailure(facts: CallFacts): AttemptFacts | undefined {
  const { attempts, end, endMs, deadlineMs, cancelledMs } = facts;
  const last = attempts.at(-1);
  if (end?.kind !== "error" || last?.closedBy !== "provider") return undefined;
  if (end.error.reason !== last.script.reason) return undefined;
  return endMs >= deadlineMs || cancelledMs !== undefined ? undefined : last;
}

function noUselessWait(facts: CallFacts): Verdict {
  const last = lastFailure(facts);
  if (last === undefined || facts.end?.kind !== "error" || facts.plan.readMs > 0) return undefined;
  const { waitMs } = last.script;
  const { closedMs = 0 } = last;
  if (waitMs === undefined) return undefined;
  const { retryAfterMs } = facts.end.error.fields;
  if (retryAfterMs === undefined) return { wrong: `no word of the ${waitMs} ms that were told` };
  // Who can go elsewhere may look there first.
  if (facts.choices > 1) return "holds";
  const fits = waitMs <= waitMsMax && closedMs + waitMs < facts.deadlineMs;
  // A hedge may have been under way beside it.
  const waitedMs = facts.endMs - Math.max(...facts.attempts.map((each) => each.closedMs ?? 0));
  return verdict(
    !fits && waitedMs > atOnceMs ? `${waitedMs} ms were waited for nothing` : undefined,
  );
}

/** A breaker that stays shut out of habit is as bad as an outage. */
function healthyUsed({ end, attempts, provenForMs, mayQueue }: CallFacts): Verdict {
  if (provenForMs < trustedAfterMs || mayQueue) return undefined;
  const isOpen = end?.kind === "error" && end.error.reason === "TARGET_CIRCUIT_OPEN";
  const isUnused = isOpen && attempts.length === 0;
  return verdict(isUnused ? `nobody was asked, one answers for ${provenForMs} ms` : undefined);
}

function spentAtOnce(facts: CallFacts): Verdict {
  const { attempts, plan, endMs } = facts;
  const spent = attempts.filter(
    ({ script, closedBy }) =>
      script.reason === "PROVIDER_BILLING_EXHAUSTED" && closedBy === "provider",
  );
  if (spent.length === 0 || plan.hedgeDelayMs !== undefined) return undefined;
  for (const attempt of spent) {
    const { closedMs = 0, serial } = attempt;
    const next = attempts.find((each) => each.serial > serial);
    if (next !== undefined && isSame(attempt, next))
      return { wrong: "the same key was tried again" };
    const tookMs = (next?.startMs ?? endMs) - closedMs;
    // Who can go elsewhere may wait for a place there.
    if (tookMs > atOnceMs && facts.choices === 1)
      return { wrong: `${tookMs} ms passed after the refusal` };
  }
  return "holds";
}
