import { parseArgs } from "node:util";
import { type DayReport, reportDay } from "./day-report.ts";
import { heapMeter } from "./memory.ts";
import { dayLines, figuresTable, rulesTable, violationLines } from "./report.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";
import { simulateDay } from "./simulate.ts";

const usage = `Simulates bad days in virtual time and judges every call.

  npm run simulate -- [--seed N] [--calls N] [--scenario NAME] [--json]

  --seed N         which days; the same seed gives the same history (default 1)
  --calls N        calls of each scenario (default 10000)
  --scenario NAME  ${["all", ...scenarios.map(({ name }) => name)].join(", ")} (default all)
  --json           prints the report as JSON
  --help           prints this

Ends with 1 when a rule was broken, and prints how to see it again.
`;

const warmUpCalls = 1000;

interface Wish {
  readonly seed: number;
  readonly calls: number;
  readonly scenarios: readonly Scenario[];
  readonly json: boolean;
}

/** Runs the command line, and gives the exit status. */
export async function runCLI(words: readonly string[]): Promise<number> {
  const wish = readWish(words);
  if (typeof wish === "string") {
    const isHelp = words.includes("--help");
    (isHelp ? process.stdout : process.stderr).write(isHelp ? usage : `${wish}\n\n${usage}`);
    return isHelp ? 0 : 2;
  }
  const days: DayReport[] = [];
  const heapBytes = heapMeter();
  for (const scenario of wish.scenarios) {
    const { seed, calls } = wish;
    // What the engine compiles and caches once is no growth.
    await simulateDay({ scenario, seed, calls: Math.min(calls, warmUpCalls) });
    const onProgress = (over: number): void =>
      progress(`${scenario.name}: ${over} of ${calls} calls`);
    days.push(await reportDay({ scenario, seed, calls, heapBytes, onProgress }));
    progress("");
  }
  process.stdout.write(wish.json ? `${JSON.stringify(days, null, 2)}\n` : textOf(days));
  return days.every(({ broken }) => broken === 0) ? 0 : 1;
}

function readWish(words: readonly string[]): Wish | string {
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        seed: { type: "string", default: "1" },
        calls: { type: "string", default: "10000" },
        scenario: { type: "string", default: "all" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return usage;
    const chosen = scenarios.filter(({ name }) => [name, "all"].includes(values.scenario));
    if (chosen.length === 0) return `There is no scenario "${values.scenario}".`;
    const seed = Number(values.seed);
    const calls = Number(values.calls);
    if (!Number.isInteger(seed)) return "--seed must be a whole number.";
    if (!Number.isInteger(calls) || calls < 1) return "--calls must be a whole number over 0.";
    return { seed, calls, scenarios: chosen, json: values.json };
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}`);
}

function textOf(days: readonly DayReport[]): string {
  const parts = [days.map(dayLines).join("\n"), rulesTable(days), figuresTable(days)];
  for (const { scenario, seed, calls, broken, brokenRules, violations } of days) {
    if (broken === 0) continue;
    parts.push(violations.map(violationLines).join("\n"));
    const rules = Object.entries(brokenRules).map(([name, count]) => `  ${count} × ${name}`);
    parts.push([`${scenario}:`, ...rules].join("\n"));
    parts.push(`again: npm run simulate -- --scenario ${scenario} --seed ${seed} --calls ${calls}`);
  }
  return `${parts.join("\n\n")}\n`;
}
