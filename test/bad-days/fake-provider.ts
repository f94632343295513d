import type { Clock } from "../../src/contract/clock.ts";
import type { CallerPlan } from "./caller-plan.ts";
import { Chance } from "./chance.ts";
import { type Conditions, conditionsAt, isAbout, type Spell } from "./conditions.ts";
import { failureScript } from "./failures.ts";
import { type FaultInput, type FaultName, faults, isStatusName } from "./faults.ts";
import type { Place } from "./place.ts";
import { bodyStep, exactMs, type Script, soundSteps } from "./script.ts";
import { type Answer, textOf, tokensOf } from "./wire.ts";

/** What a provider is asked. */
export interface Question {
  /** Number of the attempt over all calls: its words bear it. */
  readonly serial: number;
  readonly keyIndex: number;
  /** Set for a key that is none of the place's. */
  readonly ownKey: CallerPlan["ownKey"];
  readonly isStream: boolean;
  readonly model: string;
}

const windowMs = 1000;
/** A wait that is told may take this much longer. */
const lateFactor = 1.1;
/** Time within which nearly every head has come, ms. */
const headMsMax = 1500;
const usualHeadMs = 250;
const usualGapMs = 25;
const streamHeadMs = 120;

/** A provider at one place: settles what becomes of each request, by the weather and by chance. */
export class FakeProvider {
  readonly place: Place;
  /** Requests it is busy with. */
  busy = 0;
  readonly #spells: readonly Spell[];
  readonly #clock: Clock;
  readonly #chance: Chance;
  /** First answer after the last spell, and the end of that spell. */
  #provenMs = 0;
  #provenSinceSpellMs = -1;
  /** By key: until when callers were told to wait, with the time by which they may be late. */
  readonly #toldUntilMs: number[];
  /** By key: requests of the window that runs, and when it began. */
  readonly #windows: { count: number; sinceMs: number }[];

  constructor(place: Place, spells: readonly Spell[], clock: Clock, seed: number, number: number) {
    this.place = place;
    this.#spells = spells;
    this.#clock = clock;
    this.#chance = new Chance(seed, 7, number);
    this.#toldUntilMs = place.keys.map(() => 0);
    this.#windows = place.keys.map(() => ({ count: 0, sinceMs: 0 }));
  }

  /** Until when callers with a key were told to wait, by a refusal or by what remains of a limit. */
  toldUntilMs(keyIndex: number): number {
    return this.#toldUntilMs[keyIndex] ?? 0;
  }

  #tell(keyIndex: number, fromMs: number, waitMs: number): void {
    const untilMs = fromMs + waitMs * lateFactor;
    this.#toldUntilMs[keyIndex] = Math.max(this.toldUntilMs(keyIndex), untilMs);
  }

  /** A request has failed here: what was proven is not any more. */
  failed(): void {
    this.#provenSinceSpellMs = -1;
  }

  /** An answer has come whole. */
  answered(): void {
    const wellSinceMs = this.#wellSinceMs();
    if (wellSinceMs === this.#provenSinceSpellMs || wellSinceMs > this.#clock.now()) return;
    this.#provenSinceSpellMs = wellSinceMs;
    this.#provenMs = this.#clock.now();
  }

  /** How long ago it has answered, with nothing wrong since. 0: it has not. */
  provenForMs(): number {
    const isProven = this.#wellSinceMs() === this.#provenSinceSpellMs;
    return isProven ? this.#clock.now() - this.#provenMs : 0;
  }

  /** End of the last spell that has begun. */
  #wellSinceMs(): number {
    const nowMs = this.#clock.now();
    const begun = this.#spells.filter(
      (spell) => spell.fromMs <= nowMs && isAbout(spell, this.place),
    );
    return Math.max(0, ...begun.map(({ toMs }) => toMs));
  }

  /** What becomes of a request that arrives now. */
  answer(question: Question): Script {
    const script = this.#settle(question);
    const { waitMs, headMs } = script;
    if (waitMs !== undefined) this.#tell(question.keyIndex, this.#clock.now() + headMs, waitMs);
    return script;
  }

  #settle(question: Question): Script {
    const conditions = conditionsAt(this.#spells, this.place, this.#clock.now());
    const sound = this.#sound(question, conditions);
    const { down, spentKeys, quotaKeys, revokedKeys, faults: likelihoods } = conditions;
    if (down !== undefined) return this.#isDown(down, question, conditions, sound);
    if (question.ownKey !== undefined) return this.#ownKey(question, conditions, sound);
    if (revokedKeys.includes(question.keyIndex)) return this.#status("401", conditions);
    if (spentKeys.includes(question.keyIndex)) return this.#status("spent", conditions);
    if (quotaKeys.includes(question.keyIndex)) return this.#status("daily quota", conditions);
    if (this.busy > conditions.requestsAtOnce) return this.#status("529", conditions);
    const limited = this.#overLimit(question.keyIndex, conditions);
    if (limited !== undefined) return limited;
    const fault = this.#chosenFault(likelihoods);
    return fault === undefined ? sound : this.#fault(fault, question, conditions, sound);
  }

  /** A caller's own key has an account of its own: no limits, and no weather but faults. */
  #ownKey(question: Question, conditions: Conditions, sound: Script): Script {
    const fault = question.ownKey === "bad" ? "401" : this.#chosenFault(conditions.faults);
    const script = fault === undefined ? sound : this.#fault(fault, question, conditions, sound);
    if (script.reason !== "PROVIDER_CREDENTIAL_INVALID") return script;
    return { ...script, reason: "CALLER_PROVIDER_KEY_REJECTED" };
  }

  #isDown(
    down: NonNullable<Conditions["down"]>,
    question: Question,
    conditions: Conditions,
    sound: Script,
  ): Script {
    switch (down) {
      case "refuses":
        return this.#fault("refused", question, conditions, sound);
      case "resets":
        return this.#fault("reset before head", question, conditions, sound);
      case "silent":
        return this.#fault("connect timeout", question, conditions, sound);
      default:
        return this.#status(down, { ...conditions, hint: "none" });
    }
  }

  #chosenFault(likelihoods: Conditions["faults"]): FaultName | undefined {
    let left = this.#chance.next();
    for (const [name, likelihood] of Object.entries(likelihoods)) {
      left -= likelihood;
      if (left < 0) return name as FaultName;
    }
    return undefined;
  }

  #fault(name: FaultName, question: Question, conditions: Conditions, sound: Script): Script {
    if (isStatusName(name)) return this.#status(name, conditions);
    const answer = this.#words(question, name !== "no usage");
    const input: FaultInput = {
      wire: this.place.wire,
      answer,
      isStream: question.isStream,
      headMs: sound.headMs,
      gapMs: usualGapMs * conditions.slowness,
      chance: this.#chance,
      sound:
        name === "no usage" ? { ...sound, ...this.#told(answer, question, conditions) } : sound,
    };
    return faults[name](input);
  }

  #status(
    name: Parameters<typeof failureScript>[0],
    conditions: Conditions,
    waitMs?: number,
  ): Script {
    return failureScript(name, {
      wire: this.place.wire,
      hint: conditions.hint,
      headMs: exactMs(this.#chance.spanMs(30 * conditions.slowness)),
      nowMs: this.#clock.now(),
      wallTimeMs: this.#clock.wallTimeMs(),
      chance: this.#chance,
      ...(waitMs !== undefined && { waitMs }),
    });
  }

  /** The refusal of a request that is over the key's limit. Counts the request. */
  #overLimit(keyIndex: number, conditions: Conditions): Script | undefined {
    const { requestsPerSecond } = conditions;
    const window = this.#windows[keyIndex];
    if (requestsPerSecond === Number.POSITIVE_INFINITY || window === undefined) return undefined;
    const nowMs = this.#clock.now();
    if (nowMs >= window.sinceMs + windowMs) {
      window.sinceMs = nowMs;
      window.count = 0;
    }
    window.count += 1;
    if (window.count <= requestsPerSecond) return undefined;
    return this.#status("429", conditions, window.sinceMs + windowMs - nowMs);
  }

  #sound(question: Question, conditions: Conditions): Script {
    const { slowness } = conditions;
    const headMs = this.#chance.spanMs((question.isStream ? streamHeadMs : usualHeadMs) * slowness);
    return {
      name: "answer",
      accepts: "yes",
      headMs: exactMs(headMs),
      status: 200,
      end: "well",
      ...this.#told(this.#words(question, true), question, conditions),
    };
  }

  #told(answer: Answer, { isStream, keyIndex }: Question, conditions: Conditions) {
    const { wire } = this.place;
    const type = isStream ? wire.streamType : "application/json";
    return {
      headers: { "content-type": type, ...this.#remaining(keyIndex, conditions) },
      text: textOf(answer),
      outputTokens: answer.tellsUsage ? tokensOf(answer).output : undefined,
      steps: isStream
        ? soundSteps(wire, answer, usualGapMs * conditions.slowness, this.#chance)
        : bodyStep(wire.whole(answer), answer),
    };
  }

  #remaining(
    keyIndex: number,
    { requestsPerSecond }: Conditions,
  ): Readonly<Record<string, string>> {
    const window = this.#windows[keyIndex];
    const { limitHeaders } = this.place.wire;
    if (limitHeaders === undefined || window === undefined) return {};
    if (requestsPerSecond === Number.POSITIVE_INFINITY) return {};
    const { remaining, reset } = limitHeaders;
    const nowMs = this.#clock.now();
    const runs = nowMs < window.sinceMs + windowMs;
    // The request that this is the answer to is counted after it.
    const left = requestsPerSecond - (runs ? window.count : 0) - 1;
    const resetMs = runs ? Math.ceil(window.sinceMs + windowMs - nowMs) : windowMs;
    // It is heard when the head comes, which is a while later.
    this.#tell(keyIndex, nowMs + headMsMax, resetMs);
    return {
      [remaining]: String(Math.max(0, left)),
      [reset]: this.place.wire.resetValue(resetMs, this.#clock.wallTimeMs()),
    };
  }

  /** Words that no other attempt says: number of the attempt, then number of the word. */
  #words({ serial, model }: Question, tellsUsage: boolean): Answer {
    const count = 3 + (serial % 7);
    const words = Array.from({ length: count }, (_, index) => `${serial}.${index}é `);
    return { id: `answer-${serial}`, model, words, tellsUsage };
  }
}
