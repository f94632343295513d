// Proves that OpenAI's patterns lead every name of its own to it, in RE2 as in the language's own
// engine, and never a name that only looks like one; and that the record is whole.
import { describe, expect, it } from "vitest";
import { compileOwnPattern, compilePattern } from "../../src/dispatch/pattern.ts";
import { openai } from "../../src/providers/openai/index.ts";

const own = [
  "gpt-6.1-sol",
  "gpt-5.6-cyber",
  "gpt-5.5-pro",
  "gpt-5.1-codex-max",
  "gpt-5",
  "gpt-4o",
  "GPT-4o-mini-2024-07-18",
  "gpt-4.1-nano",
  "gpt-4",
  "gpt-4-32k",
  "gpt-4-turbo-2024-04-09",
  "gpt-3.5-turbo-0125",
  "gpt-audio-mini",
  "gpt-daybreak-7-latest",
  "gpt-osmium",
  "gpt-nova",
  "chatgpt-4o-latest",
  "o1",
  "o1-2024-12-17",
  "o1-pro",
  "o1-preview-2024-09-12",
  "o3-deep-research",
  "o3-mini-2025-01-31",
  "o4-mini",
  "codex-mini-latest",
  "computer-use-preview",
  "text-embedding-3-large",
  "text-embedding-ada-002",
  "ft:gpt-4o-mini-2024-07-18:acme::9Ab1",
  "ft:o4-mini-2025-04-16:acme::c3",
];

const foreign = [
  "gpt-oss-20b",
  "gpt-oss:120b",
  "GPT-OSS-120b",
  "openai/gpt-oss-20b",
  "gpt-j-6b",
  "gpt-neox-20b",
  "gpt4all",
  "orca-2",
  "o1-like",
  "o1like",
  "o12",
  "o0",
  "foo-o1",
  "my-gpt-4",
  "text-embedding-004",
  "text-embedding-gecko",
  "ft:llama-3",
  "ft:gpt-oss-20b:acme::1",
  "claude-sonnet-5",
  "gemini-3-pro-preview",
  "mistral-large-latest",
];

describe.each([
  ["RE2", compilePattern],
  ["the language's engine", compileOwnPattern],
])("the patterns in %s", (_, compile) => {
  const tests = openai.patterns.map(({ pattern }) => compile(pattern));

  it.each(own)("lead %s here", (name) => {
    expect(tests.filter((test) => test(name))).toHaveLength(1);
  });

  it.each(foreign)("do not lead %s here", (name) => {
    expect(tests.some((test) => test(name))).toBe(false);
  });

  it("match their own examples", () => {
    for (const { pattern, examples } of openai.patterns) {
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) expect(compile(pattern)(example)).toBe(true);
    }
  });
});

describe("the record", () => {
  it("cannot be changed", () => {
    expect(Object.isFrozen(openai)).toBe(true);
  });

  it("lists only names that its patterns lead here, each once", () => {
    const tests = openai.patterns.map(({ pattern }) => compilePattern(pattern));
    const names = openai.models.map(({ name }) => name);
    expect(names.filter((name) => !tests.some((test) => test(name)))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it("names a current successor for each retired model", () => {
    const current = openai.models.filter(({ retired }) => retired !== true).map(({ name }) => name);
    const successors = openai.models.filter(({ retired }) => retired === true);
    expect(successors.length).toBeGreaterThan(0);
    for (const { successor } of successors) expect(current).toContain(successor);
  });

  it("speaks chat unless told otherwise, with a key and at OpenAI's own address", () => {
    const { dialects, defaultDialect, keyRequired, keyVariables, baseURLVariables } = openai;
    expect({ defaultDialect, keyRequired, keyVariables, baseURLVariables }).toEqual({
      defaultDialect: "chat",
      keyRequired: true,
      keyVariables: ["OPENAI_API_KEY"],
      baseURLVariables: ["OPENAI_BASE_URL"],
    });
    expect(Object.keys(dialects)).toEqual(["chat", "responses"]);
    for (const dialect of Object.values(dialects)) {
      expect(dialect).toMatchObject({
        defaultBaseURL: "https://api.openai.com/v1",
        auth: { scheme: "bearer" },
        requestIdHeader: "x-request-id",
        framing: "sse",
      });
      expect(dialect.countTokens).toBeDefined();
    }
  });
});
