// Proves what a server is when it starts: simulated without keys, real with them, closed to
// strangers off the loopback interface, and gone without a trace when it cannot listen.

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { Health } from "../../gen/ts/grpc/health/v1/health_pb.ts";
import { newLLM } from "../../src/connectors.ts";
import type { LLM } from "../../src/contract/llm.ts";
import { withServer } from "../../src/contract/options.ts";
import { startSimulator } from "../../src/simulator/simulator.ts";
import { canaryForms, canaryKey, canaryToken } from "../support/canary.ts";
import { connectorError, rejection, until } from "../support/http.ts";
import { startRecordedServer } from "../support/recorded-server.ts";
import { clientOver, wires } from "../support/rpc-client.ts";
import { ConfigurationFile, serverByFile, targetFile } from "./configured-server.ts";

function llmBy(url: string, model: string, token?: string): LLM {
  const llm = newLLM(model, withServer(url, token === undefined ? {} : { token }));
  onTestFinished(() => llm.close());
  return llm;
}

const hello = { contents: [{ role: "user" as const, message: "Hello" }] };

describe("without a file", () => {
  it("and without a key, every provider is simulated, and says so", async () => {
    const { url, reports } = await startRecordedServer({ environment: {} });
    expect(reports.join("")).toContain("No real provider is called: every answer is simulated");
    for (const model of ["claude-sonnet-5", "gpt-4o"]) {
      const { route } = await llmBy(url, model).call(hello);
      expect(route.simulated).toBe(true);
    }
  });

  it("only providers with a key are there, and nothing is simulated", async () => {
    const simulator = await startSimulator({ keys: [canaryKey] });
    onTestFinished(() => simulator.close());
    const environment = {
      ANTHROPIC_API_KEY: canaryKey,
      ANTHROPIC_BASE_URL: simulator.baseURLs.anthropic,
    };
    const { url, reports } = await startRecordedServer({ environment });
    expect(reports.join("")).not.toContain("simulated");
    expect(reports.join("")).toContain("openai: disabled: OPENAI_API_KEY is not set");
    expect((await llmBy(url, "claude-sonnet-5").call(hello)).route.simulated).toBe(false);
    const error = await connectorError(llmBy(url, "gpt-4o").call(hello));
    expect(error.reason).toBe("TARGET_NOT_CONFIGURED");
  });

  it("--simulate keeps a key from being used", async () => {
    const environment = { ANTHROPIC_API_KEY: canaryKey };
    const { url } = await startRecordedServer({ environment, flags: { simulate: true } });
    expect((await llmBy(url, "claude-sonnet-5").call(hello)).route.simulated).toBe(true);
  });
});

describe("with a file", () => {
  it("a simulated target has neither the path nor the header of the real one", async () => {
    const file = new ConfigurationFile(
      "simulate: true\ntargets: [{ name: a, adapter: openai, path: /x, key_header: x-key }]\n",
    );
    const { url } = await serverByFile(file);
    expect((await llmBy(url, "gpt-4o").call(hello)).route.simulated).toBe(true);
  });
});

describe("off the loopback interface", () => {
  const flags = { host: "0.0.0.0" };

  it("a server that knows no callers does not start", async () => {
    const refused = rejection(startRecordedServer({ environment: {}, flags }));
    expect(await refused).toMatchObject({
      name: "ConfigurationError",
      message: expect.stringContaining("open to everyone off the loopback interface"),
    });
  });

  it("one that is meant to be open says so", async () => {
    const file = new ConfigurationFile("insecure: true\nsimulate: true");
    const { reports } = await startRecordedServer({ file: file.path, environment: {}, flags });
    expect(reports.join("")).toContain("anyone who reaches this server may use it");
  });

  it("one with callers lets only them in, and anyone ask for its health", async () => {
    const callers = `callers: [{ name: a, token: ${canaryToken} }]\nsimulate: true`;
    const file = new ConfigurationFile(callers);
    const { server } = await startRecordedServer({ file: file.path, environment: {}, flags });
    const url = server.url.replace("0.0.0.0", "127.0.0.1");
    const known = llmBy(url, "claude-sonnet-5", canaryToken);
    expect((await known.call(hello)).content.message).toContain("Hello");
    for (const token of [undefined, "another-token"]) {
      const error = await connectorError(llmBy(url, "claude-sonnet-5", token).call(hello));
      expect(error.reason).toBe("CALLER_UNAUTHENTICATED");
      expect(canaryForms(error.message)).toEqual([]);
    }
    expect(await clientOver(wires[0]!, url, Health).check({})).toMatchObject({ status: 1 });
  });
});

describe("the end", () => {
  it("comes for calls in flight when the grace is over", async () => {
    const simulator = await startSimulator();
    onTestFinished(() => simulator.close());
    const more = "limits: { drain_grace_ms: 50, drain_abort_ms: 1000 }";
    const file = new ConfigurationFile(targetFile(simulator.url, "a-key", { more }));
    const { url, server } = await serverByFile(file);
    const stream = llmBy(url, "claude-sonnet-5").stream({
      contents: [{ role: "user", message: "[[simulate: chunks=5 stall-after=2]]" }],
    });
    const events = stream[Symbol.asyncIterator]();
    await events.next();
    const failed = connectorError(stream.finalResponse());
    await server.drain();
    const { reason, fields } = await failed;
    expect(reason).toBe("SERVER_DRAINING");
    expect(fields.progress?.outputChars).toBeGreaterThan(0n);
    expect(simulator.abortedRequests).toBe(1);
  });

  it("leaves no simulated provider behind when the server cannot listen", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as AddressInfo;
    const before = openServers();
    const failed = rejection(startRecordedServer({ environment: {}, flags: { port } }));
    expect(await failed).toMatchObject({ code: "EADDRINUSE" });
    await until(() => openServers() <= before);
  });
});

function openServers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "TCPServerWrap").length;
}
