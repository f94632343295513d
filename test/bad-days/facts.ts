import type { LLMResponse } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { ConnectorError } from "../../src/contract/connector-error.ts";
import type { CallerPlan } from "./caller-plan.ts";
import type { Place } from "./place.ts";
import type { Script } from "./script.ts";

/** One attempt as the provider saw it. Times are of the virtual clock, ms. */
export interface AttemptFacts {
  /** Number over all calls. */
  readonly serial: number;
  readonly place: Place;
  /** Which of the place's keys was sent; 0 for a caller's own. */
  readonly keyIndex: number;
  readonly ownKey: CallerPlan["ownKey"];
  readonly model: string;
  /** Until when the place had told anyone with this key to wait, some lateness included. */
  readonly toldUntilMs: number;
  readonly isStream: boolean;
  readonly startMs: number;
  readonly script: Script;
  headMs: number | undefined;
  /** When the first word of text came. */
  firstWordMs: number | undefined;
  /** When the answer was logically whole, and whole with the last mark. */
  logicalMs: number | undefined;
  wholeMs: number | undefined;
  /** Characters of text that were told. */
  told: number;
  /** Whether everything that the script tells was sent. */
  isPlayed: boolean;
  closedMs: number | undefined;
  /** What closed it: the provider's own doing, the product's wish, or the death of the place. */
  closedBy: "provider" | "product" | "weather" | undefined;
}

/** How a call ended for its caller. */
export type CallEnd =
  | { readonly kind: "ok"; readonly response: LLMResponse }
  | { readonly kind: "error"; readonly error: ConnectorError }
  /** The caller left the loop before the end. */
  | { readonly kind: "left" }
  /** What a call must never end with. */
  | { readonly kind: "fault"; readonly what: string };

/** A run of deltas between two announced restarts. */
export interface Segment {
  text: string;
}

/** One call as its caller saw it. */
export interface CallFacts {
  readonly index: number;
  readonly plan: CallerPlan;
  readonly startMs: number;
  /** The instant by which it must have ended. Infinity: none. */
  readonly deadlineMs: number;
  /** Whether places are so few that it may have to queue for one. */
  mayQueue: boolean;
  /** In how many ways it may be sent: places, models and keys. */
  choices: number;
  /** How long ago one of the places it may go to has answered, with nothing wrong there since, ms. */
  provenForMs: number;
  /** When the caller cancelled. */
  cancelledMs: number | undefined;
  /** When the caller last asked for an event, or for the answer. */
  askedMs: number;
  endMs: number;
  end: CallEnd | undefined;
  /** Events after the end, and ends after the first. */
  afterEnd: number;
  firstDeltaMs: number | undefined;
  /** Text of the deltas, by segment. */
  readonly segments: Segment[];
  /** Listeners on the caller's signal that were left behind. */
  listenersLeft: number;
  readonly attempts: AttemptFacts[];
  readonly history: string[];
}

/** Adds a line to the history of a call. */
export function note({ history }: CallFacts, nowMs: number, text: string): void {
  history.push(`${nowMs.toFixed(3)} ${text}`);
}
