import { plainHabits, wildHabits } from "./caller-plan.ts";
import type { Chance } from "./chance.ts";
import type { DownMode, HintKind, Spell } from "./conditions.ts";
import { type FaultName, faultKinds, statusNames } from "./faults.ts";
import { judgeCalm, judgeOutage, judgeRegionDeath } from "./judge-days.ts";
import type { Scenario } from "./scenario.ts";

const wide = {
  "house-model": ["openai eu-1 2", "anthropic eu-2", "responses us-1", "gemini eu-2"],
  "spare-model": ["ollama us-1", "gemini eu-2", "anthropic us-1 2"],
};
const wildCallers = {
  ...wildHabits,
  spareModels: ["spare-model"],
  fenceChoices: [["eu-*"], ["us-1"], ["eu-1", "eu-2"], ["*-1"]],
  regions: ["eu-1", "eu-2", "us-1"],
};

/** Every fault with the same likelihood. */
function each(names: readonly string[], likelihood: number): Partial<Record<FaultName, number>> {
  return Object.fromEntries(names.map((name) => [name, likelihood]));
}

const badBytes: readonly FaultName[] = [
  "empty body",
  "html",
  "broken json",
  "json list",
  "other json",
  "half an answer",
  "error in 200",
  "lost before first",
  "end before first",
  "lost after first",
  "lost inside",
  "end after first",
  "end inside",
  "error event first",
  "error event late",
  "bad event",
  "no last mark",
  "wrong form",
  "no usage",
];
const slowFaults: readonly FaultName[] = [
  "no head",
  "no body",
  "connect timeout",
  "silence before first",
  "silence after first",
  "silence at the end",
  "only pings",
  "trickle",
];

function part(durationMs: number, from: number, to: number): { fromMs: number; toMs: number } {
  return { fromMs: Math.round(durationMs * from), toMs: Math.round(durationMs * to) };
}

/** The bad days, by name. */
export const scenarios: readonly Scenario[] = [
  {
    name: "calm",
    story: "nothing goes wrong",
    callsPerSecond: 200,
    models: wide,
    habits: { ...plainHabits, hedges: 0 },
    spells: () => [],
    judge: judgeCalm,
  },
  {
    name: "brownout",
    story: "everything is slow, and one request in five fails",
    callsPerSecond: 100,
    models: wide,
    habits: { ...plainHabits, timeouts: 0.3, fallbacks: 0.2, spareModels: ["spare-model"] },
    spells: (durationMs) => [
      {
        ...part(durationMs, 0.2, 0.8),
        slowness: 4,
        hint: "none",
        faults: each(["500", "502", "503", "529", "reset before head"], 0.04),
      },
    ],
  },
  {
    name: "outage",
    story: "every provider is down for half of the day",
    callsPerSecond: 200,
    models: wide,
    habits: plainHabits,
    spells: (durationMs, chance) => [
      {
        ...part(durationMs, 0.2, 0.7),
        down: chance.pick<DownMode>(["503", "500", "refuses", "resets"]),
      },
    ],
    judge: judgeOutage,
  },
  {
    name: "region-death",
    story: "one of two regions dies in mid-traffic: first it refuses, later it falls silent",
    callsPerSecond: 100,
    models: { "house-model": ["openai eu-1", "openai eu-2", "openai us-1"] },
    habits: { ...plainHabits, fences: 1, fenceChoices: [["eu-*"]] },
    spells: (durationMs) => [
      { ...part(durationMs, 0.25, 0.5), down: "refuses", at: ["eu-1"] },
      { ...part(durationMs, 0.65, 0.9), down: "silent", at: ["eu-1"] },
    ],
    judge: judgeRegionDeath,
  },
  {
    name: "rate-limits",
    story: "fewer requests are allowed than wanted; keys are spent and revoked",
    callsPerSecond: 60,
    models: {
      "house-model": ["openai eu-1 3", "anthropic eu-2 2", "openai eu-3"],
      "spare-model": ["anthropic eu-2 2"],
    },
    habits: {
      ...plainHabits,
      timeouts: 0.5,
      timeoutMs: [300, 20_000],
      fences: 0.3,
      fenceChoices: [["eu-3"], ["eu-1"], ["eu-2"]],
    },
    spells: rateLimits,
  },
  {
    name: "one-key",
    story: "a single key, which is limited, later spent, later refused again and again",
    callsPerSecond: 30,
    models: { "house-model": ["openai eu-1"] },
    habits: { ...plainHabits, timeouts: 0.5, timeoutMs: [300, 20_000] },
    spells: (durationMs) => [
      { ...part(durationMs, 0, 0.25), requestsPerSecond: 12 },
      { ...part(durationMs, 0.25, 0.45), requestsPerSecond: 12, hint: "ms" },
      { ...part(durationMs, 0.5, 0.7), spentKeys: [0] },
      { ...part(durationMs, 0.75, 0.9), faults: each(["429", "529"], 0.1) },
    ],
  },
  {
    name: "crowd",
    story: "twice as many calls as targets have places; many queue, some leave",
    callsPerSecond: 80,
    calmCallsPerSecond: 10,
    limits: { targetCalls: 6, targetQueue: 12, queueMs: 2000 },
    models: { "house-model": ["openai eu-1", "anthropic eu-2"] },
    habits: { ...wildCallers, fences: 0.2, fenceChoices: [["eu-1"]], fallbacks: 0, hedges: 0.05 },
    spells: (durationMs) => [
      { ...part(durationMs, 0.2, 0.4), faults: each(["ramp", "429", "503"], 0.05), hint: "ms" },
      { ...part(durationMs, 0.5, 0.6), down: "resets", at: ["eu-1"] },
    ],
  },
  {
    name: "bad-bytes",
    story: "storms of bytes that are no answer, or half of one",
    callsPerSecond: 100,
    models: wide,
    habits: { ...wildCallers, cancels: 0.02, timeouts: 0.1 },
    spells: (durationMs) => [
      { ...part(durationMs, 0, 0.9), faults: each(badBytes, 0.5 / badBytes.length) },
    ],
  },
  {
    name: "slow",
    story: "everything is slow, silent or stuck; readers too",
    callsPerSecond: 40,
    models: wide,
    habits: { ...wildCallers, slowReaders: 0.2, deadlines: 0.4 },
    spells: (durationMs) => [
      {
        ...part(durationMs, 0, 0.9),
        slowness: 8,
        faults: each(slowFaults, 0.3 / slowFaults.length),
      },
    ],
  },
  {
    name: "chaos",
    story: "all of it at once, by chance",
    callsPerSecond: 80,
    models: wide,
    habits: wildCallers,
    spells: chaos,
  },
  {
    name: "lonely",
    story: "the same, with one provider, one key and nowhere else to go",
    callsPerSecond: 40,
    models: { "house-model": ["openai eu-1"] },
    habits: { ...wildHabits, fences: 0, fallbacks: 0, preferences: 0 },
    spells: chaos,
  },
];

function rateLimits(durationMs: number): readonly Spell[] {
  const hints: readonly HintKind[] = ["seconds", "ms", "date", "reset", "none"];
  const share = 0.9 / hints.length;
  return [
    ...hints.map((hint, index) => ({
      ...part(durationMs, index * share, (index + 1) * share),
      requestsPerSecond: 9,
      hint,
      faults: { "429": 0.02 },
    })),
    { ...part(durationMs, 0, 0.1), at: ["eu-1"], quotaKeys: [2] },
    { ...part(durationMs, 0.1, 0.3), at: ["eu-1"], spentKeys: [1] },
    { ...part(durationMs, 0.4, 0.5), at: ["eu-1"], revokedKeys: [0, 2] },
    { ...part(durationMs, 0.6, 0.7), at: ["eu-2"], spentKeys: [0, 1] },
    { ...part(durationMs, 0.7, 0.8), spentKeys: [0, 1, 2] },
  ];
}

function chaos(durationMs: number, chance: Chance): readonly Spell[] {
  // A quota of a day would end the day of every key.
  const all = [...faultKinds, ...statusNames.filter((name) => name !== "daily quota")];
  const count = 12 + Math.round(durationMs / 10_000);
  return Array.from({ length: count }, () => {
    const from = chance.next() * 0.85;
    const to = Math.min(0.95, from + chance.next() ** 2 * 0.4);
    const at = chance.pick([undefined, ["eu-1"], ["eu-2"], ["us-1"], ["eu-1", "us-1"]]);
    return {
      ...part(durationMs, from, to),
      ...(at !== undefined && { at }),
      ...change(all, chance),
    };
  });
}

function change(all: readonly string[], chance: Chance): Partial<Spell> {
  const kind = chance.pickWeighted({ down: 1, slow: 2, faults: 6, limit: 2, keys: 1, crowd: 1 });
  switch (kind) {
    case "down":
      return { down: chance.pick<DownMode>(["refuses", "resets", "silent", "503", "500"]) };
    case "slow":
      return { slowness: chance.integer(2, 12) };
    case "faults": {
      const names = Array.from({ length: chance.integer(1, 8) }, () => chance.pick(all));
      const likelihood = chance.pick([0.02, 0.1, 0.4, 0.9]) / names.length;
      const hint = chance.pick<HintKind>(["none", "seconds", "ms", "date", "reset"]);
      return { faults: each(names, likelihood), hint };
    }
    case "limit":
      return { requestsPerSecond: chance.integer(1, 20) };
    case "keys":
      return chance.pick([
        { spentKeys: [chance.integer(0, 2)] },
        { revokedKeys: [chance.integer(0, 2)] },
        { quotaKeys: [1] },
      ]);
    case "crowd":
      return { requestsAtOnce: chance.integer(1, 12) };
    default:
      return kind satisfies never;
  }
}
