import { type MessageInitShape, toJson } from "@bufbuild/protobuf";
import { type Duration, durationFromMs } from "@bufbuild/protobuf/wkt";
import { type Client, ConnectError } from "@connectrpc/connect";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import type {
  CallRequestSchema,
  ConnectorService,
  StreamCallRequestSchema,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import {
  type LLMRequestSchema,
  type LLMResponse,
  LLMResponseSchema,
  Role,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { CallOptionsSchema } from "../../gen/ts/nexen/connectors/v1/options_pb.ts";
import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { ConnectorError } from "../../src/contract/connector-error.ts";
import {
  type SimulatedWire,
  type Simulator,
  startSimulator,
} from "../../src/simulator/simulator.ts";
import { type FaultWire, faultWires } from "../dispatch/wire-failures.ts";
import { type FaultPlan, FaultProxy } from "../support/fault-proxy.ts";
import { clientOver, completeError, type Wire, wires } from "../support/rpc-client.ts";
import { openServer, type StartedServer } from "../support/running-server.ts";

/** How a target of each wire is configured, and what it is asked for. */
interface TargetOfWire {
  readonly fields: string;
  readonly base: SimulatedWire;
  readonly model: string;
}

const claude = "claude-sonnet-4-5";
const vertex = "region: europe-west4, project: simulated-project";

/** A target of every wire, at a simulated provider. */
const targetOfWire: Readonly<Record<FaultWire, TargetOfWire>> = {
  anthropic: { fields: "adapter: anthropic", base: "anthropic", model: claude },
  "openai-chat": { fields: "adapter: openai, dialect: chat", base: "openai", model: "gpt-4.1" },
  "openai-responses": {
    fields: "adapter: openai, dialect: responses",
    base: "openai",
    model: "gpt-4.1",
  },
  google: { fields: "adapter: google", base: "google", model: "gemini-2.5-flash" },
  "google-vertex": {
    fields: `adapter: google, host: vertex, ${vertex}`,
    base: "vertex",
    model: "gemini-2.5-flash",
  },
  mistral: { fields: "adapter: mistral", base: "mistral", model: "mistral-large-latest" },
  "custom-ollama": {
    fields: "adapter: custom, dialect: ollama",
    base: "ollama",
    model: "llama3.3:70b",
  },
  "custom-cohere": {
    fields: "adapter: custom, dialect: cohere",
    base: "cohere",
    model: "command-a-03-2025",
  },
  "custom-bedrock-converse": {
    fields: "adapter: custom, dialect: bedrock-converse, host: bedrock, region: eu-west-1",
    base: "bedrock",
    model: "us.amazon.nova-pro-v1:0",
  },
  "anthropic-bedrock": {
    fields: "adapter: anthropic, host: bedrock, region: eu-west-1",
    base: "bedrock",
    model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
  },
  "anthropic-vertex": {
    fields: `adapter: anthropic, host: vertex, ${vertex}`,
    base: "vertex",
    model: claude,
  },
  "anthropic-azure": { fields: "adapter: anthropic, host: azure", base: "azure", model: claude },
  "openai-azure": { fields: "adapter: openai, host: azure", base: "azure", model: "gpt-4.1" },
  "custom-openai-chat": {
    fields: "adapter: custom, dialect: openai-chat",
    base: "compatible",
    model: "our-own-model",
  },
};

/** The three protocols, each as its clients usually speak it. */
export const protocols: readonly Wire[] = wires.filter(({ name }) =>
  ["gRPC", "gRPC-Web, HTTP/1.1", "Connect in JSON, HTTP/1.1"].includes(name),
);

/** One way to make a call: a protocol, and whether the answer is streamed. */
export interface Way {
  readonly name: string;
  readonly protocol: Wire;
  readonly streamed: boolean;
}

/** Every protocol, unary and streamed. */
const ways: readonly Way[] = protocols.flatMap((protocol) =>
  [false, true].map((streamed) => ({
    name: `${protocol.name}, ${streamed ? "streamed" : "unary"}`,
    protocol,
    streamed,
  })),
);

/**
 * The ways by which a wire is asked: all of them for one wire, and for each other one protocol,
 * unary and streamed, in turn. CONNECTORS_FAULTS=all in the environment: all ways for all wires.
 */
function waysOf(wire: FaultWire): readonly Way[] {
  const index = faultWires.indexOf(wire);
  if (index === 0 || process.env.CONNECTORS_FAULTS === "all") return ways;
  const protocol = protocols[index % protocols.length];
  return ways.filter((way) => way.protocol === protocol);
}

/** A place of a scene: a target behind a fault proxy, or at an address of its own. */
export interface Place {
  readonly wire: FaultWire;
  /** What its proxy does. Default: everything passes. */
  readonly plan?: FaultPlan;
  /** A directive for the simulated provider, whatever is asked. */
  readonly simulate?: string;
  /** Origin in place of the proxy's. */
  readonly origin?: string;
  /** More fields of the target. */
  readonly more?: string;
}

/** What a call came to. */
export interface Outcome {
  readonly response: LLMResponse | undefined;
  readonly events: readonly StreamCallResponse[];
  /** Text of the deltas, or of the whole answer. */
  readonly text: string;
  readonly error: ConnectorError | undefined;
  /** The same as the client received it. */
  readonly received: ConnectError | undefined;
  readonly tookMs: number;
}

/** A client of the service over some protocol. */
export type Service = Client<typeof ConnectorService>;

type CallOptions = MessageInitShape<typeof CallOptionsSchema>;
type Request = MessageInitShape<typeof LLMRequestSchema>;

/** What is asked besides the usual. */
export interface Question {
  /** A directive for the simulated provider of every place. */
  readonly directive?: string;
  readonly options?: CallOptions;
  readonly request?: Partial<Request>;
  /** Headers of the RPC. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A server with places that may misbehave; each way to call has targets of its own. */
export interface Scene {
  readonly server: StartedServer;
  /** The ways by which it may be asked. */
  readonly ways: readonly Way[];
  /** Calls by one way, at its own places. */
  ask(way: Way, question?: Question): Promise<Outcome>;
  /** Name of the model that leads to the places of a way. */
  model(way: Way): string;
  /** Requests that came to each place of a way. */
  requests(way: Way): readonly number[];
  /** The proxy of a place of a way. Throws if it has none. */
  proxy(way: Way, place: number): FaultProxy;
}

/** The simulated providers of a test file. */
export function simulatorOfFile(): () => Simulator {
  let simulator: Simulator | undefined;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  afterAll(() => simulator?.close());
  return () => {
    if (simulator === undefined) throw new Error("the simulator has not started");
    return simulator;
  };
}

/**
 * Starts a server for one test, with the same places for each way. Asked for `m-N`, the server
 * tries the places of the way N in their order. `more` are more sections of its file.
 */
export async function openScene(
  simulator: Simulator,
  places: readonly Place[],
  more = "",
): Promise<Scene> {
  const chosen = waysOf(places[0]?.wire ?? faultWires[0] ?? "anthropic");
  const lanes = await Promise.all(chosen.map((_, lane) => openLane(simulator, lane, places)));
  const routes = lanes.map(
    ({ model, names }) => `  - { id: ${model}, model: "${model}", targets: [${names.join(", ")}] }`,
  );
  const targets = lanes.flatMap(({ yaml }) => yaml);
  const yaml = ["targets:", ...targets, "routes:", ...routes, more, ""].join("\n");
  const server = await openServer({ yaml }, onTestFinished);
  const clients = new Map<Wire, Service>();
  const laneOf = (way: Way) => {
    const lane = lanes[chosen.indexOf(way)];
    if (lane === undefined) throw new Error(`no way of this scene: ${way.name}`);
    return lane;
  };
  return {
    server,
    ways: chosen,
    ask: (way, question = {}) => {
      const client = clients.get(way.protocol) ?? clientOver(way.protocol, server.url);
      clients.set(way.protocol, client);
      return ask(client, way.streamed, laneOf(way).model, question);
    },
    model: (way) => laneOf(way).model,
    requests: (way) => laneOf(way).proxies.map((proxy) => proxy?.requests.length ?? 0),
    proxy: (way, place) => {
      const proxy = laneOf(way).proxies[place];
      if (proxy === undefined) throw new Error(`place ${place} has no proxy`);
      return proxy;
    },
  };
}

interface Lane {
  readonly model: string;
  readonly names: readonly string[];
  readonly yaml: readonly string[];
  readonly proxies: readonly (FaultProxy | undefined)[];
}

async function openLane(
  simulator: Simulator,
  lane: number,
  places: readonly Place[],
): Promise<Lane> {
  const model = `m-${lane}`;
  const proxies = await Promise.all(
    places.map(async ({ plan = () => ({ kind: "pass" }), origin }) =>
      origin === undefined ? await FaultProxy.listen(simulator.url, plan) : undefined,
    ),
  );
  onTestFinished(async () => {
    await Promise.all(proxies.map((proxy) => proxy?.close()));
  });
  const names = places.map((_, index) => `p-${lane}-${index}`);
  const yaml = places.map((place, index) => {
    const { fields, base, model: sent } = targetOfWire[place.wire];
    const origin = place.origin ?? proxies[index]?.url ?? "";
    const headers = place.simulate === undefined ? "" : `x-simulate: "${quoted(place.simulate)}"`;
    const path = simulator.baseURLs[base].slice(simulator.url.length);
    return (
      `  - { name: ${names[index]}, ${fields}, api_key: sk-fault-${lane}-${index}, ` +
      `base_url: "${origin}${path}", egress: { allow_private: true }, ` +
      `models: { ${model}: "${sent}" }, headers: { ${headers} }, ${place.more ?? ""} }`
    );
  });
  return { model, names, yaml, proxies };
}

function quoted(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
}

type StreamInit = MessageInitShape<typeof StreamCallRequestSchema>;

/** The request of a question, as it is sent. */
function requestOf(
  model: string,
  { directive = "", options = {}, request = {} }: Question,
): MessageInitShape<typeof CallRequestSchema> {
  const message = directive === "" ? "Hello" : `[[simulate: ${directive}]] Hello`;
  const usual: Request = {
    model,
    contents: [{ role: Role.USER, message }],
    maxOutputTokens: 4000,
  };
  return { request: { ...usual, ...request } as Request, options };
}

/** Calls a server, and tells what it came to. */
async function ask(
  client: Service,
  streamed: boolean,
  model: string,
  question: Question,
): Promise<Outcome> {
  const request = requestOf(model, question);
  const { headers = {}, signal } = question;
  const options = { headers, ...(signal && { signal }) };
  const events: StreamCallResponse[] = [];
  let response: LLMResponse | undefined;
  let received: ConnectError | undefined;
  const startedAt = performance.now();
  try {
    if (streamed) {
      for await (const event of client.streamCall(request as StreamInit, options))
        events.push(event);
      const last = events.at(-1)?.event;
      if (last?.case === "finished") response = last.value.response;
    } else {
      response = (await client.call(request, options)).response;
    }
  } catch (thrown) {
    if (!(thrown instanceof ConnectError)) throw thrown;
    received = thrown;
  }
  const tookMs = performance.now() - startedAt;
  const deltas = events.map(({ event }) => (event.case === "textDelta" ? event.value.text : ""));
  const text = streamed ? deltas.join("") : (response?.content?.message ?? "");
  // A caller that leaves is told by its own client, which knows no details.
  const error = signal?.aborted ? undefined : received && completeError(received);
  return { response, events, text, error, received, tookMs };
}

/** One attempt: the fault itself, without what retries make of it. */
export const once: CallOptions = { retry: { maxAttempts: 1 } };

/** A request with these words. */
export function say(message: string): Partial<Request> {
  return { contents: [{ role: Role.USER, message }] };
}

/** A Duration of so many ms, for options. */
export const ms: (ms: number) => Duration = durationFromMs;

/** The error of an outcome. Fails if the call succeeded. */
export function errorOf({ error, response }: Outcome): ConnectorError {
  if (error !== undefined) return error;
  const json = response === undefined ? "nothing" : toJson(LLMResponseSchema, response);
  throw new Error(`the call did not fail, but gave ${JSON.stringify(json)}`);
}

/** The answer of an outcome. Fails with its error. */
export function responseOf({ error, response }: Outcome): LLMResponse {
  if (response !== undefined) return response;
  throw error ?? new Error("there is neither an answer nor an error");
}
