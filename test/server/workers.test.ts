// Proves of a server of two workers, as processes: they share one port and speak with one voice,
// connections are spread evenly, a worker that is killed takes nothing with it but its own calls
// and is replaced, and signals, reloads, limits and a dead supervisor concern all of them.
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { status } from "@grpc/grpc-js";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { Health } from "../../gen/ts/grpc/health/v1/health_pb.ts";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { clientOver, receivedError, type Wire, wires } from "../support/rpc-client.ts";
import { SpawnedProcess } from "../support/spawned-process.ts";
import { ConfigurationFile } from "./configured-server.ts";
import {
  childrenOf,
  HeldUpstream,
  hello,
  isRunning,
  openStream,
  WorkerFleet,
} from "./worker-fleet.ts";

const patience = { timeout: 20_000, interval: 50 };
const { call } = ConnectorService.method;

describe("several workers", () => {
  it("share a port evenly; one that is killed takes its own calls with it, and is back", async () => {
    const upstream = await HeldUpstream.start();
    const fleet = await WorkerFleet.start(upstream.configuration());
    const clients = Array.from({ length: 4 }, () => fleet.client());
    const streams = [];
    for (const client of clients) streams.push(await openStream(client));
    const [victim = 0, survivor] = fleet.workers;
    process.kill(victim, "SIGKILL");
    const [line] = await fleet.logged(/a worker ended/, 1);
    expect(line).toMatchObject({ level: 50, code: null, signal: "SIGKILL" });
    upstream.release();
    const ends = await Promise.all(streams.map(({ ended }) => ended));
    expect(ends.toSorted()).toEqual([status.UNAVAILABLE, status.UNAVAILABLE, "whole", "whole"]);
    for (const client of clients) await client.unary(call, hello());
    await vi.waitUntil(() => fleet.workers.length === 2, patience);
    expect(fleet.workers).toContain(survivor);
    expect(fleet.workers).not.toContain(victim);
    expect(fleet.server.stderr.match(/steady: custom, openai-chat/g)).toHaveLength(1);
    expect(fleet.server.stdout.match(/listening/g)).toHaveLength(1);
  });

  it("keep clients waiting, not failing, while all of them start again", async () => {
    const upstream = await HeldUpstream.start();
    const fleet = await WorkerFleet.start(upstream.configuration());
    const before = fleet.workers;
    for (const pid of before) process.kill(pid, "SIGKILL");
    await fleet.logged(/a worker ended/, 2);
    await fleet.client().unary(call, hello());
    expect(fleet.workers.filter((pid) => before.includes(pid))).toEqual([]);
  });

  it("replace a worker that drained by a signal of its own", async () => {
    const upstream = await HeldUpstream.start();
    const fleet = await WorkerFleet.start(upstream.configuration());
    const clients = [fleet.client(), fleet.client()];
    const streams = [];
    const statuses: number[] = [];
    for (const client of clients) {
      streams.push(await openStream(client));
      const watch = client.stream(Health.method.watch, {});
      watch.on("data", ({ status: now }) => statuses.push(now));
      watch.on("error", () => undefined);
    }
    await vi.waitUntil(() => statuses.length === clients.length, patience);
    const [drained = 0] = fleet.workers;
    process.kill(drained, "SIGTERM");
    await vi.waitUntil(() => statuses.includes(2), patience);
    // New connections go to the other one meanwhile.
    for (let calls = 0; calls < 4; calls += 1) await fleet.client().unary(call, hello());
    upstream.release();
    expect(await Promise.all(streams.map(({ ended }) => ended))).toEqual(["whole", "whole"]);
    const [line] = await fleet.logged(/a worker ended/, 1);
    expect(line).toMatchObject({ code: 0, signal: null });
  });

  it("drain together on SIGTERM, each health check told, exit 0", async () => {
    const upstream = await HeldUpstream.start();
    const fleet = await WorkerFleet.start(upstream.configuration());
    const clients = [fleet.client(), fleet.client()];
    const watches = clients.map((client) => client.stream(Health.method.watch, {}));
    const statuses = watches.map(() => [] as number[]);
    for (const [index, watch] of watches.entries()) {
      watch.on("data", ({ status: now }) => statuses[index]?.push(now));
      watch.on("error", () => undefined);
    }
    const streams = [];
    for (const client of clients) streams.push(await openStream(client));
    fleet.server.child.kill("SIGTERM");
    await vi.waitUntil(() => statuses.every((told) => told.includes(2)), patience);
    upstream.release();
    expect(await Promise.all(streams.map(({ ended }) => ended))).toEqual(["whole", "whole"]);
    expect(await fleet.server.ended).toMatchObject({ code: 0, signal: null });
    expect(statuses).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(fleet.server.stderr.match(/draining; a second signal/g)).toHaveLength(1);
  });

  it.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("end at once on a second %s", async (signal, code) => {
    const upstream = await HeldUpstream.start();
    const fleet = await WorkerFleet.start(upstream.configuration());
    const { workers } = fleet;
    const stream = await openStream(fleet.client());
    fleet.server.child.kill(signal);
    await fleet.server.output(/draining/);
    fleet.server.child.kill(signal);
    expect(await fleet.server.ended).toMatchObject({ code, signal: null });
    expect(await stream.ended).not.toBe("whole");
    await vi.waitUntil(() => !workers.some(isRunning), patience);
  });

  it("drain, and are gone, when the supervisor is killed", async () => {
    const upstream = await HeldUpstream.start();
    const fleet = await WorkerFleet.start(upstream.configuration());
    const { workers } = fleet;
    const streams = [await openStream(fleet.client()), await openStream(fleet.client())];
    fleet.server.child.kill("SIGKILL");
    await vi.waitUntil(() => fleet.server.child.signalCode !== null, patience);
    expect(workers.every(isRunning)).toBe(true);
    upstream.release();
    expect(await Promise.all(streams.map(({ ended }) => ended))).toEqual(["whole", "whole"]);
    await vi.waitUntil(() => !workers.some(isRunning), patience);
  });

  it("load the configuration again together, on SIGHUP and on a change, or keep the old one", async () => {
    const upstream = await HeldUpstream.start();
    const file = new ConfigurationFile(upstream.configuration("first"));
    const fleet = await WorkerFleet.start(file, ["--watch"]);
    const clients = Array.from({ length: 4 }, () => fleet.client());
    const targets = async () => {
      const answers = await Promise.all(clients.map((client) => client.unary(call, hello())));
      return new Set(answers.map(({ response }) => response?.route?.target));
    };
    expect(await targets()).toEqual(new Set(["first"]));
    file.write("targets: [{ name: second, adapter: nobody }]");
    fleet.server.child.kill("SIGHUP");
    const bad = await fleet.logged(/the old configuration stays/, 2);
    expect(new Set(bad.map(({ worker }) => worker))).toEqual(new Set([1, 2]));
    expect(await targets()).toEqual(new Set(["first"]));
    file.write(upstream.configuration("third"));
    const good = await fleet.logged(/the configuration was loaded again/, 2);
    expect(new Set(good.map(({ worker }) => worker))).toEqual(new Set([1, 2]));
    expect(await targets()).toEqual(new Set(["third"]));
    expect(fleet.server.stderr.match(/third: custom, openai-chat/g)).toHaveLength(1);
  });

  it("hold a caller to its limit together, each to its part", async () => {
    const upstream = await HeldUpstream.start();
    const callers = "callers: [{ name: a, token: token-of-a, calls_per_minute: 4 }]\n";
    const fleet = await WorkerFleet.start(callers + upstream.configuration());
    const headers = { authorization: "Bearer token-of-a" };
    for (const client of [0, 1].map(() => clientOver(wires[0] as Wire, fleet.url))) {
      for (let calls = 0; calls < 2; calls += 1) await client.call(hello(), { headers });
      const { reason, fields } = await receivedError(client.call(hello(), { headers }));
      expect([reason, fields.metadata?.max]).toEqual(["CALLER_RATE_LIMITED", "2"]);
    }
  });
});

describe("workers that cannot serve", () => {
  it("end the start with 1, every problem told once", async () => {
    const file = new ConfigurationFile("targets: [{ name: a, adapter: nobody }]\n");
    const args = ["--workers", "2", "--config", file.path];
    const { code, stdout, stderr } = await new SpawnedProcess("src/main.ts", args).ended;
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^error: the configuration has a problem\n\S*:1:\d+ targets\[0\].*\n$/);
  });

  it("end with 1 when the port is taken, and say what to do", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    onTestFinished(() => void taken.close());
    const port = String((taken.address() as AddressInfo).port);
    const { ended } = new SpawnedProcess("src/main.ts", ["--workers", "2", "--port", port]);
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/error: listen EADDRINUSE.*\n {2}next: choose another port with --port/);
  });

  it.each([
    [["--workers", "0"], {}],
    [["--workers", "65"], {}],
    [["--workers", "two"], {}],
    [[], { CONNECTORS_WORKERS: "-1" }],
  ])("%j %j is wrong usage", async (args, environment) => {
    const { ended } = new SpawnedProcess("src/main.ts", args, { environment });
    const { code, stderr } = await ended;
    expect(code).toBe(2);
    expect(stderr).toContain("expected a whole number from 1 to 64, or auto");
  });
});

it("one worker is one process", async () => {
  const server = new SpawnedProcess("src/main.ts", ["--workers", "1", "--port", "0", "--simulate"]);
  await server.output(/listening/);
  expect(childrenOf(server)).toEqual([]);
});
