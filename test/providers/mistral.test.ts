// Proves that Mistral's patterns lead every name of its own to it, in RE2 as in the language's own
// engine, and never a tag of a local host or another provider's name; and that the record is
// whole.
import { describe, expect, it } from "vitest";
import { compileOwnPattern, compilePattern } from "../../src/dispatch/pattern.ts";
import { mistral } from "../../src/providers/mistral/index.ts";
import { mistralChat } from "../support/mistral.ts";

const own = [
  "mistral-large-latest",
  "mistral-medium-3-5",
  "Mistral-Small-2603",
  "mistral-tiny",
  "mistral-saba-2502",
  "mistral-embed",
  "mistral-ocr-latest",
  "mistral-moderation-2603",
  "ministral-3b-latest",
  "ministral-14b-2512",
  "magistral-medium-2509",
  "codestral-2508",
  "codestral-embed",
  "devstral-medium-latest",
  "pixtral-12b-2409",
  "voxtral-small-latest",
  "open-mistral-7b",
  "open-mistral-nemo",
  "open-mixtral-8x22b",
  "open-codestral-mamba",
  "labs-devstral-small-2512",
  "labs-leanstral-1-5",
  "ft:open-mistral-7b:587a6b29:20240514:7e773925",
  "mistral.mistral-large-2407-v1:0",
];

const foreign = [
  "mistral",
  "mistral:7b",
  "mistral-nemo:12b",
  "mistral-small:24b-instruct-q4_K_M",
  "mixtral:8x7b",
  "codestral:22b",
  "mistralai/mistral-small-2603",
  "mistralai/Mistral-7B-Instruct-v0.3",
  "my-mistral-large",
  "openmistral-7b",
  "ft:gpt-4o-mini:acme::1",
  "labs-llama-1",
  "llama-3.3-70b",
  "gpt-4o",
];

describe.each([
  ["RE2", compilePattern],
  ["the language's engine", compileOwnPattern],
])("the patterns in %s", (_, compile) => {
  const tests = mistral.patterns.map(({ pattern }) => compile(pattern));

  it.each(own)("lead %s here", (name) => {
    expect(tests.filter((test) => test(name))).toHaveLength(1);
  });

  it.each(foreign)("do not lead %s here", (name) => {
    expect(tests.some((test) => test(name))).toBe(false);
  });

  it("match their own examples", () => {
    for (const { pattern, examples } of mistral.patterns) {
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) expect(compile(pattern)(example)).toBe(true);
    }
  });
});

describe("the record", () => {
  it("cannot be changed", () => {
    expect([Object.isFrozen(mistral), Object.isFrozen(mistralChat)]).toEqual([true, true]);
  });

  it("lists only names that its patterns lead here, each once", () => {
    const tests = mistral.patterns.map(({ pattern }) => compilePattern(pattern));
    const names = mistral.models.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    expect(names.filter((name) => !tests.some((test) => test(name)))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it("names a current successor for each retired model", () => {
    const current = mistral.models
      .filter(({ retired }) => retired !== true)
      .flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    const successors = mistral.models.filter(({ retired }) => retired === true);
    expect(successors.length).toBeGreaterThan(0);
    for (const { successor } of successors) expect(current).toContain(successor);
  });

  it("speaks with a key, at the API's own address", () => {
    const { defaultDialect, keyRequired, keyVariables, baseURLVariables } = mistral;
    expect({ defaultDialect, keyRequired, keyVariables, baseURLVariables }).toEqual({
      defaultDialect: "chat",
      keyRequired: true,
      keyVariables: ["MISTRAL_API_KEY"],
      baseURLVariables: ["MISTRAL_BASE_URL"],
    });
    expect(mistralChat).toMatchObject({
      name: "chat",
      defaultBaseURL: "https://api.mistral.ai",
      auth: { scheme: "bearer" },
      requestIdHeader: "mistral-correlation-id",
      framing: "sse",
    });
  });
});
