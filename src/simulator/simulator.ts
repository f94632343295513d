import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Clock, systemClock } from "../contract/clock.ts";
import { Journal, type SimulatedRequest } from "./journal.ts";
import { type Arrival, decideOutcome, type OutcomeContext } from "./outcome.ts";
import { providers } from "./providers.ts";
import { sendSteps } from "./sender.ts";
import { SimulatorState } from "./simulator-state.ts";
import type { Provider, Route } from "./wire.ts";

/** How a simulator is started. Everything is optional. */
export interface SimulatorOptions {
  /** The same seed, clock and requests give the same bytes. Default: 1. */
  readonly seed?: number;
  /** Address to listen on. Default: 127.0.0.1. */
  readonly host?: string;
  /** Port to listen on. Default: 0, a free one. */
  readonly port?: number;
  /** Time for dates, pauses and the life of prompt caches. Default: the machine's. */
  readonly clock?: Clock;
  /** Pauses of streams, ms. Default: none. */
  readonly pace?: { readonly firstDeltaMs?: number; readonly deltaMs?: number };
  /** Keys that are accepted; others get the provider's 401. Default: any that is not empty. */
  readonly keys?: readonly string[];
}

/** Wires by the provider or cloud that they are known from. */
export type SimulatedWire =
  | ("anthropic" | "openai" | "google" | "mistral" | "ollama" | "cohere")
  | ("azure" | "bedrock" | "vertex")
  | ("compatible" | "compatible-messages");

/** Fake providers on one real socket. */
export interface Simulator {
  /** Where it listens, such as `http://127.0.0.1:4010`. */
  readonly url: string;
  /** What each wire's own SDK takes as its base URL. */
  readonly baseURLs: Readonly<Record<SimulatedWire, string>>;
  /** The last 1000 requests that arrived whole, oldest first, without their credentials. */
  readonly requests: readonly SimulatedRequest[];
  /** Connections that are open now. */
  readonly openConnections: number;
  /** Requests whose caller left before the answer was complete. */
  readonly abortedRequests: number;
  /** Ends at once: connections are closed, whatever they are in the middle of. */
  close(): Promise<void>;
}

/** Time a caller may take to send a whole request, ms. */
const requestTimeoutMs = 60_000;
/** Time a connection may be without a request, ms. */
const keepAliveTimeoutMs = 60_000;
/** Largest block of headers, bytes. */
const headerBytesMax = 64 * 1024;

/** Starts the fake providers. Rejects if the address cannot be listened on. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = "127.0.0.1", port = 0 } = options;
  const journal = new Journal();
  const context: OutcomeContext = {
    seed: options.seed ?? 1,
    clock: options.clock ?? systemClock,
    pace: { firstDeltaMs: 0, deltaMs: 0, ...options.pace },
    keys: options.keys,
    state: new SimulatorState(),
  };
  let openConnections = 0;
  let abortedRequests = 0;
  const server = createServer({
    maxHeaderSize: headerBytesMax,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    noDelay: true,
  });
  server.on("connection", (socket) => {
    openConnections += 1;
    socket.once("close", () => {
      openConnections -= 1;
    });
  });
  server.on("request", (request, response) => {
    serve(request, response, context, journal).then(
      (isServed) => {
        abortedRequests += isServed ? 0 : 1;
      },
      (error: unknown) => reportFault(response, error),
    );
  });
  await listen(server, port, host);
  const url = urlOf(server.address() as AddressInfo);
  return {
    url,
    baseURLs: {
      anthropic: url,
      openai: `${url}/v1`,
      google: url,
      mistral: `${url}/mistral`,
      ollama: url,
      cohere: url,
      azure: url,
      bedrock: url,
      vertex: url,
      compatible: `${url}/compatible/v1`,
      "compatible-messages": `${url}/compatible-messages`,
    },
    get requests() {
      return journal.requests;
    },
    get openConnections() {
      return openConnections;
    },
    get abortedRequests() {
      return abortedRequests;
    },
    close: () => close(server),
  };
}

/** Serves one request. Resolves to false if the caller left before the answer was complete. */
async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  context: OutcomeContext,
  journal: Journal,
): Promise<boolean> {
  const arrival = await receive(request);
  if (!arrival) return false;
  const { method, url, headers, key, bodyText = "" } = arrival;
  journal.record({ method, path: `${url.pathname}${url.search}`, headers }, bodyText, key);
  const outcome = decideOutcome(arrival, context);
  if (outcome.kind === "reset") {
    request.socket.resetAndDestroy();
    return true;
  }
  if (outcome.kind === "silence") {
    await new Promise((resolve) => response.once("close", resolve));
    return false;
  }
  response.sendDate = false;
  response.writeHead(outcome.status, outcome.headers);
  return (await sendSteps(response, outcome.steps, context.clock)) !== "left";
}

/** A fault of the simulator itself must not look like one of a provider. */
function reportFault(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(500, { "content-type": "text/plain" });
  response.end(`The simulator itself failed: ${error}\n`);
}

/** Takes a whole request in. Undefined if the caller left before it had sent all of it. */
async function receive(request: IncomingMessage): Promise<Arrival | undefined> {
  const { method = "GET" } = request;
  const url = new URL(request.url ?? "/", "http://simulator");
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(", ")]),
  );
  const { provider, route, path } = findRoute(method, url.pathname, headers);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes <= provider.requestBytesMax) chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  const body = Buffer.concat(chunks);
  const bodyText = bytes <= provider.requestBytesMax ? body.toString("utf8") : undefined;
  const key = provider.key(headers, url.searchParams);
  const target = request.url ?? "/";
  const credentialFailure = provider.checkCredentials?.({ method, target, headers, body });
  return { provider, route, method, url, path, headers, key, credentialFailure, bodyText };
}

/**
 * The provider that serves a request: the one that is mounted there; else the one with the route;
 * of two or none, the one that it looks like.
 */
function findRoute(
  method: string,
  pathname: string,
  headers: Readonly<Record<string, string>>,
): { provider: Provider; route: Route | undefined; path: string } {
  const mounted = providers.find(({ mount }) => mount && pathname.startsWith(`${mount}/`));
  const path = pathname.slice(mounted?.mount?.length ?? 0);
  const free = mounted ? [mounted] : providers.filter(({ mount }) => mount === undefined);
  const able = free.filter(({ routes }) => routes.some((route) => route.path.test(path)));
  const among = able.length > 0 ? able : free;
  const provider = among.find((one) => one.claims(headers, path)) ?? (among.at(-1) as Provider);
  const route = provider.routes.find((one) => one.method === method && one.path.test(path));
  return { provider, route, path };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
