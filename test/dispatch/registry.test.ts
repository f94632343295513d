// Proves where names lead: prefixes, routes, patterns, aliases, in that order, and what is not
// routed.
import { describe, expect, it } from "vitest";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { Registry } from "../../src/dispatch/registry.ts";
import { fakeAdapter, fakeTarget } from "../support/fake-adapter.ts";

const claude = fakeAdapter("anthropic", ["claude-.*"]);
const gpt = fakeAdapter("openai", ["gpt-(?:[^o]|o[^s]).*", "o[1-9](?:-mini)?"]);
const llama = fakeAdapter("llama", ["(?:openai/)?gpt-oss.*", "llama.*"]);
const mistral = fakeAdapter("mistral", ["mistral-.*"]);
const adapters = [claude, gpt, llama, mistral];
const targets = [
  fakeTarget(claude),
  fakeTarget(gpt),
  fakeTarget(gpt, { name: "openai-eu", region: "eu" }),
  fakeTarget(llama, { models: new Map([["house-model", "llama3.2:3b"]]) }),
];
const registry = new Registry({
  adapters,
  targets,
  routes: [{ id: "fast", model: "fast-.*", targets: ["openai-eu", "anthropic"] }],
});

describe("Registry", () => {
  it.each([
    ["claude-sonnet-5", "anthropic", "claude-.*", "claude-sonnet-5"],
    ["CLAUDE-3-Opus", "anthropic", "claude-.*", "CLAUDE-3-Opus"],
    ["gpt-4o", "openai", "gpt-(?:[^o]|o[^s]).*", "gpt-4o"],
    ["o1-mini", "openai", "o[1-9](?:-mini)?", "o1-mini"],
    ["gpt-oss-20b", "llama", "(?:openai/)?gpt-oss.*", "gpt-oss-20b"],
    ["openai/gpt-oss-20b", "llama", "(?:openai/)?gpt-oss.*", "openai/gpt-oss-20b"],
    ["openai/gpt-5", "openai", "openai/", "gpt-5"],
    ["openai/ours", "openai", "openai/", "ours"],
    ["llama/mistral:7b", "llama", "llama/", "mistral:7b"],
    ["llama:7b", "llama", "llama.*", "llama:7b"],
    ["Anthropic:claude-x", "anthropic", "anthropic:", "claude-x"],
    ["fast-one", "openai", "fast", "fast-one"],
    ["House-Model", "llama", "house-model", "House-Model"],
  ])("%s leads to %s by %s", (name, provider, rule, model) => {
    expect(registry.resolve(name)).toMatchObject({ provider, rule, model });
  });

  it.each(["orca-2", "o1-like", "xclaude-3", "claude", "mistral:7b", "openai/", "/gpt-5", ":x"])(
    "%s leads nowhere",
    (name) => {
      expect(() => registry.resolve(name)).toThrow(/no rule leads from model/);
    },
  );

  it("shows a lookalike name with its letters escaped", () => {
    const error = failureOf("сlaude-3\u202e");
    expect(error.message).toContain("\\u{441}laude-3\\u{202e}");
    expect(error.fields.resource).toEqual({ type: "model", name: "\\u{441}laude-3\\u{202e}" });
  });

  it("suggests the nearest names", () => {
    expect(failureOf("lama").fields.metadata?.nearest).toBe("llama");
  });

  it("keeps a route's targets in their order", () => {
    const names = registry.resolve("fast-1").targets.map(({ name }) => name);
    expect(names).toEqual(["openai-eu", "anthropic"]);
  });

  it("tells every rule that matches, the winner first", () => {
    const sources = registry.explain("openai/gpt-5").map(({ source }) => source);
    expect(sources).toEqual(["prefix"]);
    expect(registry.explain("fast-1").map(({ rule }) => rule)).toEqual(["fast"]);
  });

  it("matches hostile patterns in linear time", () => {
    const evil = new Registry({
      adapters,
      targets,
      routes: [{ id: "evil", model: "(a+)+b|(x+x+)+y", targets: ["openai"] }],
    });
    expect(() => evil.resolve(`${"a".repeat(250)}!`)).toThrow(ConnectorError);
  });

  it.each(["(?=x)y", "(a)\\1", "x{1,100000}", "x".repeat(600)])(
    "refuses the pattern %s",
    (model) => {
      const routes = [{ id: "bad", model, targets: ["openai"] }];
      expect(() => new Registry({ adapters, targets, routes })).toThrow(Error);
    },
  );

  it("refuses a route to a target that is not there", () => {
    const routes = [{ id: "lost", model: "x", targets: ["nowhere"] }];
    expect(() => new Registry({ adapters, targets, routes })).toThrow(/nowhere/);
  });
});

function failureOf(name: string): ConnectorError {
  try {
    registry.resolve(name);
  } catch (thrown) {
    if (thrown instanceof ConnectorError) return thrown;
  }
  throw new Error("it was routed");
}
