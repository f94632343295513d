import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type CallRequest,
  CallRequestSchema,
  type StreamCallRequest,
  StreamCallRequestSchema,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { type LLMResponse, Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { CallOptionsSchema } from "../../gen/ts/nexen/connectors/v1/options_pb.ts";
import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { type Connectors, createConnectors } from "../../src/connectors.ts";
import type { Adapter, CloudHost, DialectSet } from "../../src/contract/adapter.ts";
import { callDefaults } from "../../src/contract/call-defaults.ts";
import type { CallContext } from "../../src/contract/connector-api.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { defaultLimits, type Limits } from "../../src/contract/limits.ts";
import { Secret } from "../../src/contract/secret.ts";
import type { Target } from "../../src/contract/target.ts";
import { adapters } from "../../src/providers/index.ts";
import { defaultResilience } from "../../src/resilience/settings.ts";
import { TargetStates } from "../../src/resilience/target-states.ts";
import { simulatedTargets } from "../../src/server/target-list.ts";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";
import { fakeTarget } from "./fake-adapter.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** One target a wire that several adapters share, by name of the target. */
export const wires = ["anthropic", "openai-chat", "openai-responses"] as const;

/** Targets of the other wires, with the model that each is asked for. */
export const otherWires = {
  google: "gemini-2.5-flash",
  "google-vertex": "gemini-2.5-flash",
  mistral: "mistral-large-latest",
  "custom-ollama": "llama3.3:70b",
  "custom-cohere": "command-a-03-2025",
  "custom-bedrock-converse": "us.amazon.nova-pro-v1:0",
  "anthropic-bedrock": "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
  "anthropic-vertex": "claude-sonnet-4-5",
  "anthropic-azure": "claude-sonnet-4-5",
  "openai-azure": "gpt-4.1",
  "custom-openai-chat": "our-own-model",
} as const;

const modelOf: Readonly<Record<string, string>> = { anthropic: "claude-sonnet-4-5", ...otherWires };

/** Longer than anything about a target is remembered but its breaker's state, ms. */
const memoryMs = 3_600_000;

type Options = MessageInitShape<typeof CallOptionsSchema>;

/** What a stream gave before it ended, and what ended it. */
export interface Streamed {
  readonly events: readonly StreamCallResponse[];
  readonly error: ConnectorError | undefined;
}

/** Connectors in this process against simulated providers, in virtual time. */
export class SimulatedConnectors {
  readonly clock: VirtualClock = new VirtualClock();
  readonly connectors: Connectors;
  readonly simulator: Simulator;
  readonly #maxAttempts: number;
  #open = 0;

  private constructor(simulator: Simulator, limits: Partial<Limits>, maxAttempts: number) {
    this.simulator = simulator;
    this.#maxAttempts = maxAttempts;
    const targets = simulatedTargets(adapters.flatMap(targetsOf), simulator.baseURLs);
    const apiKey = new Secret("sk-simulated-key");
    this.connectors = createConnectors({
      targets: targets.map((target) => ({ ...target, apiKey, simulated: false })),
      clock: this.clock,
      defaults: { ...callDefaults, maxAttempts },
      ...(maxAttempts === 1 && { states: forgivingStates(this.clock) }),
      limits: { ...defaultLimits, ...limits },
    });
  }

  /**
   * @param limits Those that are not the usual ones.
   * @param maxAttempts Attempts a call; one unless told otherwise, since time stands still.
   */
  static async start(limits: Partial<Limits> = {}, maxAttempts = 1): Promise<SimulatedConnectors> {
    return new SimulatedConnectors(await startSimulator(), limits, maxAttempts);
  }

  async close(): Promise<void> {
    await this.connectors.close();
    await this.simulator.close();
  }

  /** A whole answer. `directive` asks the simulator for a fault. */
  async call(target: string, directive: string, options: Options = {}): Promise<LLMResponse> {
    const request = callRequest(target, directive, options);
    const { response } = await this.#alone(() => this.connectors.api.call(request, this.context()));
    if (response === undefined) throw new Error("no response");
    return response;
  }

  /** The error that a call ends with. */
  async failure(target: string, directive: string, options: Options = {}): Promise<ConnectorError> {
    return await errorOf(this.call(target, directive, options));
  }

  /** All events of a stream, and its error. */
  async stream(
    target: string,
    directive: string,
    options: Options = {},
    context?: CallContext,
  ): Promise<Streamed> {
    const request = streamRequest(target, directive, options);
    const events: StreamCallResponse[] = [];
    return await this.#alone(async () => {
      try {
        for await (const event of this.connectors.api.streamCall(
          request,
          context ?? this.context(),
        )) {
          events.push(event);
        }
      } catch (thrown) {
        if (thrown instanceof ConnectorError) return { events, error: thrown };
        throw thrown;
      }
      return { events, error: undefined };
    });
  }

  /** With one attempt a call, each call is for itself: what earlier ones showed is long past. */
  async #alone<T>(run: () => Promise<T>): Promise<T> {
    this.#open++;
    try {
      return await run();
    } finally {
      this.#open--;
      if (this.#maxAttempts === 1 && this.#open === 0) this.clock.advance(memoryMs);
    }
  }

  /** Context of a call that begins now and that nobody cancels, unless `signal` does. */
  context(signal: AbortSignal = new AbortController().signal): CallContext {
    return { signal, receivedMs: this.clock.now(), deadlineMs: undefined, caller: "" };
  }
}

/** States that never leave a target alone. */
function forgivingStates(clock: VirtualClock): TargetStates {
  const never = Number.POSITIVE_INFINITY;
  return new TargetStates(clock, () => 0.5, {
    ...defaultResilience,
    breakerFailures: never,
    breakerSilentFailures: never,
    throttleAllowance: never,
  });
}

/** A request for one target; `directive` stands in the prompt. */
export function callRequest(target: string, directive: string, options: Options): CallRequest {
  return create(CallRequestSchema, bodyOf(target, directive, options));
}

/** The same for a stream. */
export function streamRequest(
  target: string,
  directive: string,
  options: Options,
): StreamCallRequest {
  return create(StreamCallRequestSchema, bodyOf(target, directive, options));
}

/** The ConnectorError that a promise is rejected with. */
export async function errorOf(promise: Promise<unknown>): Promise<ConnectorError> {
  try {
    await promise;
  } catch (thrown) {
    if (thrown instanceof ConnectorError) return thrown;
    throw thrown;
  }
  throw new Error("it did not fail");
}

/** Text that the deltas of a stream carry. */
export function deltaText(events: readonly StreamCallResponse[]): string {
  return events.map(({ event }) => (event.case === "textDelta" ? event.value.text : "")).join("");
}

/** A target a wire, and one a cloud. */
function targetsOf(adapter: Adapter): Target[] {
  const wires = Object.entries(adapter.dialects);
  const direct = wires.map(([wire, dialect]) =>
    fakeTarget(adapter, {
      name: wires.length > 1 ? `${adapter.name}-${wire}` : adapter.name,
      dialect,
    }),
  );
  const hosts = Object.entries(adapter.hosts ?? {}) as [CloudHost, DialectSet][];
  const atClouds = hosts.flatMap(([host, { dialects, defaultDialect }]) => {
    const dialect = dialects[defaultDialect];
    const name = `${adapter.name}-${host}`;
    return dialect ? [fakeTarget(adapter, { name, dialect, host, region: "eu-west-1" })] : [];
  });
  return [...direct, ...atClouds];
}

function bodyOf(target: string, directive: string, options: Options) {
  const message = directive === "" ? "Hello" : `[[simulate: ${directive}]] Hello`;
  return {
    request: {
      model: modelOf[target] ?? "gpt-4.1",
      contents: [{ role: Role.USER, message }],
      maxOutputTokens: 4000,
    },
    options: { ...options, target } as MessageInitShape<typeof CallOptionsSchema>,
  };
}
