// Proves that the judge of bad days can fail: products with a fault built in are caught, each by
// the rule that it breaks.
import { expect, it } from "vitest";
import { mutants } from "./mutants.ts";
import { scenarios } from "./scenarios.ts";
import { simulateDay } from "./simulate.ts";

const calls = 250;

it.each(mutants)("a product that $fault breaks a rule", async (mutant) => {
  const scenario = scenarios.find(({ name }) => name === mutant.scenario)!;
  const { connect, wrapHttp } = mutant;
  const { judge } = await simulateDay({
    scenario,
    seed: 3,
    calls,
    ...(connect && { connect }),
    ...(wrapHttp && { wrapHttp }),
  });
  expect([...judge.broken.keys()]).toContain(mutant.breaks);
});
