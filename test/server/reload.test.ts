// Proves what a reload does: calls that begin afterwards go by the new configuration and those
// under way stay with the old (C17), a bad file leaves the old in force and says where it is bad
// (C16), settings that wait for a restart are named, and secrets of an old configuration stay out
// of the log.
import { describe, expect, it, onTestFinished } from "vitest";
import { Health } from "../../gen/ts/grpc/health/v1/health_pb.ts";
import { newLLM } from "../../src/connectors.ts";
import type { LLM } from "../../src/contract/llm.ts";
import { withServer } from "../../src/contract/options.ts";
import {
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from "../../src/simulator/simulator.ts";
import { canaryForms, canaryKey } from "../support/canary.ts";
import { connectorError, until } from "../support/http.ts";
import { clientOver, wires } from "../support/rpc-client.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { ConfigurationFile, serverByFile, targetFile } from "./configured-server.ts";

async function simulatorForTest(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator(options);
  onTestFinished(() => simulator.close());
  return simulator;
}

function llmBy(url: string, model = "claude-sonnet-5"): LLM {
  const llm = newLLM(model, withServer(url));
  onTestFinished(() => llm.close());
  return llm;
}

const hello = { contents: [{ role: "user" as const, message: "Hello" }] };

async function answeredBy(llm: LLM): Promise<string> {
  return (await llm.call(hello)).route.target;
}

describe("a good file", () => {
  it("is in force for the next call", async () => {
    const { url: upstream } = await simulatorForTest();
    const file = new ConfigurationFile(targetFile(upstream, "first-key", { name: "first" }));
    const { url, server, reports, log } = await serverByFile(file);
    const llm = llmBy(url);
    expect(await answeredBy(llm)).toBe("first");
    file.write(targetFile(upstream, "second-key", { name: "second" }));
    await server.reload();
    expect(await answeredBy(llm)).toBe("second");
    expect(reports.at(-1)).toContain("second: anthropic, messages at");
    expect(log.at(-1)).toContain("the configuration was loaded again");
  });

  it("changes which providers are healthy", async () => {
    const { url: upstream } = await simulatorForTest();
    const file = new ConfigurationFile(targetFile(upstream, "a-key"));
    const { url, server } = await serverByFile(file);
    const health = clientOver(wires[0]!, url, Health);
    const serving = { status: 1 };
    const service = "connectors.provider/anthropic";
    expect(await health.check({ service })).toMatchObject(serving);
    file.write("simulate: true\ntargets: [{ name: a, adapter: openai }]");
    await server.reload();
    expect(await health.check({ service })).toMatchObject({ status: 2 });
    expect(await health.check({ service: "connectors.provider/openai" })).toMatchObject(serving);
    expect(await health.check({ service: "" })).toMatchObject(serving);
  });

  it("is the last one that counts, however quickly they come", async () => {
    const { url: upstream } = await simulatorForTest();
    const file = new ConfigurationFile(targetFile(upstream, "a-key"));
    const { url, server, reports } = await serverByFile(file);
    // The first of these starts simulated providers, which takes longer than the second.
    file.write("simulate: true\ntargets: [{ name: slow, adapter: anthropic }]");
    const slow = server.reload();
    await Promise.resolve();
    file.write(targetFile(upstream, "a-key", { name: "quick" }));
    await Promise.all([slow, server.reload()]);
    expect(reports.map((report) => /^ {2}(\w+):/m.exec(report)?.[1])).toEqual([
      "direct",
      "slow",
      "quick",
    ]);
    expect(await answeredBy(llmBy(url))).toBe("quick");
  });

  it("says which of its changes wait for a restart", async () => {
    const { url: upstream } = await simulatorForTest();
    const file = new ConfigurationFile(targetFile(upstream, "a-key"));
    const { server, log } = await serverByFile(file);
    await server.reload();
    expect(log.filter((line) => line.includes("restart"))).toEqual([]);
    file.write(targetFile(upstream, "a-key", { more: "reflection: false" }));
    await server.reload();
    expect(JSON.parse(log.at(-1)!)).toMatchObject({ level: 40, settings: ["reflection"] });
  });

  it("replaces the tokens of callers, but never by nobody", async () => {
    const { url: upstream } = await simulatorForTest();
    const fileWith = (token?: string): string => {
      const more = token === undefined ? "" : `callers: [{ name: a, token: ${token} }]`;
      return targetFile(upstream, "a-key", { more });
    };
    const file = new ConfigurationFile(fileWith("token-one-of-a"));
    const { server, url, log } = await serverByFile(file);
    const reasonWith = async (token: string): Promise<string> => {
      const llm = newLLM("claude-sonnet-5", withServer(url, { token }));
      onTestFinished(() => llm.close());
      const question = { contents: [{ role: "user", message: "Hello" } as const] };
      return llm.call(question).then(
        () => "let in",
        ({ reason }) => reason,
      );
    };
    file.write(fileWith("token-two-of-a"));
    await server.reload();
    expect(await reasonWith("token-one-of-a")).toBe("CALLER_UNAUTHENTICATED");
    expect(await reasonWith("token-two-of-a")).toBe("let in");
    file.write(fileWith());
    await server.reload();
    expect(await reasonWith("token-one-of-a")).toBe("CALLER_UNAUTHENTICATED");
    expect(JSON.parse(log.at(-1)!)).toMatchObject({ level: 40, settings: ["callers"] });
  });
});

describe("a bad file", () => {
  it("leaves the old in force, and is named with line and column", async () => {
    const { url: upstream } = await simulatorForTest();
    const file = new ConfigurationFile(targetFile(upstream, canaryKey, { name: "first" }));
    const { url, server, log, reports } = await serverByFile(file);
    const llm = llmBy(url);
    file.write("targets:\n  - name: second\n    adapter: nobody\n    api_key: unquoted\n");
    await server.reload();
    const line = JSON.parse(log.at(-1)!);
    expect(line).toMatchObject({ level: 50, message: "the old configuration stays in force" });
    expect(line.problem).toMatch(/connectors\.yaml:3:5 targets\[0\]\.adapter: expected one of/);
    expect(reports).toHaveLength(1);
    expect(await answeredBy(llm)).toBe("first");
    file.write("");
    await server.reload();
    file.write(targetFile(upstream, canaryKey, { name: "third" }));
    await server.reload();
    expect(await answeredBy(llm)).toBe("third");
  });
});

describe("streams under way", () => {
  it("end well under the old configuration, which is then freed", async () => {
    const streams = 500;
    const clock = new VirtualClock();
    const simulator = await simulatorForTest({ clock });
    const nextDelta = async (): Promise<void> => {
      await until(() => clock.pendingTimers === streams);
      clock.advance(300);
    };
    // A machine that does much besides takes a while to begin them all.
    const more = "limits: { loop_lag_ms: 60000 }";
    const file = new ConfigurationFile(targetFile(simulator.url, "a-key", { name: "first", more }));
    const { url, server } = await serverByFile(file);
    // A connection takes 256 streams.
    const llms = [llmBy(url), llmBy(url)];
    const begun: Promise<void>[] = [];
    const targets = Array.from({ length: streams }, async (_, index) => {
      const start = Promise.withResolvers<void>();
      begun.push(start.promise);
      const message = `${index} [[simulate: chunks=3 slow=300ms]]`;
      const stream = llms[index % 2]!.stream({ contents: [{ role: "user", message }] });
      for await (const { event } of stream) if (event.case === "started") start.resolve();
      return (await stream.finalResponse()).route.target;
    });
    await nextDelta();
    await Promise.all(begun);
    file.write(targetFile(simulator.url, "a-key", { name: "second", more }));
    await server.reload();
    expect(await answeredBy(llms[0]!)).toBe("second");
    await nextDelta();
    await nextDelta();
    expect(new Set(await Promise.all(targets))).toEqual(new Set(["first"]));
    // The new configuration has one connection, and the old one none.
    await until(() => simulator.openConnections <= 1);
    expect(simulator.abortedRequests).toBe(0);
  }, 60_000);
});

it("keeps secrets of a replaced configuration out of the log", async () => {
  const { url: upstream } = await simulatorForTest();
  const file = new ConfigurationFile(targetFile(upstream, canaryKey));
  const { server, log } = await serverByFile(file);
  file.write(targetFile(upstream, "another-key"));
  await server.reload();
  server.logCrash(new Error(`boom ${canaryKey}`, { cause: new Error(`cause another-key`) }));
  expect(log.at(-1)).toContain("boom ***");
  expect(log.at(-1)).toContain("cause ***");
  expect(canaryForms(log.join(""))).toEqual([]);
});

it("does nothing once the server ends", async () => {
  const { url: upstream } = await simulatorForTest();
  const { url, server, reports } = await serverByFile(
    new ConfigurationFile(targetFile(upstream, "a-key")),
  );
  await server.drain();
  await server.reload();
  expect(reports).toHaveLength(1);
  expect((await connectorError(llmBy(url).call(hello))).reason).toBe("SERVER_UNREACHABLE");
});
