import type { CallFacts } from "./facts.ts";

/** What a rule says of a call: nothing (its case did not occur), that it holds, or what is wrong. */
export type Verdict = undefined | "holds" | { readonly wrong: string };

/** One rule that every call must obey. */
export interface Invariant {
  readonly name: string;
  readonly judge: (facts: CallFacts) => Verdict;
}

/** A call that broke a rule. */
export interface Violation {
  readonly invariant: string;
  readonly what: string;
  /** Index of the call. -1: it is about the whole world. */
  readonly call: number;
  /** The call's whole history. */
  readonly history: readonly string[];
}

/** Holds if nothing is wrong. */
export function verdict(wrong: string | undefined): Verdict {
  return wrong === undefined ? "holds" : { wrong };
}

/** Difference of times that is only rounding, ms. */
export const roundingMs = 1e-6;
/** Time in which the product must react to the end of a call, ms. */
export const reactionMs = 50;
/** Time within which "at once" is, ms. */
export const atOnceMs = 2;
