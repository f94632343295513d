// Measures how reliable this version is, and writes what was found into the table of docs/reliability.md.
// `npm run reliability [-- --quick] [-- --only T5,T7]`: fewer repetitions; only the rows of these numbers, the others
// stay as they are. Ends with 1 when a target was missed. Rows say with what they were measured, and when.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const page = join(root, "docs/reliability.md");
const begin = "<!-- measured: npm run reliability -->";
const end = "<!-- end of what is measured -->";
const head = [
  "| | what | target | measured | | by | when, cores, load, Node |",
  "|---|---|---|---|---|---|---|",
];

const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, only: { type: "string" } },
});
const only = values.only?.split(",");
const quick = values.quick ? ["--quick"] : [];
const grouped = (count) => count.toLocaleString("en-US");

const folder = mkdtempSync(join(tmpdir(), "connectors-reliability-"));
const tallies = join(folder, "tallies.jsonl");
const testReport = join(folder, "tests.json");

/** Every row comes from one of these: what it measures, how it is run, and how its output is read. */
const sources = [
  {
    numbers: ["T1"],
    command: "npm run simulate -- --scenario outage --calls 100000",
    run: ["test/bad-days/main.ts", "--json", "--scenario", "outage", "--calls", calls(100_000)],
    read: ([day]) => [outageRow(day)],
  },
  {
    numbers: ["regions"],
    command: "npm run simulate -- --scenario region-death",
    run: [
      "test/bad-days/main.ts",
      "--json",
      "--scenario",
      "region-death",
      "--calls",
      calls(20_000),
    ],
    read: ([day]) => [regionRow(day)],
  },
  {
    numbers: ["T2", "T3", "T4"],
    command: "npm run simulate",
    run: ["test/bad-days/main.ts", "--json", "--calls", calls(20_000)],
    read: ruleRows,
  },
  {
    numbers: ["T3 recorded"],
    command: "vitest run test/corpus/cut.test.ts",
    run: vitest("test/corpus/cut.test.ts"),
    needs: "CONNECTORS_CORPUS",
    read: cutRows,
  },
  own("T5", "bench/reliability/cancel.ts"),
  own("T6", "bench/reliability/deadline.ts"),
  own("T7", "bench/reliability/stall.ts"),
  own("T8", "test/soak/abandoned-streams.ts", "npm run soak -- --streams 100000", [
    "--streams",
    "100000",
  ]),
  own("T10", "bench/reliability/hostile.ts"),
  own("T11", "test/restarts/run-restarts.ts", "npm run restarts"),
  own("T16", "bench/reliability/status-size.ts"),
  own("T17", "bench/reliability/retry-after.ts"),
  own("T18", "bench/reliability/spend.ts"),
  {
    numbers: ["batch"],
    command: "node bench/batch-memory.ts",
    run: ["bench/batch-memory.ts", ...(values.quick ? ["1000"] : [])],
    read: batchRows,
  },
  {
    numbers: ["faults"],
    command: "vitest run test/faults",
    run: vitest("test/faults"),
    read: faultRows,
  },
  own("judge", "test/judge/run-judge.ts", "npm run test:judge"),
];

writeFileSync(tallies, "");
const text = readFileSync(page, "utf8");
const old = rowsIn(text);
const rows = [];
let isGood = true;
for (const source of sources) {
  const isWanted = only === undefined || source.numbers.some((number) => only.includes(number));
  const isPossible = source.needs === undefined || process.env[source.needs] !== undefined;
  const measured = isWanted && isPossible ? await measure(source) : undefined;
  if (isWanted && measured === undefined) {
    console.error(
      `${source.numbers}: ${isPossible ? "nothing was measured" : `needs ${source.needs}`}`,
    );
    isGood &&= !isPossible;
  }
  rows.push(...(measured ?? old.filter(({ number }) => source.numbers.includes(number))));
}
rmSync(folder, { recursive: true });
const table = [...head, ...rows.map(({ line }) => line)].join("\n");
const [before, after] = [text.split(begin)[0], text.split(end)[1]];
writeFileSync(page, `${before}${begin}\n\n${table}\n\n${end}${after}`);
process.exitCode = isGood ? 0 : 1;

/** Rows as lines of the table. Undefined: the program ended without an answer. */
async function measure(source) {
  console.error(`== ${source.numbers}: ${source.command}`);
  const output = await outputOf(source.run);
  try {
    const found = source.read(parsed(output));
    return found.map((row) => {
      isGood &&= row.isGood;
      console.error(`${row.isGood ? "good" : "BAD "} ${row.number}: ${row.measured}`);
      return { number: row.number, line: lineOf(row, source.command) };
    });
  } catch (error) {
    console.error(`${source.command}: ${error}\n${output.slice(0, 500)}`);
    return undefined;
  }
}

function lineOf({ number, what, target, measured, isGood: isMet }, command) {
  const when = new Date().toISOString().slice(0, 10);
  const load = loadavg()[0]?.toFixed(1);
  const machine = `${when}, ${availableParallelism()}, ${load}, ${process.versions.node}`;
  const by = `\`${command}\`${values.quick ? ", quick" : ""}`;
  const cells = [number, what, target, measured, isMet ? "✓" : "✗", by, machine];
  return `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |`;
}

function rowsIn(markdown) {
  const [, table = ""] = markdown.split(begin);
  const lines = table.split(end)[0].split("\n");
  return lines.flatMap((line) => {
    const number = /^\| ([^|]*?) \|/.exec(line)?.[1];
    return number === undefined || head.includes(line) ? [] : [{ number, line }];
  });
}

/** What a program of this project prints on its standard output. */
function outputOf(run) {
  const child = spawn(process.execPath, run, {
    cwd: root,
    env: { ...process.env, CONNECTORS_TALLIES: tallies, CONNECTORS_EXHAUSTIVE: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => resolve(output));
  });
}

function parsed(output) {
  return /^\s*[[{]/.test(output) ? JSON.parse(output) : output;
}

/** A program that prints `{ rows }` itself. */
function own(number, file, command = `node ${file}`, counts = []) {
  return {
    numbers: [number],
    command,
    run: [file, "--json", ...(quick.length > 0 ? quick : counts)],
    read: (report) => report.rows,
  };
}

function vitest(...files) {
  const report = ["--reporter=json", `--outputFile=${testReport}`];
  return ["node_modules/vitest/vitest.mjs", "run", ...report, ...files];
}

function calls(count) {
  return String(values.quick ? count / 20 : count);
}

function outageRow({ calls: made, figures, broken, checked }) {
  const {
    "attempts a call": ratio,
    "first answer, ms": answerMs,
    "last failure, ms": failureMs,
    "first second": surge,
  } = figures;
  return {
    number: "T1",
    what: `every provider is down for half of ${grouped(made)} calls, in virtual time`,
    target:
      "≤ 1.10 attempts a call when steady, never > 3; an answer ≤ 5 s after healing, no surge",
    measured:
      `${ratio?.toFixed(3)} attempts a call; ${grouped(checked["at most 3 attempts"])} calls of at most 3; ` +
      `first answer ${Math.round(answerMs)} ms and last failure ${Math.round(failureMs)} ms after healing; ` +
      `${surge.toFixed(2)} of the usual rate in the first second; ${broken} rules broken`,
    isGood: broken === 0 && ratio <= 1.1,
  };
}

function regionRow({ calls: made, ok, figures, broken, checked }) {
  // Too few calls leave none to tell of.
  const p99 = (name) => (figures[name] === null ? "unknown" : `${Math.round(figures[name])} ms`);
  return {
    number: "regions",
    what: `one of two regions dies, refusing and later silent, in ${grouped(made)} calls`,
    target: "only streams that had begun are lost; p99 as usual after 2 s; none leaves the fence",
    measured:
      `${grouped(made - ok)} not answered, ${figures["lost streams"]} of them streams that had begun; p99 usually ` +
      `${p99("usual p99, ms")}, when it refuses ${p99("p99 when it refuses, ms")}, when it is silent ` +
      `${p99("p99 when it silent, ms")}; ${grouped(checked["inside the fence"])} calls inside the fence; ` +
      `${broken} rules broken`,
    isGood: broken === 0,
  };
}

/** One row a target, from how often its rule's case occurred and was broken. */
function ruleRows(days) {
  const sum = (which, pattern) =>
    days.reduce(
      (total, day) =>
        Object.entries(day[which])
          .filter(([name]) => pattern.test(name))
          .reduce((part, [, count]) => part + count, total),
      0,
    );
  const row = (number, what, target, pattern) => {
    const [checked, broken] = [sum("checked", pattern), sum("brokenRules", pattern)];
    const measured = `${broken} of ${grouped(checked)}, on ${days.length} bad days`;
    return { number, what, target, measured, isGood: broken === 0 && checked > 0 };
  };
  return [
    row("T2", "streams with words twice, or of two providers", "0", /\(T2\)/),
    row("T3", "answers that were OK and not whole", "0", /\(T3\)/),
    row("T4", "attempts without the one usage record that is due", "0", /\(T4\)/),
  ];
}

/** What vitest found: it writes its report into a file. */
function testReportRead() {
  return JSON.parse(readFileSync(testReport, "utf8"));
}

function cutRows() {
  const report = testReportRead();
  const lines = readFileSync(tallies, "utf8").split("\n").filter(Boolean).map(JSON.parse);
  const cuts = lines.filter(({ judge }) => judge === "cuts");
  const sum = (member) => cuts.reduce((count, one) => count + one[member], 0);
  return [
    {
      number: "T3 recorded",
      what: `streams of ${cuts.length} real APIs, cut at every event and at random bytes`,
      target: "none is OK before its logical end",
      measured: `${grouped(sum("equal"))} of ${grouped(sum("judged"))} right`,
      isGood: report.success && sum("judged") > 0 && sum("equal") === sum("judged"),
    },
  ];
}

function batchRows(output) {
  if (typeof output !== "string") return output.rows;
  const found = [
    ...output.matchAll(/^(\w+): (\d+) items, (\d+) failed.*?(-?\d+) MiB above idle$/gm),
  ];
  if (found.length === 0) throw new Error("no figures");
  const peaks = found.map(([, method, , , peak]) => `${method} ${peak} MiB`);
  const [, , items, failed] = found[0];
  return [
    {
      number: "batch",
      what: `a batch of ${grouped(Number(items))} with 5 % faults of all kinds`,
      target: "each item exactly one result; peak memory < 150 MiB above idle",
      measured: `${grouped(Number(failed))} items failed; ${peaks.join(", ")} above idle`,
      isGood: /^good$/m.test(output),
    },
  ];
}

function faultRows() {
  const { numTotalTests: total, numPassedTests: passed, success } = testReportRead();
  return [
    {
      number: "faults",
      what: "faults of connections, answers and streams, by a TCP proxy between server and provider",
      target: "each ends as the table of errors says",
      measured: `${passed} of ${total} cases`,
      isGood: success && passed > 0,
    },
  ];
}
