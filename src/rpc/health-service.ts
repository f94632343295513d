import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import {
  type Health,
  type HealthCheckResponse,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "../../gen/ts/grpc/health/v1/health_pb.ts";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import { abortReason, type EdgeSettings, incomingCall } from "./call-context.ts";
import { connectErrorOf } from "./error-status.ts";

const watchersMaxDefault = 1_000;
const serviceCharactersMax = 256;

/** Name under which the health of one provider is told, such as "connectors.provider/anthropic". */
export function providerHealthName(adapter: string): string {
  return `connectors.provider/${adapter}`;
}

/**
 * What serves and what does not. Known from the start are "" (the whole server) and the service;
 * both serve until something else is set. The state of a provider never changes that of the server.
 */
export class HealthRegistry {
  readonly #serving = new Map<string, boolean>([
    ["", true],
    [ConnectorService.typeName, true],
  ]);
  readonly #watchers = new Set<() => void>();
  readonly #watchersMax: number;
  #draining = false;

  /** `watchersMax`: streams of Watch open at once, in the whole server. */
  constructor(watchersMax: number = watchersMaxDefault) {
    this.#watchersMax = watchersMax;
  }

  /** Sets whether a service serves; a new name is made known by it. */
  set(service: string, isServing: boolean): void {
    this.#serving.set(service, isServing);
    this.#tell();
  }

  /** Sets which providers serve, by name of the adapter; others that were known serve no more. */
  setServing(adapters: ReadonlySet<string>): void {
    for (const service of this.#serving.keys()) {
      if (service.startsWith(providerHealthName(""))) this.#serving.set(service, false);
    }
    for (const adapter of adapters) this.#serving.set(providerHealthName(adapter), true);
    this.#tell();
  }

  /** Nothing serves any more, and nothing set later changes that. */
  drain(): void {
    this.#draining = true;
    this.#tell();
  }

  /** Status of a service; SERVICE_UNKNOWN for a name that was never set. */
  status(service: string): ServingStatus {
    const isServing = this.#serving.get(service);
    if (isServing === undefined) return ServingStatus.SERVICE_UNKNOWN;
    return isServing && !this.#draining ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  }

  /** Names that are known. */
  get services(): readonly string[] {
    return [...this.#serving.keys()];
  }

  /** Streams of Watch that are open. */
  get watchers(): number {
    return this.#watchers.size;
  }

  /**
   * The status of a service now and each one that differs from that before; a slow reader misses
   * what lies between. Ends when `signal` aborts, and once it has told that the server drains,
   * which would else wait for it. Throws SERVER_OVERLOADED over `watchersMax`.
   */
  async *watch(service: string, signal: AbortSignal): AsyncGenerator<ServingStatus> {
    if (this.#watchers.size >= this.#watchersMax) {
      throw new ConnectorError("SERVER_OVERLOADED", "too many health watches are open", {
        metadata: { limit: "health_watchers", max: String(this.#watchersMax) },
      });
    }
    let wake = (): void => {};
    const onChange = (): void => wake();
    this.#watchers.add(onChange);
    signal.addEventListener("abort", onChange);
    try {
      let told: ServingStatus | undefined;
      while (!signal.aborted) {
        const status = this.status(service);
        if (status === told) {
          if (this.#draining) return;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          continue;
        }
        told = status;
        yield status;
      }
    } finally {
      this.#watchers.delete(onChange);
      signal.removeEventListener("abort", onChange);
    }
  }

  #tell(): void {
    for (const wake of this.#watchers) wake();
  }
}

/** grpc.health.v1.Health over a registry. */
export function healthService(
  registry: HealthRegistry,
  settings: EdgeSettings,
): ServiceImpl<typeof Health> {
  return {
    check({ service }) {
      const status = registry.status(known(service));
      if (status !== ServingStatus.SERVICE_UNKNOWN) return { status };
      throw new ConnectError("this server knows no such service", Code.NotFound);
    },
    async *watch({ service }, handler) {
      const { signal } = handler;
      try {
        for await (const status of registry.watch(known(service), signal)) yield { status };
      } catch (thrown) {
        throw thrown instanceof ConnectorError ? connectErrorOf(thrown) : thrown;
      }
      if (!signal.aborted) throw connectErrorOf(draining());
      throw connectErrorOf(abortReason(incomingCall(handler, settings.clock), settings));
    },
    list() {
      const statuses: Record<string, HealthCheckResponse> = {};
      for (const service of registry.services) {
        const status = registry.status(service);
        statuses[service] = create(HealthCheckResponseSchema, { status });
      }
      return { statuses };
    },
  };
}

/** A name that may be asked for; one that is too long is like any other that nobody knows. */
function known(service: string): string {
  return service.length > serviceCharactersMax ? "?" : service;
}

function draining(): ConnectorError {
  const message = "the server is shutting down";
  return new ConnectorError("SERVER_DRAINING", message, { retryAfterMs: 0 });
}
