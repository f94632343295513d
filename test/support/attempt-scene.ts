import { getEventListeners } from "node:events";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  CallRequestSchema,
  StreamCallRequestSchema,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import {
  type LLMRequestSchema,
  type LLMResponse,
  Role,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { CallOptionsSchema } from "../../gen/ts/nexen/connectors/v1/options_pb.ts";
import type {
  StreamCallResponse,
  StreamOptionsSchema,
} from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { type Connectors, createConnectors } from "../../src/connectors.ts";
import type { ProviderModels } from "../../src/contract/adapter.ts";
import { callDefaults } from "../../src/contract/call-defaults.ts";
import type { CallContext } from "../../src/contract/connector-api.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { defaultLimits, type Limits } from "../../src/contract/limits.ts";
import { Secret } from "../../src/contract/secret.ts";
import type { RouteRule, Target } from "../../src/contract/target.ts";
import { adapters } from "../../src/providers/index.ts";
import { defaultResilience, type ResilienceSettings } from "../../src/resilience/settings.ts";
import { fakeTarget } from "./fake-adapter.ts";
import { type Answer, FakeProviders, type Sent } from "./fake-providers.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** What a scene is made of besides the answers of its targets. */
export interface SceneSettings {
  /** Targets by name, with what is not usual about them; default: each name of the scripts. */
  readonly targets?: Readonly<Record<string, Partial<Target>>>;
  /** Names of models to names of targets. Default: every model to all targets, in order. */
  readonly routes?: Readonly<Record<string, readonly string[]>>;
  readonly limits?: Partial<Limits>;
  readonly resilience?: Partial<ResilienceSettings>;
  readonly models?: readonly ProviderModels[];
}

type Options = MessageInitShape<typeof CallOptionsSchema>;

/** A call: its options, and what its context says. */
export interface CallSettings extends Omit<Partial<CallContext>, "signal"> {
  readonly options?: Options;
  readonly request?: MessageInitShape<typeof LLMRequestSchema>;
  readonly stream?: MessageInitShape<typeof StreamOptionsSchema>;
  /** Instant at which the caller leaves, and why; default: never. */
  readonly cancelMs?: number;
  readonly cancelReason?: ConnectorError;
}

/** How a call ended. */
export interface Outcome {
  readonly response: LLMResponse | undefined;
  readonly error: ConnectorError | undefined;
  /** Of a stream, in order. */
  readonly events: readonly StreamCallResponse["event"][];
  readonly endMs: number;
}

/** Connectors in virtual time over providers that answer by script. */
export class AttemptScene {
  readonly clock: VirtualClock = new VirtualClock();
  readonly providers: FakeProviders;
  readonly connectors: Connectors;
  /** What every draw of chance gives. */
  chance = 0.5;

  constructor(scripts: Readonly<Record<string, readonly Answer[]>>, settings: SceneSettings = {}) {
    this.providers = new FakeProviders(this.clock, scripts);
    const names = Object.keys(scripts);
    const { routes = { ".*": names }, targets = {} } = settings;
    this.connectors = createConnectors({
      targets: names.map((name) => chatTarget(name, targets[name])),
      routes: Object.entries(routes).map(
        ([model, to]): RouteRule => ({ id: `route ${model}`, model, targets: to }),
      ),
      clock: this.clock,
      random: () => this.chance,
      http: this.providers,
      defaults: callDefaults,
      limits: { ...defaultLimits, ...settings.limits },
      resilience: { ...defaultResilience, ...settings.resilience },
      models: settings.models ?? [],
    });
  }

  /** Requests that were sent so far. */
  get sent(): readonly Sent[] {
    return this.providers.sent;
  }

  /** Where requests went, in order. */
  get places(): readonly string[] {
    return this.sent.map(({ at }) => at);
  }

  /** When requests left, ms. */
  get starts(): readonly number[] {
    return this.sent.map(({ startMs }) => startMs);
  }

  /** A unary call, to its end. */
  async call(settings: CallSettings = {}): Promise<Outcome> {
    const [outcome] = await this.calls([settings]);
    if (outcome === undefined) throw new Error("no outcome");
    return outcome;
  }

  /** Unary calls that begin together, until the last one has ended. */
  async calls(all: readonly CallSettings[]): Promise<readonly Outcome[]> {
    return await this.#ended(all.map((settings) => this.#call(settings)));
  }

  /** A unary call beside another that is under way, whose end brings it to its own. */
  beside(settings: CallSettings = {}): Promise<Outcome> {
    return this.#call(settings);
  }

  /** A stream, to its end. */
  async stream(settings: CallSettings = {}): Promise<Outcome> {
    const [outcome] = await this.#ended([this.#stream(settings)]);
    if (outcome === undefined) throw new Error("no outcome");
    return outcome;
  }

  /** Calls and a look at what they leave behind: nothing may be left in flight. */
  async #ended(running: readonly Promise<Outcome>[]): Promise<readonly Outcome[]> {
    const all = Promise.all(running);
    await this.clock.run();
    const hung = Symbol("a call hangs");
    const outcomes = await Promise.race([all, Promise.resolve(hung)]);
    if (outcomes === hung) throw new Error("a call has not ended, and nothing is left to wait for");
    if (this.providers.open > 0) throw new Error(`${this.providers.open} exchanges are open`);
    if (this.clock.pendingTimers > 0) throw new Error("timers are left");
    for (const { at } of this.sent) {
      const { inFlight, waiting } = this.connectors.states.limiter(at);
      if (inFlight + waiting > 0) throw new Error(`${at}: ${inFlight} in flight, ${waiting} wait`);
    }
    return outcomes as readonly Outcome[];
  }

  async #call(settings: CallSettings): Promise<Outcome> {
    return await this.#within(settings, async (context) => {
      const request = create(CallRequestSchema, bodyOf(settings));
      const { response } = await this.connectors.api.call(request, context);
      return response;
    });
  }

  async #stream(settings: CallSettings): Promise<Outcome> {
    const events: StreamCallResponse["event"][] = [];
    const outcome = await this.#within(settings, async (context) => {
      const { stream } = settings;
      const request = create(StreamCallRequestSchema, {
        ...bodyOf(settings),
        ...(stream && { streamOptions: stream }),
      });
      for await (const { event } of this.connectors.api.streamCall(request, context)) {
        events.push(event);
      }
      const last = events.at(-1);
      return last?.case === "finished" ? last.value.response : undefined;
    });
    return { ...outcome, events };
  }

  async #within(
    { cancelMs, cancelReason = cancelled, deadlineMs, caller = "", ...rest }: CallSettings,
    run: (context: CallContext) => Promise<LLMResponse | undefined>,
  ): Promise<Outcome> {
    const left = new AbortController();
    const receivedMs = this.clock.now();
    const timer =
      cancelMs === undefined
        ? undefined
        : this.clock.schedule(cancelMs - receivedMs, () => left.abort(cancelReason));
    const { previousAttempts = 0 } = rest;
    const context = { signal: left.signal, receivedMs, deadlineMs, caller, previousAttempts };
    const ended = await endOf(run(context));
    timer?.clear();
    const listeners = getEventListeners(left.signal, "abort").length;
    if (listeners > 0) throw new Error(`${listeners} listeners are left on the caller's signal`);
    return { ...ended, events: [], endMs: this.clock.now() };
  }
}

async function endOf(
  running: Promise<LLMResponse | undefined>,
): Promise<Pick<Outcome, "response" | "error">> {
  try {
    return { response: await running, error: undefined };
  } catch (thrown) {
    if (thrown instanceof ConnectorError) return { response: undefined, error: thrown };
    throw thrown;
  }
}

const cancelled: ConnectorError = new ConnectorError("CALLER_CANCELLED", "the caller has left");

/** A target of Chat Completions at a host that has its name. */
export function chatTarget(name: string, fields: Partial<Target> = {}): Target {
  const adapter = adapters.find((each) => each.name === "openai");
  const dialect = adapter?.dialects.chat;
  if (adapter === undefined || dialect === undefined) throw new Error("no wire");
  return fakeTarget(adapter, {
    name,
    dialect,
    baseURL: `https://${name}.example`,
    apiKey: new Secret(`sk-key-of-${name}`),
    ...fields,
  });
}

function bodyOf({ options = {}, request = {} }: CallSettings) {
  return {
    request: {
      model: "gpt-4.1",
      contents: [{ role: Role.USER, message: "Hello" }],
      ...request,
    } as MessageInitShape<typeof LLMRequestSchema>,
    options,
  };
}
