import { createHash } from "node:crypto";
import { type ConnectorsOptions, createConnectors } from "../../src/connectors.ts";
import type { ConnectorApi } from "../../src/contract/connector-api.ts";
import { defaultLimits } from "../../src/contract/limits.ts";
import type { ProviderHttp } from "../../src/http/http-client.ts";
import { makeCall, newFacts } from "./caller.ts";
import { type Habits, plainHabits, planCaller } from "./caller-plan.ts";
import { Chance } from "./chance.ts";
import type { Spell } from "./conditions.ts";
import type { CallFacts } from "./facts.ts";
import { callHeader, FakeHttp } from "./fake-http.ts";
import { reactionMs } from "./invariant.ts";
import { Judge } from "./judge.ts";
import { placeOf, targetOf } from "./place.ts";
import type { Figures, Scenario } from "./scenario.ts";
import { Tally } from "./tally.ts";
import { VirtualTime } from "./virtual-time.ts";

/** Which day is simulated. */
export interface DaySettings {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Calls of the day; those that prove at its end that nothing is left come on top. */
  readonly calls: number;
  /** What is judged. Default: the product. */
  readonly connect?: (options: ConnectorsOptions) => ConnectorApi;
  /** Stands between the product and the providers. Default: nothing does. */
  readonly wrapHttp?: (http: ProviderHttp) => ProviderHttp;
  /** Measures the heap, bytes; then the day must leave it as it was. Default: it is not measured. */
  readonly heapBytes?: () => number;
  /** Told now and then how many calls are over. */
  readonly onProgress?: (calls: number) => void;
}

/** What a day was like. */
export interface Day {
  readonly judge: Judge;
  /** How often calls ended in each way, most often first. */
  readonly ends: readonly (readonly [string, number])[];
  /** Hash of the history of every call, in the order in which they ended. */
  readonly digest: string;
  readonly figures: Figures;
  /** Attempts of the day's calls. */
  readonly attempts: number;
  readonly timers: number;
  /** By how much the heap has grown. Unset: it was not measured. */
  readonly heapGrowthBytes: number | undefined;
  readonly virtualMs: number;
}

/** Calls that are made when the day is over and everything has healed. */
const aftermathCalls = 60;
/** Calls before them, at a quarter of the rate. */
const gentleCalls = 100;
/** Time in which everything must have healed: keys are set aside for minutes. */
const healingMs = 900_000;
const judgedAfterMs = reactionMs + 10;
/** Time that a connection may be read on after its answer, and a bit, ms. */
const drainMsMax = 1100;
const progressEvery = 2000;
/** What is known of targets and keys, and what the engine keeps of itself. */
const heapGrowthBytesMax = 5 * 2 ** 20;

/** Simulates a day: the same settings give the same history, to the last event. */
export async function simulateDay(settings: DaySettings): Promise<Day> {
  return await new Simulation(settings).run();
}

class Simulation {
  readonly #settings: DaySettings;
  readonly #clock: VirtualTime = new VirtualTime();
  readonly #judge: Judge = new Judge();
  readonly #tally: Tally = new Tally();
  readonly #digest = createHash("sha256");
  readonly #underWay = new Map<number, CallFacts>();
  #over = 0;
  /** When the last call was judged, ms. */
  #judgedMs = 0;
  #lastSpellMs = 0;
  #http: FakeHttp | undefined;

  constructor(settings: DaySettings) {
    this.#settings = settings;
  }

  async run(): Promise<Day> {
    const { scenario, seed, calls, wrapHttp = (http) => http, heapBytes } = this.#settings;
    const startBytes = heapBytes?.();
    const durationMs = Math.round((calls / scenario.callsPerSecond) * 1000);
    const spells = scenario.spells(durationMs, new Chance(seed, 2));
    const { places, routes } = layOut(scenario);
    const callOf = (index: number): CallFacts | undefined => this.#underWay.get(index);
    const isCrowded = scenario.limits?.targetCalls !== undefined;
    const http = new FakeHttp(places, spells, this.#clock, seed, callOf, isCrowded);
    this.#http = http;
    const connect = this.#settings.connect ?? product;
    const api = connect({
      targets: places.map(targetOf),
      routes,
      allowedHeaders: [callHeader],
      clock: this.#clock,
      http: wrapHttp(http),
      random: new Chance(seed, 3).next,
      limits: { ...defaultLimits, ...scenario.limits },
    });
    this.#lastSpellMs = Math.max(0, ...spells.map(({ toMs }) => toMs));
    const watch = new RejectionWatch();
    await this.#callAll(api, 0, calls, scenario.habits, scenario.callsPerSecond);
    this.#judgeRest(http);
    const day = this.#tally.calls.length;
    const { attempts } = http;
    const missing = day === calls ? undefined : `${day} of ${calls} calls were`;
    this.#judge.world("every call is judged", missing);
    await this.#aftermath(api, calls);
    this.#judgeRest(http);
    this.#judge.world("no rejection is unhandled", watch.stop());
    const ends = this.#tally.ends(day);
    const figures = this.#figures(spells, durationMs, day);
    const heapGrowthBytes = startBytes === undefined ? undefined : this.#heapGrowth(startBytes);
    return {
      judge: this.#judge,
      ends,
      figures,
      digest: this.#digest.digest("hex").slice(0, 32),
      attempts,
      timers: this.#clock.firedTimers,
      heapGrowthBytes,
      virtualMs: this.#clock.now(),
    };
  }

  #figures(spells: readonly Spell[], durationMs: number, calls: number): Figures {
    const { scenario } = this.#settings;
    this.#tally.calls.length = calls;
    const world = {
      tally: this.#tally,
      spells,
      callsPerSecond: scenario.callsPerSecond,
      durationMs,
    };
    return scenario.judge?.(world, this.#judge) ?? {};
  }

  /** Measures while the product is still there: what it holds must not grow with the calls. */
  #heapGrowth(startBytes: number): number {
    this.#tally.calls.length = 0;
    this.#tally.attempts.length = 0;
    const growth = (this.#settings.heapBytes?.() ?? startBytes) - startBytes;
    const told = `the heap grew by ${(growth / 2 ** 20).toFixed(1)} MiB`;
    this.#judge.world("memory is flat", growth > heapGrowthBytesMax ? told : undefined);
    return growth;
  }

  /** Makes calls at chance instants, and waits until all is quiet. */
  async #callAll(
    api: ConnectorApi,
    first: number,
    count: number,
    habits: Habits,
    callsPerSecond: number,
  ): Promise<void> {
    const arrivals = new Chance(this.#settings.seed, 4, first);
    const meanMs = 1000 / callsPerSecond;
    const next = (index: number): void => {
      if (index === first + count) return;
      this.#clock.schedule(arrivals.gapMs(meanMs), () => {
        void this.#call(api, index, habits);
        next(index + 1);
      });
    };
    next(first);
    await this.#clock.run();
  }

  async #call(api: ConnectorApi, index: number, habits: Habits): Promise<void> {
    const plan = planCaller(this.#settings.seed, index, habits);
    const facts = newFacts(plan, this.#clock.now());
    facts.mayQueue = this.#settings.scenario.limits?.targetCalls !== undefined;
    facts.choices = this.#http?.choicesOf(plan) ?? 0;
    facts.provenForMs = this.#http?.provenForMs(plan) ?? 0;
    this.#underWay.set(index, facts);
    await makeCall(facts, api, this.#clock);
    this.#clock.schedule(judgedAfterMs, () => this.#finish(facts));
  }

  #finish(facts: CallFacts): void {
    this.#underWay.delete(facts.index);
    this.#judge.call(facts);
    this.#tally.add(facts);
    this.#digest.update(`${facts.index}\n${facts.history.join("\n")}\n`);
    this.#judgedMs = this.#clock.now();
    this.#over += 1;
    if (this.#over % progressEvery === 0) this.#settings.onProgress?.(this.#over);
  }

  /**
   * Whether every place, key and queue is free again: all is well, so every call must be, but for
   * the first ones, since a target that was ill is given few calls at first.
   */
  async #aftermath(api: ConnectorApi, first: number): Promise<void> {
    this.#clock.schedule(healingMs, () => undefined);
    await this.#clock.run();
    const { scenario } = this.#settings;
    const { calmCallsPerSecond: callsPerSecond = scenario.callsPerSecond } = scenario;
    const habits = { ...plainHabits, ...fenceOf(scenario) };
    await this.#callAll(api, first, gentleCalls, habits, callsPerSecond / 4);
    const before = this.#tally.calls.length;
    await this.#callAll(api, first + gentleCalls, aftermathCalls, habits, callsPerSecond);
    const failed = this.#tally.calls.slice(before).filter(({ end }) => end !== "OK");
    const told = `${failed.length} of ${aftermathCalls} calls failed, such as ${failed[0]?.end}`;
    this.#judge.world("all is well when all has healed", failed.length > 0 ? told : undefined);
  }

  #judgeRest(http: FakeHttp): void {
    for (const facts of this.#underWay.values()) this.#finish(facts);
    const lateMs = this.#clock.now() - Math.max(this.#judgedMs + drainMsMax, this.#lastSpellMs);
    const timer = lateMs > 0 ? `a timer fired ${lateMs} ms after all was over` : undefined;
    this.#judge.world("no timer is left", timer);
    const { openExchanges, strays } = http;
    const open = openExchanges > 0 ? `${openExchanges} requests are open` : undefined;
    this.#judge.world("no request is left open", open);
    const stray = strays > 0 ? `${strays} requests of calls that were over` : undefined;
    this.#judge.world("no request of a call that is over", stray);
    const { targetCalls = http.atOnceMax } = this.#settings.scenario.limits ?? {};
    const crowd = http.atOnceMax > targetCalls ? `${http.atOnceMax} at once` : undefined;
    this.#judge.world("no more requests at once than a target may have", crowd);
  }
}

/** Sees promises that are rejected and that nobody looks after. */
class RejectionWatch {
  #first: string | undefined;
  readonly #onRejection = (reason: unknown): void => {
    this.#first ??= String(reason);
  };

  constructor() {
    process.on("unhandledRejection", this.#onRejection);
  }

  /** Stops watching, and gives what was seen first. */
  stop(): string | undefined {
    process.off("unhandledRejection", this.#onRejection);
    return this.#first;
  }
}

function product(options: ConnectorsOptions): ConnectorApi {
  return createConnectors(options).api;
}

function layOut({ models }: Scenario) {
  const lines = [...new Set(Object.values(models).flat())];
  const places = lines.map((line) => {
    const served = Object.keys(models).filter((model) => models[model]?.includes(line));
    return { line, place: placeOf(line, served) };
  });
  const routes = Object.entries(models).map(([model, at]) => ({
    id: model,
    model,
    targets: at.flatMap((line) =>
      places.filter((each) => each.line === line).map(({ place }) => place.name),
    ),
  }));
  return { places: places.map(({ place }) => place), routes };
}

/** A fence that a scenario puts around every call holds for the last ones too. */
function fenceOf({ habits }: Scenario): Partial<Habits> {
  const { fences, fenceChoices } = habits;
  return fences === 1 ? { fences, fenceChoices } : {};
}
