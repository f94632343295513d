// Proves that Custom's patterns lead models of hosts without an adapter of their own to it, in RE2
// as in the language's own engine, never a name of another adapter; and that its record is whole.
import { describe, expect, it } from "vitest";
import { compileOwnPattern, compilePattern } from "../../src/dispatch/pattern.ts";
import { custom } from "../../src/providers/custom/index.ts";
import { adapters } from "../../src/providers/index.ts";

const own = [
  "custom/my-model",
  "custom:gpt-5",
  "openai-compatible/any",
  "grok-4.5",
  "Grok-code-fast-1",
  "deepseek-v4-pro",
  "kimi-k2.6",
  "moonshot-v1-8k",
  "glm-5.3",
  "command-a-plus-05-2026",
  "qwen3-max",
  "qwen-plus",
  "sonar",
  "sonar-reasoning-pro",
  "jamba-large-1.7",
  "palmyra-x5",
  "minimax-m2",
];

const foreign = [
  "custom",
  "custom/",
  "customer-model",
  "grok",
  "my-grok-4",
  "sonarqube",
  "commander-1",
  "gpt-5",
  "claude-sonnet-5",
  "gemini-3-pro-preview",
  "mistral-large-latest",
  "llama-3.3-70b",
];

describe("the patterns", () => {
  it.each([
    ["RE2", compilePattern],
    ["the language's engine", compileOwnPattern],
  ] as const)("are right in %s", (_, compile) => {
    const compiled = custom.patterns.map(({ pattern }) => compile(pattern));
    const isMatched = (name: string) => compiled.some((matches) => matches(name));
    expect(own.filter((name) => !isMatched(name))).toEqual([]);
    expect(foreign.filter(isMatched)).toEqual([]);
  });

  it("have examples that no other adapter's patterns match", () => {
    const others = adapters
      .filter(({ name }) => name !== "custom")
      .flatMap(({ patterns }) => patterns.map(({ pattern }) => compileOwnPattern(pattern)));
    const taken = own.filter((name) => others.some((matches) => matches(name)));
    expect(taken).toEqual([]);
  });
});

describe("the record", () => {
  it("has the seven wires under their names, without an address", () => {
    expect(Object.keys(custom.dialects)).toEqual([
      ...["openai-chat", "openai-responses", "anthropic-messages", "gemini", "ollama"],
      ...["bedrock-converse", "cohere"],
    ]);
    for (const [name, dialect] of Object.entries(custom.dialects)) {
      expect(dialect).toMatchObject({ name, defaultBaseURL: "" });
      expect(dialect).not.toHaveProperty("credentials");
      expect(dialect).not.toHaveProperty("regionalBaseURL");
    }
  });

  it("has the wires of clouds under their names", () => {
    for (const { dialects, defaultDialect } of Object.values(custom.hosts ?? {})) {
      expect(dialects).toHaveProperty([defaultDialect]);
      for (const [name, dialect] of Object.entries(dialects)) expect(dialect.name).toBe(name);
    }
  });

  it("names each preset once", () => {
    const names = (custom.presets ?? []).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
