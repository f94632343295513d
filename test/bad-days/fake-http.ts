import type { Clock } from "../../src/contract/clock.ts";
import type { HttpRequest, HttpResponse, ProviderHttp } from "../../src/http/http-client.ts";
import type { CallerPlan } from "./caller-plan.ts";
import { isAbout, isInside, type Spell } from "./conditions.ts";
import { FakeExchange } from "./exchange.ts";
import type { AttemptFacts, CallFacts } from "./facts.ts";
import { note } from "./facts.ts";
import { FakeProvider } from "./fake-provider.ts";
import { hostOf, type Place } from "./place.ts";

/** Header by which a call is known at the provider. */
export const callHeader = "x-call";

/** What stands in for HTTP: every provider of a world, and what went on there. */
export class FakeHttp implements ProviderHttp {
  readonly #providers: ReadonlyMap<string, FakeProvider>;
  readonly #clock: Clock;
  readonly #callOf: (index: number) => CallFacts | undefined;
  readonly #open = new Set<FakeExchange>();
  #serial = 0;
  #strays = 0;
  readonly #countsCrowds: boolean;
  #atOnceMax = 0;

  /**
   * `callOf` gives the facts of a call that is under way; `countsCrowds`: whether to count the
   * requests at once, which takes its time.
   */
  constructor(
    places: readonly Place[],
    spells: readonly Spell[],
    clock: Clock,
    seed: number,
    callOf: (index: number) => CallFacts | undefined,
    countsCrowds = false,
  ) {
    this.#countsCrowds = countsCrowds;
    const providers = places.map((place, n) => new FakeProvider(place, spells, clock, seed, n));
    this.#providers = new Map(providers.map((provider) => [hostOf(provider.place), provider]));
    this.#clock = clock;
    this.#callOf = callOf;
    for (const spell of spells) {
      if (spell.down !== undefined) clock.schedule(spell.fromMs, () => this.#strike(spell));
    }
  }

  /** Attempts that were made so far. */
  get attempts(): number {
    return this.#serial;
  }

  /** Requests that belong to no call under way. */
  get strays(): number {
    return this.#strays;
  }

  /** Most requests that were under way at one place at once. */
  get atOnceMax(): number {
    return this.#atOnceMax;
  }

  /** Exchanges that are open now. */
  get openExchanges(): number {
    return this.#open.size;
  }

  /** How long ago one of the places that a call may go to has answered, with nothing wrong since. */
  provenForMs({ model, fallbackModels, allowed }: CallerPlan): number {
    const names = [model, ...fallbackModels];
    let provenForMs = 0;
    for (const provider of this.#providers.values()) {
      const { models, region } = provider.place;
      if (!names.some((name) => models[name] !== undefined)) continue;
      if (isInside(region, allowed)) provenForMs = Math.max(provenForMs, provider.provenForMs());
    }
    return provenForMs;
  }

  /** In how many ways a call may be sent: places, models and keys. */
  choicesOf({ model, fallbackModels, allowed, ownKey }: CallerPlan): number {
    let choices = 0;
    for (const { place } of this.#providers.values()) {
      if (!isInside(place.region, allowed)) continue;
      const served = [model, ...fallbackModels].filter((name) => place.models[name] !== undefined);
      choices += served.length * (ownKey === undefined ? place.keys.length : 1);
    }
    return choices;
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    request.signal.throwIfAborted();
    const provider = this.#providers.get(new URL(request.url).host);
    const call = this.#callOf(Number(request.headers[callHeader]));
    if (provider === undefined || call === undefined) {
      this.#strays += 1;
      throw new Error("a request to nowhere");
    }
    const facts = this.#begin(provider, request);
    call.attempts.push(facts);
    const { script, place, keyIndex } = facts;
    note(call, facts.startMs, `attempt ${facts.serial} ${place.name}#${keyIndex}: ${script.name}`);
    provider.busy += 1;
    this.#noteCrowd(place);
    const exchange = new FakeExchange(request, facts, this.#clock, (closed) => {
      provider.busy -= 1;
      if (facts.logicalMs !== undefined) provider.answered();
      else if (facts.closedBy !== "product") provider.failed();
      this.#open.delete(closed);
      const { closedMs = 0, closedBy, told } = facts;
      note(call, closedMs, `attempt ${facts.serial} closed by ${closedBy}, told ${told}`);
    });
    this.#open.add(exchange);
    return await exchange.answer;
  }

  /** Counts requests at a place whose answer is not whole: what comes after it takes no place. */
  #noteCrowd(place: Place): void {
    if (!this.#countsCrowds) return;
    let count = 1;
    for (const { facts } of this.#open) {
      if (facts.place === place && facts.logicalMs === undefined) count += 1;
    }
    this.#atOnceMax = Math.max(this.#atOnceMax, count);
  }

  #begin(provider: FakeProvider, request: HttpRequest): AttemptFacts {
    const { place } = provider;
    this.#serial += 1;
    const serial = this.#serial;
    const { model, isStream, key } = readRequest(request);
    const known = place.keys.indexOf(key);
    const ownKey = known >= 0 ? undefined : key.includes("good") ? "good" : "bad";
    const keyIndex = Math.max(0, known);
    const toldUntilMs = provider.toldUntilMs(keyIndex);
    const script = provider.answer({ serial, keyIndex, ownKey, isStream, model });
    return {
      serial,
      place,
      keyIndex,
      ownKey,
      toldUntilMs,
      model,
      isStream,
      startMs: this.#clock.now(),
      script,
      headMs: undefined,
      firstWordMs: undefined,
      logicalMs: undefined,
      wholeMs: undefined,
      told: 0,
      isPlayed: false,
      closedMs: undefined,
      closedBy: undefined,
    };
  }

  /** A place goes down: what is under way there is cut, or falls silent. */
  #strike(spell: Spell): void {
    if (spell.down === "503" || spell.down === "500") return;
    const how = spell.down === "silent" ? "silence" : "cut";
    for (const exchange of [...this.#open]) {
      if (isAbout(spell, exchange.facts.place)) exchange.die(how);
    }
  }
}

/** What a provider reads in a request, wherever its wire has it: body, path or headers. */
function readRequest({ url, body, headers }: HttpRequest) {
  const told = JSON.parse(body) as { readonly model?: string; readonly stream?: boolean };
  const [, inPath, method] = /models\/([^:]+):(\w+)/.exec(url) ?? [];
  return {
    model: told.model ?? inPath ?? "",
    isStream: told.stream ?? method === "streamGenerateContent",
    key: headers["x-api-key"] ?? headers["x-goog-api-key"] ?? headers.authorization?.slice(7) ?? "",
  };
}
