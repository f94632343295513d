import type { CallFacts } from "./facts.ts";
import type { Invariant, Violation } from "./invariant.ts";
import { attemptInvariants } from "./judge-attempts.ts";
import { endInvariants } from "./judge-ends.ts";

/** The rules that every call must obey. */
export const invariants: readonly Invariant[] = [...attemptInvariants, ...endInvariants];

const violationsKept = 20;

/** Judges calls and the world they are in, and remembers what was wrong. */
export class Judge {
  /** The first violations, with their histories. */
  readonly violations: Violation[] = [];
  readonly #checked = new Map<string, number>();
  readonly #broken = new Map<string, number>();

  /** Judges a call that is over. */
  call(facts: CallFacts): void {
    for (const { name, judge } of invariants) {
      const found = judge(facts);
      if (found === undefined) continue;
      const { index, history } = facts;
      this.#count(name, found === "holds" ? undefined : found.wrong, index, history);
    }
  }

  /** Judges the world by a rule of its own; `wrong` unset: the rule holds. */
  world(name: string, wrong: string | undefined): void {
    this.#count(name, wrong, -1, []);
  }

  /** How often each rule's case occurred. */
  get checked(): ReadonlyMap<string, number> {
    return this.#checked;
  }

  /** How often each rule was broken. */
  get broken(): ReadonlyMap<string, number> {
    return this.#broken;
  }

  #count(name: string, wrong: string | undefined, call: number, history: readonly string[]): void {
    this.#checked.set(name, (this.#checked.get(name) ?? 0) + 1);
    if (wrong === undefined) return;
    const count = this.#broken.get(name) ?? 0;
    this.#broken.set(name, count + 1);
    // One of each kind says more than twenty of one.
    if (count < 2 && this.violations.length < violationsKept) {
      this.violations.push({ invariant: name, what: wrong, call, history: [...history] });
    }
  }
}
