// Proves how the server lives as a process: one line on standard output, draining on the first
// signal and ending at once on the second, reloads by SIGHUP and --watch, and ends with 1 and a
// reason when it cannot start. Each test starts one or two processes.
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { describe, expect, it, onTestFinished } from "vitest";
import { Health } from "../../gen/ts/grpc/health/v1/health_pb.ts";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";
import { canaryForms, canaryKey } from "../support/canary.ts";
import { textsOf } from "../support/rpc-client.ts";
import { SpawnedProcess } from "../support/spawned-process.ts";
import { ConfigurationFile, targetFile } from "./configured-server.ts";

const listening = /^connectors listening on (http:\/\/127\.0\.0\.1:\d+)\n$/;

async function simulatorForTest(): Promise<Simulator> {
  const simulator = await startSimulator();
  onTestFinished(() => simulator.close());
  return simulator;
}

/** A server process on a free port, when it listens, and a connection to it. */
async function startProcess(args: readonly string[], environment = {}) {
  const server = new SpawnedProcess("src/main.ts", ["--port", "0", ...args], { environment });
  const [, url = ""] = await server.output(listening);
  const transport = createGrpcTransport({ baseUrl: url });
  const connectors = createClient(ConnectorService, transport);
  return { server, url, connectors, health: createClient(Health, transport) };
}

function ask(message: string) {
  return { request: { model: "claude-sonnet-5", contents: [{ role: Role.USER, message }] } };
}

describe("the process", () => {
  it("drains on SIGTERM: health turns, the stream in flight ends well, exit 0", async () => {
    const { url: upstream } = await simulatorForTest();
    const environment = { ANTHROPIC_API_KEY: canaryKey, ANTHROPIC_BASE_URL: upstream };
    const { server, url, connectors, health } = await startProcess([], environment);
    const watching = new AbortController();
    const statuses = health.watch({}, { signal: watching.signal })[Symbol.asyncIterator]();
    expect((await statuses.next()).value?.status).toBe(1);
    const stream = connectors.streamCall(ask("Hello [[simulate: chunks=5 slow=100ms]]"));
    const events = stream[Symbol.asyncIterator]();
    await events.next();
    server.child.kill("SIGTERM");
    expect((await statuses.next()).value?.status).toBe(2);
    watching.abort();
    await expect(
      createClient(Health, createGrpcTransport({ baseUrl: url })).check({}),
    ).rejects.toThrow();
    const texts = await textsOf({ [Symbol.asyncIterator]: () => events });
    expect(texts.at(-1)).toBe("(finished)");
    const { code, stdout, stderr } = await server.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(listening);
    expect(stderr).toContain("draining; a second signal ends at once");
    expect(canaryForms(stdout + stderr)).toEqual([]);
  });

  it.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("ends at once on a second %s", async (signal, expected) => {
    const { url: upstream } = await simulatorForTest();
    const environment = { ANTHROPIC_API_KEY: canaryKey, ANTHROPIC_BASE_URL: upstream };
    const { server, connectors } = await startProcess([], environment);
    const stream = connectors.streamCall(ask("Hello [[simulate: chunks=5 stall-after=1]]"));
    const events = stream[Symbol.asyncIterator]();
    await events.next();
    server.child.kill(signal);
    await server.output(/draining/);
    server.child.kill(signal);
    await expect(textsOf({ [Symbol.asyncIterator]: () => events })).rejects.toThrow();
    expect(await server.ended).toMatchObject({ code: expected, signal: null });
  });

  it("loads its file again on SIGHUP and, watching, on a change", async () => {
    const { url: upstream } = await simulatorForTest();
    const file = new ConfigurationFile(targetFile(upstream, canaryKey, { name: "first" }));
    const { server, connectors } = await startProcess(["--config", file.path, "--watch"]);
    const targetNow = async (): Promise<string | undefined> =>
      (await connectors.call(ask("Hello"))).response?.route?.target;
    expect(await targetNow()).toBe("first");
    file.write("targets: [{ name: second, adapter: nobody }]");
    server.child.kill("SIGHUP");
    await server.output(/connectors\.yaml:1:27 targets\[0\]\.adapter.*the old configuration stays/);
    expect(await targetNow()).toBe("first");
    file.write(targetFile(upstream, canaryKey, { name: "third" }));
    await server.output(/the configuration was loaded again/);
    expect(await targetNow()).toBe("third");
    server.child.kill("SIGTERM");
    const { code, stdout } = await server.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(listening);
  });
});

describe("a process that cannot serve", () => {
  it("ends with 1 and every problem of its file", async () => {
    const file = new ConfigurationFile(
      `targets:\n  - { name: a, adapter: nobody }\nlimits: { nothing: 1 }\nsecret_${canaryKey}: 1\n`,
    );
    const { ended } = new SpawnedProcess("src/main.ts", ["--config", file.path]);
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain("error: the configuration has 3 problems\n");
    expect(stderr).toMatch(/^\S*connectors\.yaml:2:\d+ targets\[0\]\.adapter: expected/m);
    expect(stderr).toMatch(/^\S*connectors\.yaml:3:\d+ limits/m);
    expect(canaryForms(stderr)).toEqual([]);
  });

  it("ends with 1 when its port is taken, and says what to do", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    onTestFinished(() => void taken.close());
    const port = String((taken.address() as AddressInfo).port);
    const { ended } = new SpawnedProcess("src/main.ts", ["--port", port]);
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/error: listen EADDRINUSE.*\n {2}next: choose another port with --port/);
  });
});
