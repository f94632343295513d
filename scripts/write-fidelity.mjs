// Judges every recording, and writes docs/fidelity.md: a table by API, and the checklist of each adapter with the
// names of the tests that prove it. `--check` fails where the page would change. It needs CONNECTORS_CORPUS.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const page = join(root, "docs/fidelity.md");
const judges = ["answers", "requests", "returned", "cuts", "additions"];

function tallies() {
  const folder = mkdtempSync(join(tmpdir(), "connectors-fidelity-"));
  const file = join(folder, "tallies.jsonl");
  writeFileSync(file, "");
  try {
    execFileSync("vitest", ["run", "test/corpus"], {
      cwd: root,
      env: { ...process.env, CONNECTORS_TALLIES: file },
      stdio: ["ignore", "ignore", "inherit"],
    });
    const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
    return lines.map((line) => JSON.parse(line));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function cell(tally) {
  if (tally === undefined || tally.judged === 0) return "·";
  return tally.equal === tally.judged ? `${tally.judged}` : `${tally.equal} of ${tally.judged}`;
}

function answersCell(tally) {
  const missing = tally === undefined ? 0 : tally.recordings - tally.judged;
  return missing > 0 ? `${cell(tally)} (${missing} cannot be judged)` : cell(tally);
}

function apiTable(all) {
  const names = [...new Set(all.map(({ api }) => api))].sort();
  const rows = names.map((api) => {
    const of = Object.fromEntries(
      judges.map((judge) => [judge, all.find((one) => one.api === api && one.judge === judge)]),
    );
    const rest = judges.slice(1).map((judge) => cell(of[judge]));
    return `| ${api} | ${[answersCell(of.answers), ...rest].join(" | ")} |`;
  });
  const total = judges.map((judge) => {
    const ours = all.filter((one) => one.judge === judge);
    const sum = (member) => ours.reduce((count, one) => count + one[member], 0);
    return `${sum("equal")} of ${sum("judged")}`;
  });
  return [
    "| API | answers | requests | sent back | cuts | additions |",
    "|---|--:|--:|--:|--:|--:|",
    ...rows,
    `| **all** | ${total.join(" | ")} |`,
  ].join("\n");
}

function exceptions(file) {
  const known = JSON.parse(readFileSync(join(root, "test/corpus", file), "utf8"));
  return Object.entries(known).map(([id, why]) => `- \`${id}\`: ${why}`);
}

/** The checklist, and what is wrong with it: tests that are named must exist. */
function checklist() {
  const { items, adapters } = parse(readFileSync(join(root, "docs/fidelity.yaml"), "utf8"));
  const sources = new Map(
    readdirSync(join(root, "test"), { recursive: true })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => [`test/${name}`, readFileSync(join(root, "test", name), "utf8")]),
  );
  const problems = [];
  const blocks = Object.entries(adapters).map(([adapter, ticks]) => {
    const rows = items.map((item, index) => {
      const tick = ticks[index + 1];
      if (tick === undefined) problems.push(`${adapter}: nothing for item ${index + 1}`);
      return `| ${index + 1} | ${item} | ${tickCell(tick ?? {}, sources, problems)} |`;
    });
    return [`### ${adapter}`, "", "| | | proved by |", "|--:|---|---|", ...rows].join("\n");
  });
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return blocks.join("\n\n");
}

function tickCell({ tests = [], none }, sources, problems) {
  if (none !== undefined) return `none: ${none}`;
  const named = tests.map((test) => {
    const [file, name = ""] = test.split(" > ");
    const text = sources.get(file);
    if (text === undefined || !text.includes(name)) problems.push(`no test: ${test}`);
    return name === "" ? `\`${file}\`` : `\`${file}\`: ${name}`;
  });
  return `✓ ${named.join("; ")}`;
}

function pageText() {
  return `# Fidelity

What providers really sent, and real clients really asked, against what comes through. \`npm run fidelity\` writes this page
from the recordings in \`CONNECTORS_CORPUS\`.

- **answers**: recorded answers and errors, whole and streamed, with the bytes cut at random, through a running server over gRPC: equal in text, thinking, refusal,
  tool calls, stop reason, usage, error status and code.
- **requests**: recorded requests, read into the contract and encoded again: equal bodies, without a warning.
- **sent back**: answers that a recorded client sent back in its next request: ids, signatures and sealed thinking unchanged.
- **cuts**: streams that were cut at events and at random bytes: never OK before their logical end.
- **additions**: members, blocks and events that nobody knows, put anywhere into answers: nothing known changes, and the addition is in the answer.

One number: all of them were equal. \`·\`: there is none.

## Recordings

${apiTable(tallies())}

What is not equal, and why:

${[...exceptions("known-exceptions.json"), ...exceptions("known-request-exceptions.json")].join("\n")}

## Servers and clients that are not ours

| what | how |
|---|---|
| a real llama.cpp with real weights: chat, Messages, Responses | \`npm run test:real\`, which installs it |
| ministack for Bedrock, signed; aimock for every wire | \`npm run test:real\` |
| a real Ollama: its own wire, chat, Messages, Responses | \`npm run test:ollama\`, which builds it with Go: minutes |
| the official SDKs of every provider, against the simulated providers | \`npm test\`, in \`test/simulator/*-sdk.test.ts\` |
| a conversation from each provider to each other and back | \`npm test\`, in \`test/e2e/provider-pairs.test.ts\` |
| what encoding and decoding cost | \`npm run bench:codec\` |

## Checklist

What an adapter must do to be complete, with the test that proves it.

${checklist()}
`;
}

const text = pageText();
if (process.argv.includes("--check")) {
  if (text !== readFileSync(page, "utf8"))
    throw new Error("docs/fidelity.md is stale: npm run fidelity");
} else {
  writeFileSync(page, text);
}
