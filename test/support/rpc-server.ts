import { inject, onTestFinished } from "vitest";
import { type Clock, systemClock } from "../../src/contract/clock.ts";
import type { ConnectorApi } from "../../src/contract/connector-api.ts";
import type { ConnectorError } from "../../src/contract/connector-error.ts";
import { defaultLimits, type Limits } from "../../src/contract/limits.ts";
import { systemRandom } from "../../src/contract/random.ts";
import { Secret } from "../../src/contract/secret.ts";
import { Authenticator } from "../../src/rpc/authentication.ts";
import type { RequestHandler } from "../../src/rpc/connection.ts";
import { HealthRegistry } from "../../src/rpc/health-service.ts";
import { type ListenTLS, listen } from "../../src/rpc/listener.ts";
import { connectorNodeHandler } from "../../src/rpc/routes.ts";
import { ServerAdmission } from "../../src/rpc/server-admission.ts";
import { ValidatedApi } from "../../src/rpc/validated-api.ts";
import { FakeApi } from "./fake-api.ts";

/** What a test wants other than an open server with a fake behind it. */
export interface RPCServerOptions {
  readonly api?: ConnectorApi;
  readonly limits?: Partial<Limits>;
  /** Tokens by name of their callers. Default: everybody may call. */
  readonly tokens?: Readonly<Record<string, string>>;
  readonly clientCertificates?: boolean;
  readonly reflection?: boolean;
  readonly health?: HealthRegistry;
  readonly tls?: ListenTLS;
  readonly clock?: Clock;
  /** Default: by the limits, with no limits of callers. */
  readonly admission?: ServerAdmission;
  /** Default: that of the project of tests, which is true but for one. */
  readonly fastLane?: boolean;
}

/** A server on a free port, closed when the test ends. */
export interface RPCServer {
  readonly url: string;
  readonly port: number;
  readonly health: HealthRegistry;
  readonly shutdown: AbortController;
  /** What its handler and its listener reported. */
  readonly faults: unknown[];
  /** Paths of the calls that its fast lane took. */
  readonly laneCalls: string[];
}

declare module "vitest" {
  interface ProvidedContext {
    /** Whether servers of tests have a fast lane. Unset: they have. */
    readonly fastLane?: boolean;
  }
}

/** Starts a server for one test. */
export async function startRPCServer(options: RPCServerOptions = {}): Promise<RPCServer> {
  const limits = { ...defaultLimits, ...options.limits };
  const { health = new HealthRegistry(), clock = systemClock, tls } = options;
  const shutdown = new AbortController();
  const faults: unknown[] = [];
  const onFault = (error: unknown): void => void faults.push(error);
  const fastLane = options.fastLane ?? inject("fastLane") ?? true;
  const laneCalls: string[] = [];
  const handler = connectorNodeHandler({
    api: new ValidatedApi(options.api ?? new FakeApi(), limits, clock),
    limits,
    clock,
    admission: options.admission ?? new ServerAdmission({ clock, limits, random: systemRandom }),
    health,
    authenticator: new Authenticator({
      callers: Object.entries(options.tokens ?? {}).map(([name, token]) => ({
        name,
        token: new Secret(token),
      })),
      clientCertificates: options.clientCertificates ?? false,
    }),
    reflection: options.reflection ?? true,
    shutdownSignal: shutdown.signal,
    fastLane,
    onFault: onFault satisfies (error: ConnectorError) => void,
  });
  const listening = await listen({
    host: "127.0.0.1",
    port: 0,
    limits,
    handler: watched(handler, laneCalls),
    onFault,
    clock,
    ...(tls && { tls }),
  });
  onTestFinished(() => listening.close());
  return { url: listening.url, port: listening.port, health, shutdown, faults, laneCalls };
}

/** The same handler, whose lane notes what it takes. */
function watched(handler: RequestHandler, laneCalls: string[]): RequestHandler {
  const { fastLane } = handler;
  if (fastLane === undefined) return handler;
  const take: typeof fastLane.take = (stream, headers) => {
    const isTaken = fastLane.take(stream, headers);
    if (isTaken) laneCalls.push(String(headers[":path"]));
    return isTaken;
  };
  return Object.assign((...args: Parameters<RequestHandler>) => handler(...args), {
    fastLane: { take },
  });
}
