// Proves that every target that can be configured is answered by a simulated provider: every wire
// of every adapter, at its own host, at each cloud and at each preset, whole, streamed and with a
// tool.
import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  CallRequestSchema,
  StreamCallRequestSchema,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { type Connectors, createConnectors } from "../../src/connectors.ts";
import type { Adapter, DialectSet } from "../../src/contract/adapter.ts";
import type { TargetHost } from "../../src/contract/target.ts";
import { adapters } from "../../src/providers/index.ts";
import { simulatedTargets } from "../../src/server/target-list.ts";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";
import { fakeTarget } from "../support/fake-adapter.ts";

/** A model that each adapter's target is asked for. */
const models: Readonly<Record<string, string>> = {
  anthropic: "claude-sonnet-4-5",
  openai: "gpt-4.1",
  google: "gemini-2.5-flash",
  mistral: "mistral-large-latest",
  llama: "llama3.3:70b",
  custom: "deepseek-chat",
};
/** The same where a wire knows models of its own alone. */
const modelsOfWires: Readonly<Record<string, string>> = {
  gemini: "gemini-2.5-flash",
  cohere: "command-a-03-2025",
  "bedrock-converse": "us.amazon.nova-pro-v1:0",
};

interface Scene {
  readonly name: string;
  readonly adapter: Adapter;
  readonly set: DialectSet;
  readonly wire: string;
  readonly host: TargetHost;
}

const scenes: readonly Scene[] = adapters.flatMap((adapter) => {
  const sets: readonly [string, TargetHost, DialectSet][] = [
    ["", "direct", adapter],
    ...Object.entries(adapter.hosts ?? {}).map(([host, set]): [string, TargetHost, DialectSet] => [
      `-${host}`,
      host as TargetHost,
      set,
    ]),
    ...(adapter.presets ?? []).map((preset): [string, TargetHost, DialectSet] => [
      `-${preset.name}`,
      "direct",
      preset,
    ]),
  ];
  return sets.flatMap(([mark, host, set]) =>
    Object.keys(set.dialects).map((wire) => ({
      name: `${adapter.name}${mark}-${wire}`,
      adapter,
      set,
      wire,
      host,
    })),
  );
});

function modelOf({ adapter, wire, host }: Scene): string {
  if (adapter.name === "anthropic" && host === "bedrock") {
    return "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
  }
  return modelsOfWires[wire] ?? models[adapter.name] ?? "";
}

describe("a simulated provider", () => {
  let simulator: Simulator;
  let connectors: Connectors;

  beforeAll(async () => {
    simulator = await startSimulator();
    const targets = scenes.map(({ name, adapter, set, wire, host }) => {
      const dialect = set.dialects[wire];
      if (!dialect) throw new Error("no such dialect");
      const apiVersion = wire === "chat" && host === "azure" ? "2024-10-21" : "";
      return fakeTarget(adapter, { name, dialect, host, region: "eu-west-1", apiVersion });
    });
    const simulated = simulatedTargets(targets, simulator.baseURLs);
    expect(simulated.map(({ name }) => name)).toEqual(scenes.map(({ name }) => name));
    connectors = createConnectors({ targets: simulated });
  });
  afterAll(async () => {
    await connectors.close();
    await simulator.close();
  });

  function requestTo(name: string, scene: Scene, tools: readonly { name: string }[]) {
    const message = "Call get_time, please.";
    return {
      request: {
        model: modelOf(scene),
        contents: [{ role: Role.USER, message }],
        maxOutputTokens: 4000,
        tools: [...tools],
      },
      options: { target: name },
    };
  }

  it.each(scenes.map((scene): [string, Scene] => [scene.name, scene]))(
    "answers %s",
    async (name, scene) => {
      const { signal } = new AbortController();
      const context = { signal, receivedMs: Date.now(), deadlineMs: undefined, caller: "" };
      const plain = create(CallRequestSchema, requestTo(name, scene, []));
      const { response } = await connectors.api.call(plain, context);
      expect(JSON.stringify(response?.content)).toMatch(/simulated/);
      const withTool = requestTo(name, scene, [{ name: "get_time" }]);
      const events = [];
      const stream = create(StreamCallRequestSchema, withTool);
      for await (const { event } of connectors.api.streamCall(stream, context)) events.push(event);
      const last = events.at(-1);
      if (last?.case !== "finished") throw new Error("the stream has no end");
      const content = JSON.stringify(last.value.response?.content);
      expect(content).toMatch(/"toolCall".*get_time/);
    },
  );
});
