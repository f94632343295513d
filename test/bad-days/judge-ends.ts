import { toBinary } from "@bufbuild/protobuf";
import { durationMs } from "@bufbuild/protobuf/wkt";
import { Code } from "../../gen/ts/google/rpc/code_pb.ts";
import { StatusSchema } from "../../gen/ts/google/rpc/status_pb.ts";
import { type Attempt, UsageSource } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { statusOf } from "../../src/rpc/error-status.ts";
import type { AttemptFacts, CallFacts } from "./facts.ts";
import { type Invariant, reactionMs, roundingMs, type Verdict, verdict } from "./invariant.ts";

const statusBytesMax = 4096;

/** Rules about how a call ends, and what its caller is told. */
export const endInvariants: readonly Invariant[] = [
  { name: "ends once, with an answer or an error", judge: endsOnce },
  { name: "ends in time (T6)", judge: endsInTime },
  { name: "DEADLINE_EXCEEDED only at the deadline", judge: deadlineOnly },
  { name: "CANCELLED only for a cancelled call", judge: cancelledOnly },
  { name: "status of at most 4 KiB (T16)", judge: smallStatus },
  { name: "no listener is left", judge: noListener },
  { name: "OK only for a whole answer (T3)", judge: wholeAnswer },
  { name: "words of one provider, once (T2)", judge: wordsOnce },
  { name: "deltas add up to the response", judge: deltasAddUp },
  { name: "every attempt is told", judge: attemptsTold },
  { name: "attempts are told by their reasons", judge: reasonsTold },
  { name: "usage of the answer (T4)", judge: usageOfAnswer },
  { name: "usage of what gave no answer (T4)", judge: usageOfFailures },
];

function endsOnce({ end, afterEnd }: CallFacts): Verdict {
  if (end === undefined) return { wrong: "it never ended" };
  if (end.kind === "fault") return { wrong: end.what };
  return verdict(afterEnd > 0 ? `${afterEnd} events after the end` : undefined);
}

function endsInTime({ deadlineMs, cancelledMs, askedMs, endMs }: CallFacts): Verdict {
  const overMs = Math.min(deadlineMs, cancelledMs ?? Number.POSITIVE_INFINITY);
  if (overMs === Number.POSITIVE_INFINITY) return undefined;
  // Who does not read cannot be told.
  const limitMs = Math.max(overMs, askedMs) + reactionMs;
  return verdict(endMs > limitMs ? `ended at ${endMs}, over at ${overMs}` : undefined);
}

function deadlineOnly({ end, endMs, deadlineMs }: CallFacts): Verdict {
  if (end?.kind !== "error" || end.error.code !== Code.DEADLINE_EXCEEDED) return undefined;
  const isEarly = endMs < deadlineMs - roundingMs;
  return verdict(isEarly ? `at ${endMs}, the deadline is ${deadlineMs}` : undefined);
}

function cancelledOnly({ end, endMs, cancelledMs, deadlineMs, plan }: CallFacts): Verdict {
  if (end?.kind === "error" && end.error.reason === "CALLER_CANCELLED") {
    return verdict(cancelledMs === undefined ? "nobody cancelled" : undefined);
  }
  if (cancelledMs === undefined || end?.kind === "left" || plan.readMs > 0) return undefined;
  const wasLater = endMs > Math.min(cancelledMs, deadlineMs) + roundingMs;
  return verdict(wasLater && deadlineMs > cancelledMs ? "it went on after the cancel" : undefined);
}

function smallStatus({ end }: CallFacts): Verdict {
  if (end?.kind !== "error") return undefined;
  const { length } = toBinary(StatusSchema, statusOf(end.error));
  return verdict(length > statusBytesMax ? `${length} bytes` : undefined);
}

function noListener({ listenersLeft }: CallFacts): Verdict {
  return verdict(listenersLeft > 0 ? `${listenersLeft} on the caller's signal` : undefined);
}

/** The attempt that says these words: they bear its number. */
function speaker({ attempts }: CallFacts, words: string): AttemptFacts | undefined {
  const serial = Number(/^(\d+)\./.exec(words)?.[1]);
  return attempts.find((attempt) => attempt.serial === serial);
}

function answerText(facts: CallFacts): string | undefined {
  if (facts.end?.kind !== "ok") return undefined;
  const parts = facts.end.response.content?.parts ?? [];
  return parts.map(({ kind }) => (kind.case === "text" ? kind.value.text : "")).join("");
}

/** The attempt that answered: the one whose words come last. */
function winner(facts: CallFacts): AttemptFacts | undefined {
  const text = answerText(facts);
  if (text === undefined) return undefined;
  const last = facts.plan.isStream ? (facts.segments.at(-1)?.text ?? "") : text;
  return speaker(facts, last);
}

function wholeAnswer(facts: CallFacts): Verdict {
  const text = answerText(facts);
  if (text === undefined) return undefined;
  const answered = winner(facts);
  if (answered === undefined) return { wrong: `nobody said "${text}"` };
  if (answered.logicalMs === undefined || answered.logicalMs > facts.endMs) {
    return { wrong: `attempt ${answered.serial} gave no whole answer` };
  }
  const before = facts.plan.isStream
    ? facts.segments.slice(0, -1).map((segment) => segment.text)
    : [];
  const expected = [...before, answered.script.text].join("");
  return verdict(text === expected ? undefined : `the answer is "${text}", sent was "${expected}"`);
}

function wordsOnce(facts: CallFacts): Verdict {
  const { segments, plan } = facts;
  if (!plan.isStream || facts.firstDeltaMs === undefined) return undefined;
  if (segments.length > 1 && !plan.resumes) return { wrong: "restarted without being asked" };
  const speakers = new Set<AttemptFacts>();
  for (const { text } of segments) {
    if (text === "") continue;
    const said = speaker(facts, text);
    if (said === undefined) return { wrong: `nobody said "${text}"` };
    if (speakers.has(said)) return { wrong: `attempt ${said.serial} speaks twice` };
    speakers.add(said);
    if (!said.script.text.startsWith(text)) return { wrong: `"${text}" is not what was sent` };
  }
  return "holds";
}

function deltasAddUp(facts: CallFacts): Verdict {
  const text = answerText(facts);
  if (text === undefined || !facts.plan.isStream) return undefined;
  const deltas = facts.segments.map((segment) => segment.text).join("");
  return verdict(text === deltas ? undefined : `"${deltas}" in deltas, "${text}" at the end`);
}

/**
 * Attempts as the caller is told of them, in the order in which they began: the one that answered is
 * told last. Unset: the caller left, or it is a fault.
 */
function toldAttempts({ end }: CallFacts): readonly Attempt[] | undefined {
  const told =
    end?.kind === "ok"
      ? (end.response.route?.attempts ?? [])
      : end?.kind === "error"
        ? (end.error.fields.attempts ?? [])
        : undefined;
  return told?.toSorted((a, b) => offsetMs(a) - offsetMs(b));
}

function offsetMs({ startOffset }: Attempt): number {
  return startOffset === undefined ? 0 : durationMs(startOffset);
}

function attemptsTold(facts: CallFacts): Verdict {
  const told = toldAttempts(facts);
  if (told === undefined) return undefined;
  const list = (names: readonly string[]): string => names.toSorted().join(", ");
  const real = list(facts.attempts.map(({ place, keyIndex }) => `${place.name}#${keyIndex}`));
  const named = list(told.map(({ target, keyIndex }) => `${target}#${keyIndex}`));
  return verdict(named === real ? undefined : `told of [${named}], there were [${real}]`);
}

function reasonsTold(facts: CallFacts): Verdict {
  const told = toldAttempts(facts);
  if (told === undefined || told.length !== facts.attempts.length) return undefined;
  // Who reads slowly may have cancelled before the failure was read.
  if (facts.plan.readMs > 0) return undefined;
  for (const [index, attempt] of facts.attempts.entries()) {
    const { script, closedBy, closedMs = Number.POSITIVE_INFINITY } = attempt;
    if (script.reason === undefined || closedBy !== "provider" || closedMs > facts.endMs) continue;
    const reason = told[index]?.reason;
    // An event that cannot be read ends the attempt before the provider's own end.
    if (reason !== script.reason && script.name !== "bad event") {
      return { wrong: `attempt ${attempt.serial} is told as ${reason}, it was ${script.reason}` };
    }
  }
  return "holds";
}

function usageOfAnswer(facts: CallFacts): Verdict {
  if (facts.end?.kind !== "ok") return undefined;
  const { usage } = facts.end.response;
  if (usage === undefined) return { wrong: "the answer has no usage" };
  const answered = winner(facts);
  const expected = answered?.script.outputTokens;
  if (usage.source === UsageSource.ESTIMATED) {
    // A stream may be cut off, or given up as silent, between the end of its text and its report.
    // Of a segment that broke off, nobody tells.
    const isOne = facts.segments.length === 1;
    const wasTold = isOne && expected !== undefined && answered?.isPlayed === true;
    return verdict(wasTold ? "estimated, but it was reported" : undefined);
  }
  if (usage.source !== UsageSource.REPORTED) return { wrong: "the usage has no source" };
  const isRight = Number(usage.outputTokens) === expected || facts.segments.length > 1;
  return verdict(isRight ? undefined : `${usage.outputTokens} tokens, reported were ${expected}`);
}

function usageOfFailures(facts: CallFacts): Verdict {
  const told = toldAttempts(facts);
  if (told === undefined || told.length !== facts.attempts.length) return undefined;
  let outcome: Verdict;
  for (const [index, attempt] of facts.attempts.entries()) {
    const record = told[index];
    if (record === undefined || record.reason === "") continue;
    const { accepts } = attempt.script;
    const { usage } = record;
    const isUp = accepts === "yes" && attempt.headMs !== undefined;
    if (isUp && (usage === undefined || usage.source === UsageSource.UNSPECIFIED)) {
      return { wrong: `attempt ${attempt.serial} may be billed, and no usage is told` };
    }
    // Of one that was given up before its refusal came, nobody can tell.
    if (accepts === "no" && attempt.closedBy === "provider" && usage !== undefined) {
      return { wrong: `attempt ${attempt.serial} was refused, and its usage is told` };
    }
    outcome = "holds";
  }
  return outcome;
}
