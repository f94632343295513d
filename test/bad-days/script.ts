import type { ConnectorError } from "../../src/contract/connector-error.ts";
import type { Reason } from "../../src/contract/reasons.ts";
import type { Chance } from "./chance.ts";
import { type Answer, textOf, type Wire, type WireEvent } from "./wire.ts";

/** A piece of a body, and what a reader knows once it has come. */
export interface Step {
  /** Time after the step before, or after the head, ms. */
  readonly afterMs: number;
  readonly bytes: Buffer;
  /** Characters of the answer's text told so far. */
  readonly told: number;
  /** Whether the answer is logically whole. */
  readonly isLogical: boolean;
  /** Whether it is whole, with the wire's own last mark. */
  readonly isWhole: boolean;
}

/** What a provider does with one request, settled before it begins. */
export interface Script {
  /** What it is called in a history. */
  readonly name: string;
  /** What an attempt fails with that sees it to its end. Unset: with nothing, or it depends. */
  readonly reason?: Reason;
  /** Whether the provider takes the request up and may bill for it; "maybe" where nobody can tell. */
  readonly accepts: "yes" | "no" | "maybe";
  /** Instant before which the provider wants no other try, on the virtual clock. Unset: not told. */
  readonly waitUntilMs?: number;
  /** The wait it told, ms. Unset: none that can be believed. */
  readonly waitMs?: number;
  /** Time to the head of the answer, or to what comes in its place, ms. Infinity: never. */
  readonly headMs: number;
  /** Why there is no head. Unset: there is one. */
  readonly refusal?: () => ConnectorError;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
  /** How the body ends after its last step: well, by a lost connection, or never. */
  readonly end: "well" | "lost" | "never";
  /** The text that is told. Empty: none. */
  readonly text: string;
  /** Whether the provider reports tokens, and how many are output. */
  readonly outputTokens: number | undefined;
}

/** How the events of a stream come over the wire. */
export type Cutting = "events" | "batches" | "anywhere";

/** Time rounded so that sums of times are exact, ms. */
export function exactMs(ms: number): number {
  return Math.round(ms * 16) / 16;
}

/** A body in one piece, of which nothing is told before its end. */
export function bodyStep(text: string, answer?: Answer): readonly Step[] {
  if (text === "") return [];
  const isWhole = answer !== undefined;
  const told = isWhole ? textOf(answer).length : 0;
  return [{ afterMs: 0, bytes: Buffer.from(text), told, isLogical: isWhole, isWhole }];
}

/** A stream of events, cut into pieces that come `gapMs` apart on average. */
export function streamSteps(
  events: readonly WireEvent[],
  cutting: Cutting,
  gapMs: number,
  chance: Chance,
): readonly Step[] {
  const bytes = Buffer.from(events.map(({ text }) => text).join(""));
  const ends = endsOf(events);
  let from = 0;
  let passed = 0;
  return cutsOf(ends, cutting, chance).map((to) => {
    while (passed < ends.length && (ends[passed] ?? 0) <= to) passed += 1;
    const seen = events.slice(0, passed);
    const afterMs = exactMs(chance.spanMs(gapMs));
    const step = { afterMs, bytes: bytes.subarray(from, to), ...knownFrom(seen) };
    from = to;
    return step;
  });
}

/** The steps before a place: `inside` ends in the middle of the next one. */
export function cutSteps(steps: readonly Step[], count: number, inside: boolean): readonly Step[] {
  const kept = steps.slice(0, count);
  const next = steps[count];
  if (!inside || next === undefined || next.bytes.length < 2) return kept;
  const before = kept.at(-1);
  const { told = 0, isLogical = false } = before ?? {};
  const bytes = next.bytes.subarray(0, next.bytes.length >> 1);
  return [...kept, { ...next, bytes, told, isLogical, isWhole: false }];
}

/** Number of steps that come before the first word, and before the answer is logically whole. */
export function milestones(steps: readonly Step[]): {
  readonly firstWord: number;
  readonly logical: number;
} {
  return {
    firstWord: steps.findIndex(({ told }) => told > 0),
    logical: steps.findIndex(({ isLogical }) => isLogical),
  };
}

/** A stream as the wire has it, with nothing wrong. */
export function soundSteps(
  wire: Wire,
  answer: Answer,
  gapMs: number,
  chance: Chance,
): readonly Step[] {
  const cutting = chance.pickWeighted<Cutting>({ events: 6, batches: 3, anywhere: 1 });
  return streamSteps(wire.events(answer), cutting, gapMs, chance);
}

function endsOf(events: readonly WireEvent[]): readonly number[] {
  let end = 0;
  return events.map(({ text }) => {
    end += Buffer.byteLength(text);
    return end;
  });
}

function cutsOf(ends: readonly number[], cutting: Cutting, chance: Chance): readonly number[] {
  const length = ends.at(-1) ?? 0;
  if (cutting === "events") return ends;
  const kept =
    cutting === "batches"
      ? ends.filter(() => chance.happens(0.4))
      : ends.map(() => chance.integer(1, length));
  return [...new Set([...kept, length])].sort((a, b) => a - b);
}

function knownFrom(seen: readonly WireEvent[]): Pick<Step, "told" | "isLogical" | "isWhole"> {
  return {
    told: seen.at(-1)?.told ?? 0,
    isLogical: seen.some(({ mark }) => mark === "logical" || mark === "terminal"),
    isWhole: seen.some(({ mark }) => mark === "terminal"),
  };
}
