// Proves that the product keeps every rule of the judge on bad days of several seeds, and that a
// seed gives the same history each time. `npm run simulate` does the same with many more calls.
import { describe, expect, it } from "vitest";
import { reportDay } from "./day-report.ts";
import { violationLines } from "./report.ts";
import { scenarios } from "./scenarios.ts";

const calls = 400;
const seeds = [1, 2];

describe.each(scenarios)("a day of $name", (scenario) => {
  it.each(seeds)("keeps every rule, seed %i", async (seed) => {
    const day = await reportDay({ scenario, seed, calls });
    expect(day.violations.map(violationLines).join("\n")).toBe("");
    expect(day.broken).toBe(0);
  });
});

describe("a seed", () => {
  const scenario = scenarios.find(({ name }) => name === "chaos")!;

  it("gives the same history twice", async () => {
    const [first, second] = [
      await reportDay({ scenario, seed: 7, calls: 200 }),
      await reportDay({ scenario, seed: 7, calls: 200 }),
    ];
    expect(second.digest).toBe(first.digest);
    expect(second.timers).toBe(first.timers);
  });

  it("gives another history than another seed", async () => {
    const first = await reportDay({ scenario, seed: 8, calls: 100 });
    const second = await reportDay({ scenario, seed: 9, calls: 100 });
    expect(second.digest).not.toBe(first.digest);
  });
});
