// Proves what the explanation of a name tells of regions: where each target would run the model that
// it is sent, in the order in which they are tried, which ones a fence leaves out and why, and where
// the models to fall back to lead.
import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  ResolveModelRequestSchema,
  type ResolveModelResponse,
} from "../../gen/ts/nexen/connectors/v1/catalog_pb.ts";
import type { Adapter, CloudHost } from "../../src/contract/adapter.ts";
import type { Target } from "../../src/contract/target.ts";
import { Registry } from "../../src/dispatch/registry.ts";
import { resolveModel } from "../../src/dispatch/resolve-model.ts";
import { adapters } from "../../src/providers/index.ts";
import { fakeTarget } from "../support/fake-adapter.ts";

const anthropic = adapters.find(({ name }) => name === "anthropic") as Adapter;

function at(name: string, host: CloudHost, fields: Partial<Target>): Target {
  const set = anthropic.hosts?.[host] ?? anthropic;
  const dialect = set.dialects[set.defaultDialect]!;
  return fakeTarget(anthropic, { name, host, dialect, ...fields });
}

const profile = "us.anthropic.claude-opus-4-1-20250805-v1:0";
const targets = [
  at("bedrock", "bedrock", {
    region: "us-east-1",
    models: new Map([["claude-opus-4-1", profile]]),
  }),
  at("vertex", "vertex", { region: "eu" }),
  at("azure", "azure", { region: "swedencentral", zone: "eu" }),
  at("nowhere", "azure", { region: "swedencentral" }),
];
const registry = new Registry({ adapters: [anthropic], targets, routes: [] });

function resolved(
  region: { readonly allowed?: string[]; readonly preferred?: string[] },
  fallbackModels: string[] = [],
): ResolveModelResponse {
  const options = { region, fallbackModels };
  const request = create(ResolveModelRequestSchema, { model: "claude-opus-4-1", options });
  return resolveModel(request, registry);
}

describe("an explanation", () => {
  it("tells every place in which the model may run", () => {
    const { targets: found, excluded } = resolved({});
    expect(found.map(({ name, zone, residence }) => [name, zone, residence])).toEqual([
      ["bedrock", "", ["us"]],
      ["vertex", "", ["eu"]],
      ["azure", "eu", ["eu"]],
      ["nowhere", "", []],
    ]);
    expect(found[0]?.model).toBe(profile);
    expect(excluded).toEqual([]);
  });

  it("tells what a fence leaves out, and why", () => {
    const { targets: found, excluded } = resolved({ allowed: ["eu"] });
    expect(found.map(({ name }) => name)).toEqual(["vertex", "azure"]);
    expect(excluded.map(({ target, why }) => [target?.name, why])).toEqual([
      ["bedrock", "may run in zone us (us-east-1, …), which the fence does not hold"],
      ["nowhere", "does not tell where it runs: only a declared `zone` or `region` can"],
    ]);
  });

  it("puts the preferred places first, by name or pattern", () => {
    const order = (preferred: string[]): readonly string[] =>
      resolved({ preferred }).targets.map(({ name }) => name);
    expect(order(["sweden*", "eu"])).toEqual(["azure", "nowhere", "vertex", "bedrock"]);
    expect(order(["eu"])).toEqual(["vertex", "azure", "bedrock", "nowhere"]);
  });

  it("goes on with the models to fall back to, within the same fence", () => {
    const { targets: found, excluded } = resolved({ allowed: ["us-*"] }, [
      "anthropic/us.anthropic.claude-3",
      "claude-opus-4-1",
    ]);
    const first = { name: "bedrock", model: profile, fallback: 0 };
    expect(found).toMatchObject([
      first,
      { name: "bedrock", model: "us.anthropic.claude-3", fallback: 1 },
      { ...first, fallback: 2 },
    ]);
    expect(excluded).toHaveLength(9);
  });
});
