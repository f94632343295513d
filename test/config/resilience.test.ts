// Proves that every setting of `resilience` is taken within its range and refused outside it, that
// first steps are not over the last, and that settings which stand elsewhere are taken from there.
import { describe, expect, it } from "vitest";
import {
  resilienceKey,
  resilienceNames,
  resiliencePairs,
  resilienceRange,
} from "../../src/config/resilience-range.ts";
import { defaultResilience } from "../../src/resilience/settings.ts";
import { load, problems } from "./loading.ts";

function found(section: string): readonly string[] {
  const lines = problems({ yaml: `resilience: ${section}\n` });
  return lines.map((line) => line.replace(/^[^ ]* /, ""));
}

const file = "targets: [{ name: a, adapter: custom, base_url: https://x.test }]\n";

describe("resilience", () => {
  it("is the default where nothing is said", () => {
    const { resilience, limits } = load({ yaml: file });
    expect(resilience).toEqual({
      ...defaultResilience,
      targetConcurrency: limits.targetCalls,
      targetQueue: limits.targetQueue,
    });
  });

  it.each(resilienceNames)("takes %s within its range", (name) => {
    const { min, max, step = 0.5 } = resilienceRange(name);
    const key = resilienceKey(name);
    const pair = resiliencePairs.find(([first]) => first === name)?.[1];
    const rest = pair === undefined ? "" : `, ${resilienceKey(pair)}: ${max}`;
    const first = resiliencePairs.find(([, last]) => last === name)?.[0];
    const least = first === undefined ? "" : `, ${resilienceKey(first)}: ${min}`;
    for (const value of [min, max, `"${max}"`]) {
      const { resilience } = load({
        yaml: `${file}resilience: { ${key}: ${value}${rest}${least} }\n`,
      });
      expect(resilience[name]).toBe(Number(String(value).replaceAll('"', "")));
    }
    for (const value of [min - step, max + step, ".nan", ".inf", "-1", "x", "[]", "true"]) {
      const [line = "", ...others] = found(`{ ${key}: ${value} }`);
      expect([value, others]).toEqual([value, []]);
      expect(line).toContain(`resilience.${key}: expected `);
      expect(line).toContain(`, from ${min} to ${max}`);
    }
  });

  it.each([
    ["breaker_failures: 1.5", "breaker_failures: expected a whole number, from 1 to 1000000"],
    ["budget_life_ms: 1005", "budget_life_ms: expected a multiple of 10, from 100 to 3600000"],
    ["budget_ratoi: 1", 'unknown key "budget_ratoi": did you mean budget_ratio?'],
    ["attempts: 2", /^unknown key "attempts": expected one of retry_wait_ms_max, /],
    ["target_queue: 2", /unknown key "target_queue"/],
    ["breaker_open_ms: 4001", "breaker_open_ms: is over breaker_open_ms_max (4000)"],
    ["breaker_open_ms_max: 499", "breaker_open_ms_max: is under breaker_open_ms (500)"],
  ])("refuses %s", (setting, problem) => {
    const [line = "", ...others] = found(`{ ${setting} }`).map((one) =>
      one.replace(/^resilience[.:] ?/, ""),
    );
    expect(others).toEqual([]);
    if (typeof problem === "string") expect(line).toBe(problem);
    else expect(line).toMatch(problem);
  });

  it("takes what stands elsewhere from there", () => {
    const elsewhere =
      "defaults: { retry: { max_attempts: 2 } }\nlimits: { target_calls: 7, target_queue: 8 }\n";
    expect(load({ yaml: file + elsewhere }).resilience).toMatchObject({
      attempts: 2,
      targetConcurrency: 7,
      targetQueue: 8,
    });
  });
});
