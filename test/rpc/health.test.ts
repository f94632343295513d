// Proves grpc.health.v1: Check, Watch and List over one registry, in every protocol, with many
// watchers (O19), and that draining makes everything NOT_SERVING (O08).
import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import {
  Health,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "../../gen/ts/grpc/health/v1/health_pb.ts";
import { HealthRegistry, providerHealthName } from "../../src/rpc/health-service.ts";
import { GrpcJsClient } from "../support/grpc-js.ts";
import { until } from "../support/http.ts";
import {
  clientOver,
  connectError,
  receivedError,
  timeoutHeader,
  wires,
} from "../support/rpc-client.ts";
import { startRPCServer } from "../support/rpc-server.ts";

const { SERVING, NOT_SERVING, SERVICE_UNKNOWN } = ServingStatus;
const service = "nexen.connectors.v1.ConnectorService";
const [grpc] = wires;

describe.each(wires)("over $name", (wire) => {
  it("Check tells of the server, the service and the providers", async () => {
    const server = await startRPCServer();
    server.health.setServing(new Set(["openai", "mistral"]));
    server.health.setServing(new Set(["openai"]));
    const client = clientOver(wire, server.url, Health);
    const statusOf = async (name: string): Promise<ServingStatus> =>
      (await client.check({ service: name })).status;
    expect(await statusOf("")).toBe(SERVING);
    expect(await statusOf(service)).toBe(SERVING);
    expect(await statusOf("connectors.provider/openai")).toBe(SERVING);
    expect(await statusOf("connectors.provider/mistral")).toBe(NOT_SERVING);
    server.health.drain();
    server.health.set(service, true);
    expect(await statusOf("")).toBe(NOT_SERVING);
    expect(await statusOf(service)).toBe(NOT_SERVING);
    expect(await statusOf("connectors.provider/openai")).toBe(NOT_SERVING);
  });

  it("Check of an unknown name is NOT_FOUND", async () => {
    const client = clientOver(wire, (await startRPCServer()).url, Health);
    for (const name of ["nope", "x".repeat(10_000), "__proto__", "constructor"]) {
      const error = await connectError(client.check({ service: name }));
      expect(error.code).toBe(Code.NotFound);
    }
  });

  it("List tells of everything", async () => {
    const server = await startRPCServer();
    server.health.set(providerHealthName("openai"), false);
    const { statuses } = await clientOver(wire, server.url, Health).list({});
    const pairs = Object.entries(statuses).map(([name, { status }]) => [name, status]);
    expect(pairs).toEqual([
      ["", SERVING],
      [service, SERVING],
      ["connectors.provider/openai", NOT_SERVING],
    ]);
  });

  it("Watch tells each change, of names that become known too, and ends once the server drains", async () => {
    const server = await startRPCServer();
    const name = providerHealthName("openai");
    const told: ServingStatus[] = [];
    const client = clientOver(wire, server.url, Health);
    const watching = connectError(
      (async () => {
        for await (const { status } of client.watch({ service: name })) told.push(status);
      })(),
    );
    await until(() => told.length === 1);
    server.health.set(name, true);
    await until(() => told.length === 2);
    server.health.set(name, true);
    server.health.set(name, false);
    await until(() => told.length === 3);
    server.health.set(name, true);
    await until(() => told.length === 4);
    server.health.drain();
    const error = await receivedError(Promise.reject(await watching));
    expect(error.reason).toBe("SERVER_DRAINING");
    expect(told).toEqual([SERVICE_UNKNOWN, SERVING, NOT_SERVING, SERVING, NOT_SERVING]);
    await until(() => server.health.watchers === 0);
  });
});

describe("Watch", () => {
  it("serves 1,000 watchers the same, and not one more", async () => {
    const server = await startRPCServer({ limits: { concurrentStreams: 2_000 } });
    const client = new GrpcJsClient(server.port);
    const told = new Map<number, number[]>();
    const streams = Array.from({ length: 1_000 }, (_, index) => {
      const stream = client.stream(Health.method.watch, {});
      stream.on("data", ({ status }) => told.set(index, [...(told.get(index) ?? []), status]));
      stream.on("error", () => {});
      return stream;
    });
    await until(() => told.size === 1_000);
    const watch = async (): Promise<void> => {
      for await (const _ of clientOver(grpc!, server.url, Health).watch({})) break;
    };
    const error = await receivedError(watch());
    expect([error.reason, error.fields.retryAfterMs]).toEqual(["SERVER_OVERLOADED", 1_000]);

    server.health.set("", false);
    await until(() => [...told.values()].every(({ length }) => length === 2));
    for (const statuses of told.values()) expect(statuses).toEqual([SERVING, NOT_SERVING]);
    // Who leaves makes room.
    for (const stream of streams) stream.cancel();
    await until(() => server.health.watchers === 0);
    await watch();
  });

  it("ends with the caller's deadline", async () => {
    const client = clientOver(grpc!, (await startRPCServer()).url, Health);
    const watch = async (): Promise<void> => {
      for await (const { status } of client.watch({}, { headers: timeoutHeader(grpc!, 50) })) {
        expect(status).toBe(SERVING);
      }
    };
    expect((await receivedError(watch())).reason).toBe("CALLER_DEADLINE_EXCEEDED");
  });

  it("leaves out what a slow reader did not come for", async () => {
    const registry = new HealthRegistry();
    const end = new AbortController();
    const statuses = registry.watch("", end.signal);
    expect((await statuses.next()).value).toBe(SERVING);
    for (let changes = 999; changes > 0; changes -= 1) registry.set("", changes % 2 === 0);
    expect((await statuses.next()).value).toBe(NOT_SERVING);
    end.abort();
    expect((await statuses.next()).done).toBe(true);
    expect(registry.watchers).toBe(0);
  });
});
