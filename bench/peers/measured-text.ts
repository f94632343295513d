import { cpus, loadavg, totalmem } from "node:os";
import type { Spread } from "../harness/statistics.ts";
import { grouped } from "../reliability/measurement.ts";
import { costFigure, faultsOf, figure } from "./figures.ts";
import { answerBytes, crowdPhase, crowds, sizePhase } from "./phases.ts";
import type { PeerReport, RunReport } from "./run-report.ts";
import { short } from "./svg.ts";
import { targetRows } from "./targets.ts";

const bytesPerKiB = 1024;
const bytesPerGiB = 1024 ** 3;

/** A table of the page: its columns are figures, each with a heading. */
interface Table {
  readonly title: string;
  readonly plots: readonly string[];
  readonly columns: readonly (readonly [heading: string, figure: string])[];
}

const tables: readonly Table[] = [
  {
    title: "Whole calls",
    plots: ["calls.svg", "latency.svg"],
    columns: [
      ["calls per CPU-second", "calls"],
      ["added p50, ms", "addedP50"],
      ["added p99, ms", "addedP99"],
    ],
  },
  {
    title: "Streams",
    plots: ["streams.svg", "paced.svg"],
    columns: [
      ["chunks per CPU-second, full speed", "streams"],
      ["the same, 500 paced streams", "paced"],
      ["first chunk p50, ms", "firstP50"],
      ["first chunk p99, ms", "firstP99"],
    ],
  },
  {
    title: "Memory and start",
    plots: ["memory.svg", "start.svg"],
    columns: [
      ["at rest, MB", "rest"],
      ["500 streams, MB", "peak"],
      ["each stream, KB", "each"],
      ["2 s after, MB", "after"],
      ["start to first answer, ms", "start"],
    ],
  },
  {
    title: "CPU of a call by the answer's size, µs",
    plots: ["size.svg"],
    columns: answerBytes.map((bytes) => [
      bytes < bytesPerKiB ? "0.5 KiB" : `${bytes / bytesPerKiB} KiB`,
      costFigure(sizePhase(bytes)),
    ]),
  },
  {
    title: "CPU of a call by calls at once, µs",
    plots: ["crowd.svg"],
    columns: crowds.map((count) => [count.toLocaleString("en-US"), costFigure(crowdPhase(count))]),
  },
];

/** What is written between the marks of the page. `folder`: where its plots lie. */
export function measuredText(report: RunReport, folder: string): string {
  return [
    machineLine(report),
    "## Against the targets",
    targetRows(report.peers).join("\n"),
    ...tables.flatMap((table) => [
      `## ${table.title}`,
      tableText(table, report.peers),
      table.plots.map((file) => `![${table.title}](${folder}/${file})`).join("\n\n"),
    ]),
    "## What was measured, and what was not",
    versionTable(report.peers),
  ].join("\n\n");
}

function machineLine({ at, rounds, isQuick, seconds, partSeconds }: RunReport): string {
  const [cpu] = cpus();
  const parts = [...partSeconds].map(([part, took]) => `${part} ${Math.round(took)} s`);
  // The cores that this process may use are fewer: it has pinned itself.
  const machine = `${cpus().length} cores (${cpu?.model.trim() ?? "unknown"})`;
  const load = (loadavg()[1] ?? 0).toFixed(1);
  return [
    `Measured ${at.toISOString().slice(0, 10)} on ${machine},`,
    `${Math.round(totalmem() / bytesPerGiB)} GiB; rounds: ${rounds}${isQuick ? " (quick)" : ""};`,
    `load average of five minutes at the end ${load} (the run itself makes about 2).`,
    `${(seconds / 60).toFixed(0)} minutes: ${parts.join(", ")}.`,
    "Each figure is the median of its rounds, with least and most in brackets where they differ.",
    "–: not measured, or too few calls ended in the time.",
  ].join(" ");
}

function tableText({ columns }: Table, peers: readonly PeerReport[]): string {
  const rows = peers
    .filter(({ rounds }) => rounds.length > 0)
    .map(({ peer, rounds }) => {
      const name = peer.kind === "ours" ? `**${peer.title}**` : peer.title;
      return row([name, ...columns.map(([, key]) => cell(figure(rounds, key)))]);
    });
  const head = row(["", ...columns.map(([heading]) => heading)]);
  return [head, `|---|${"---:|".repeat(columns.length)}`, ...rows].join("\n");
}

function versionTable(peers: readonly PeerReport[]): string {
  const rows = peers.map(({ peer, version, rounds, why }) => {
    const { faulty, all } = faultsOf(rounds);
    const faults = rounds.flatMap((round) => round.faults);
    const notes = [...(why === undefined ? [] : [why]), ...new Set(faults)];
    const words = notes.join("; ").replaceAll(/\s+/g, " ").replaceAll("|", "\\|");
    const wrong = all === 0 ? "–" : `${grouped(faulty)} of ${grouped(all)}`;
    return row([peer.title, version || "–", String(rounds.length), wrong, words || "–"]);
  });
  const head = row(["", "version", "rounds", "calls failed or wrong", "not measured, and why"]);
  return [head, "|---|---|---:|---:|---|", ...rows].join("\n");
}

function cell(found: Spread | undefined): string {
  if (found === undefined) return "–";
  const { median, min, max } = found;
  if (min === max) return short(median);
  return `${short(median)} (${short(min)} to ${short(max)})`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
