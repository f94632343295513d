// Proves that the wish to think is told to each family of models in its own terms, a budget or a
// level and never both, and what is warned of; and what else is told by a model's name.
import type { JsonObject } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { modelTraits } from "../../../src/dialects/gemini/model-traits.ts";
import { send } from "./support.ts";

type Wish = { effort?: string; budgetTokens?: bigint; include?: boolean };
type Row = readonly [string, Wish, JsonObject | undefined, readonly string[]];

const effort = "thinking.effort";
const budget = "thinking.budget_tokens";
const include = "thinking.include";

const rows: readonly Row[] = [
  ["gemini-2.5-flash", {}, undefined, []],
  ["gemini-2.5-flash", { budgetTokens: 512n }, { thinkingBudget: 512 }, []],
  ["gemini-2.5-flash", { budgetTokens: 0n }, { thinkingBudget: 0 }, []],
  ["gemini-2.5-flash", { effort: "none" }, { thinkingBudget: 0 }, []],
  [
    "gemini-2.5-flash",
    { effort: "none", include: true },
    { thinkingBudget: 0 },
    [`DROPPED ${include}`],
  ],
  [
    "gemini-2.5-flash",
    { budgetTokens: 0n, include: false },
    { thinkingBudget: 0, includeThoughts: false },
    [],
  ],
  ["gemini-2.5-flash", { include: true }, { includeThoughts: true }, []],
  ["gemini-2.5-flash", { effort: "minimal" }, { thinkingBudget: 1024 }, [`CHANGED ${effort}`]],
  ["gemini-2.5-flash", { effort: "low" }, { thinkingBudget: 1024 }, [`CHANGED ${effort}`]],
  ["gemini-2.5-flash", { effort: "medium" }, { thinkingBudget: 8192 }, [`CHANGED ${effort}`]],
  ["gemini-2.5-flash", { effort: "high" }, { thinkingBudget: 24576 }, [`CHANGED ${effort}`]],
  ["gemini-2.5-flash", { effort: "max" }, { thinkingBudget: 24576 }, [`CHANGED ${effort}`]],
  ["gemini-2.5-flash", { effort: "huge" }, undefined, [`DROPPED ${effort}`]],
  [
    "gemini-2.5-flash",
    { effort: "low", budgetTokens: 9n },
    { thinkingBudget: 9 },
    [`DROPPED ${effort}`],
  ],
  ["gemini-2.5-pro", { effort: "xhigh" }, { thinkingBudget: 32768 }, [`CHANGED ${effort}`]],
  ["gemini-2.5-pro", { effort: "none" }, { thinkingBudget: 128 }, [`CHANGED ${effort}`]],
  ["gemini-2.5-pro", { budgetTokens: 0n }, { thinkingBudget: 128 }, [`CHANGED ${budget}`]],
  ["gemini-3-flash-preview", { effort: "medium" }, { thinkingLevel: "MEDIUM" }, []],
  [
    "gemini-3-flash-preview",
    { effort: "none" },
    { thinkingLevel: "MINIMAL" },
    [`CHANGED ${effort}`],
  ],
  ["gemini-3-pro-preview", { effort: "none" }, { thinkingLevel: "LOW" }, [`CHANGED ${effort}`]],
  ["gemini-3-pro-preview", { budgetTokens: 0n }, { thinkingLevel: "LOW" }, [`CHANGED ${budget}`]],
  ["gemini-3-pro-preview", { budgetTokens: 900n }, { thinkingBudget: 900 }, []],
  [
    "gemini-3-pro-preview",
    { effort: "low", budgetTokens: 9n },
    { thinkingLevel: "LOW" },
    [`DROPPED ${budget}`],
  ],
  [
    "gemini-3.5-flash",
    { effort: "xhigh", include: true },
    { thinkingLevel: "HIGH", includeThoughts: true },
    [`CHANGED ${effort}`],
  ],
  ["gemini-3.1-pro-preview", { effort: "someday" }, { thinkingLevel: "someday" }, []],
  ["gemini-3.6-flash", { effort: "none" }, { thinkingLevel: "MINIMAL" }, [`CHANGED ${effort}`]],
  ["gemini-3.6-flash", { effort: "minimal" }, { thinkingLevel: "MINIMAL" }, []],
  ["gemini-3.8-flash", { effort: "none" }, { thinkingLevel: "LOW" }, [`CHANGED ${effort}`]],
  ["gemini-3.8-flash", { effort: "minimal" }, { thinkingLevel: "LOW" }, [`CHANGED ${effort}`]],
  [
    "gemini-3.9-flash-lite",
    { effort: "none" },
    { thinkingLevel: "MINIMAL" },
    [`CHANGED ${effort}`],
  ],
  ["gemini-flash-latest", { effort: "none" }, { thinkingLevel: "LOW" }, [`CHANGED ${effort}`]],
  ["gemini-flash-latest", { effort: "high" }, { thinkingLevel: "HIGH" }, []],
  [
    "gemini-2.0-flash",
    { effort: "high", include: true },
    undefined,
    [`DROPPED ${effort}`, `DROPPED ${include}`],
  ],
  ["gemini-2.0-flash", { budgetTokens: 9n }, undefined, [`DROPPED ${budget}`]],
  ["gemini-2.0-flash", { effort: "none", include: false }, undefined, []],
  ["gemini-1.5-pro", { budgetTokens: 0n }, undefined, []],
  ["gemini-2.5-flash-image", { effort: "low" }, undefined, [`DROPPED ${effort}`]],
  ["gemini-2.5-pro-preview-tts", { effort: "low" }, undefined, [`DROPPED ${effort}`]],
  ["gemma-3-27b-it", { effort: "low" }, undefined, [`DROPPED ${effort}`]],
];

describe("thinking", () => {
  it.each(rows)("of %s, %o", (model, thinking, expected, told) => {
    const { config, warnings } = send({ thinking }, { model });
    expect(config?.thinkingConfig).toEqual(expected);
    expect(warnings).toEqual(told);
  });
});

describe("a model's name", () => {
  it.each([
    ["gemini-pro", "none", false, false],
    ["gemini-1.5-flash-002", "none", false, false],
    ["gemini-2.0-flash", "none", true, false],
    ["models/gemini-2.5-pro", "budget", true, false],
    ["gemini-3-pro-preview", "level", true, true],
    ["gemini-10.2-flash", "level", true, true],
    ["publishers/google/models/gemini-3.6-flash", "level", true, true],
    ["gemini-robotics-er-1.5-preview", "budget", true, false],
    ["gemini-pro-latest", "level", true, true],
    ["tunedModels/mine", "level", true, false],
    ["gemma-3n-e4b-it", "none", false, false],
    ["gemma-4-31b-it", "level", true, false],
  ])("tells what %s takes", (name, thinking, jsonSchema, signedCalls) => {
    const traits = modelTraits(name);
    expect([traits.thinking.kind, traits.jsonSchema, traits.signedCalls]).toEqual([
      thinking,
      jsonSchema,
      signedCalls,
    ]);
  });
});
