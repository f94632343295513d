// Our own figures beside two yardsticks of the same run, in less than five minutes:
// `npm run bench`. bench/README.md says what is measured and how to read it.
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { calls, latency } from "./figures/calls.ts";
import type { Section } from "./figures/figure.ts";
import { crowd, patterns, size } from "./figures/growth.ts";
import { linesOf, tableOf } from "./figures/report.ts";
import { runSections } from "./figures/run-sections.ts";
import { flood, long, memory, pace } from "./figures/streams.ts";
import { Subjects } from "./figures/subjects.ts";
import { otherLoad, sharing } from "./harness/machine.ts";
import { runScript } from "./harness/run-script.ts";
import type { MicroResult } from "./micro/micro.ts";

const sections: readonly Section[] = [
  ...[calls, flood, pace, latency, memory],
  ...[crowd, size, patterns, long],
];
const microName = "micro";
const names = [microName, ...sections.map(({ name }) => name)];
const quickScale = 0.5;

const help = `npm run bench -- [--only NAME] [--rounds N] [--quick] [--long] [--json]

  --only NAME  only these figures; may be repeated: ${names.join(", ")}
  --rounds N   rounds, 1 to 100 (3)
  --quick      one round of half the time
  --long       5,000 open streams as well (two minutes more)
  --json       one JSON object on standard output; progress stays on standard error

The exit code is 0 whatever the figures are, and 1 where an answer was wrong.
`;

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    rounds: { type: "string" },
    quick: { type: "boolean", default: false },
    long: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
const unknown = values.only.find((name) => !names.includes(name));
if (values.help) {
  process.stdout.write(help);
} else if (unknown !== undefined || !Number.isInteger(rounds) || rounds < 1 || rounds > 100) {
  process.stderr.write(`${unknown === undefined ? "--rounds" : `--only ${unknown}`}?\n\n${help}`);
  process.exitCode = 2;
} else {
  await main();
}

async function main(): Promise<void> {
  progress(sharing());
  const isWanted = (name: string, isLong = false): boolean =>
    values.only.length === 0 ? !isLong || values.long : values.only.includes(name);
  const microResults = isWanted(microName) ? await measureMicro() : [];
  const wanted = sections.filter(({ name, isLong }) => isWanted(name, isLong));
  const results = wanted.length === 0 ? [] : await measureSections(wanted);
  const lines = results.flatMap(linesOf);
  const faults = results.flatMap((result) => result.faults);
  const machine = { cpu: cpus()[0]?.model ?? "", cores: cpus().length, node: process.version };
  if (values.json) {
    const found = { machine, rounds, load: otherLoad(), micro: microResults, lines, faults };
    process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
  } else {
    process.stdout.write(`\n${machine.cpu}, ${machine.cores} cores, Node ${machine.node}\n\n`);
    if (microResults.length > 0) process.stdout.write(`${microTable(microResults)}\n`);
    if (lines.length > 0) process.stdout.write(`${tableOf(lines)}\n`);
    for (const fault of faults) process.stdout.write(`\nfault: ${fault}\n`);
  }
  if (faults.length > 0) process.exitCode = 1;
}

async function measureMicro(): Promise<readonly MicroResult[]> {
  progress("single operations");
  // Only here, since it loads half of the server.
  const { micro } = await import("./micro/micro.ts");
  return [...micro()];
}

async function measureSections(wanted: readonly Section[]): ReturnType<typeof runSections> {
  prepare("bench/build-go.mjs", "building the Go tools (a minute the first time)");
  prepare("scripts/prepare-start.mjs", "building our server");
  const other = otherLoad();
  if (other !== "") progress(other);
  const subjects = await Subjects.start();
  try {
    const scale = values.quick ? quickScale : 1;
    return await runSections(wanted, subjects, { rounds, scale, progress });
  } finally {
    await subjects.stop();
  }
}

function prepare(script: string, what: string): void {
  progress(what);
  runScript(script);
}

function progress(text: string): void {
  const seconds = Math.round(performance.now() / 1_000);
  process.stderr.write(`[${String(seconds).padStart(3)} s] ${text}\n`);
}

function microTable(results: readonly MicroResult[]): string {
  const rows = results.map(
    ({ title, microseconds }) => `  ${title.padEnd(48)} ${microseconds.toFixed(2).padStart(9)} µs`,
  );
  return ["single operations", ...rows, ""].join("\n");
}
