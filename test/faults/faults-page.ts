import { errorTable } from "./error-table.ts";
import type { FaultCase, Proof } from "./fault-case.ts";
import { chapters } from "./ledger.ts";
import { otherReasons, rowProofs } from "./ledger-rows.ts";

const head = `# Faults

What is done to this server, to its callers and to its providers, what must come of it, and the
test that proves it. The page is written by \`npm run faults:table\` from the ledger in
\`test/faults/\`, whose own test fails when a case or a test is missing.

Faults of providers are made on real sockets, by a proxy (\`test/support/fault-proxy.ts\`) in front
of simulated providers, against a running server: for every wire, over gRPC, gRPC-Web and Connect,
unary and streamed. To save time, one wire is asked by every protocol and each other one by one of
them in turn; \`CONNECTORS_FAULTS=all npm test -- test/faults\` asks all by all. A title with
\`%s\` or \`$name\` stands for a row of tests.
`;

/** The text of docs/faults.md. */
export function faultsPage(): string {
  const all = chapters.flatMap(({ cases }) => cases);
  const open = all.filter((each) => each.open !== undefined);
  const full = all.length - open.length;
  const sum = `${all.length} cases: ${full} proved in full; of ${open.length} something is left.`;
  const tables = chapters.map(({ title, cases }) => `## ${title}\n\n${caseTable(cases)}\n`);
  return [head, `${sum}\n`, ...tables, rowChapter(), openChapter(open)].join("\n");
}

function caseTable(cases: readonly FaultCase[]): string {
  const rows = cases.map(({ id, fault, expected, proofs }) =>
    tableRow(id, cell(fault), cell(expected), proofs.map(proofText).join("<br>") || "none"),
  );
  return ["| id | fault | what comes of it | proof |", "|---|---|---|---|", ...rows].join("\n");
}

function rowChapter(): string {
  const rows = errorTable.map(({ signal, reason, status, again, elsewhere }) => {
    return tableRow(cell(signal), status, `\`${reason}\``, again, elsewhere ? "yes" : "no");
  });
  const others = Object.entries(otherReasons).map(
    ([reason, proofs]) => `| \`${reason}\` | ${proofs.map(proofText).join("<br>")} |`,
  );
  return [
    "## Failures of providers",
    "",
    `Each row is proved alone and beside a second target: ${rowProofs.map(proofText).join(", ")}.`,
    "",
    "| signal | status | reason | same target again | another target |",
    "|---|---|---|---|---|",
    ...rows,
    "",
    "## Other reasons",
    "",
    "| reason | proof |",
    "|---|---|",
    ...others,
    "",
  ].join("\n");
}

function openChapter(open: readonly FaultCase[]): string {
  const rows = open.map((each) => `| ${each.id} | ${cell(each.open ?? "")} |`);
  return ["## What is left", "", "| id | why |", "|---|---|", ...rows, ""].join("\n");
}

function tableRow(...cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function proofText([file, title]: Proof): string {
  return `${file.replace(/^test\/|\.test\.ts$/g, "")}: ${cell(title)}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
