// Measures this server beside other gateways, floors and libraries, all on the same mock and the
// same work in one run, and writes docs/performance.md with its plots. `npm run bench:peers`.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { freePort, goCommands, root } from "../harness/machine.ts";
import { shuffled } from "../harness/statistics.ts";
import { allPeers } from "./all-peers.ts";
import type { PeerRound } from "./figures.ts";
import { type Peer, PeerSkipped } from "./peer.ts";
import { measurePeer, type PartSeconds } from "./peer-round.ts";
import { outputOf, peersFolder } from "./peers-folder.ts";
import { phasesOf } from "./phases.ts";
import type { PeerReport, RunReport } from "./run-report.ts";
import { writePage } from "./write-page.ts";

const usage = `npm run bench:peers -- [options]
  --peers a,b         only these; the page is not written, unless --page says where
  --rounds N          rounds, each in an order of its own (default 3; 1 with --quick)
  --quick             shorter phases; the page is not written, unless --page says where
  --bin NAME=PATH     the program of a peer that no registry has: gomodel, bifrost
  --page FILE         the page to rewrite (default docs/performance.md), plots beside it
  --install-only      installs what is missing, and ends
  --help              this, and the names of the peers`;
const rounds = { usual: 3, quick: 1 };
const driverCore = "1";
const mockStartMs = 300;
const millisecondsPerSecond = 1_000;

const { values } = parseArgs({
  options: {
    peers: { type: "string" },
    rounds: { type: "string" },
    quick: { type: "boolean", default: false },
    bin: { type: "string", multiple: true, default: [] },
    page: { type: "string" },
    "install-only": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const everyone = allPeers(new Map(values.bin.map(pairOf)));
if (values.help) {
  console.log(`${usage}\n\npeers: ${everyone.map(({ name }) => name).join(" ")}`);
} else {
  await run();
}

async function run(): Promise<void> {
  if (availableParallelism() < 2) throw new Error("one core for gateways, one for all else: two");
  const chosen = chosenPeers();
  const count = roundsAsked();
  const begun = performance.now();
  console.error("installing what is missing");
  await outputOf(process.execPath, ["bench/build-go.mjs"]);
  const reports = await Promise.all(chosen.map(installed));
  for (const { peer, why } of reports) if (why) console.error(`  ${peer.title}: ${why}`);
  if (values["install-only"]) return;
  const partSeconds: PartSeconds = new Map();
  await measureRounds(reports, count, partSeconds);
  const report: RunReport = {
    at: new Date(),
    rounds: count,
    isQuick: values.quick,
    seconds: (performance.now() - begun) / millisecondsPerSecond,
    partSeconds,
    peers: reports,
  };
  mkdirSync(peersFolder, { recursive: true });
  const raw = { ...report, partSeconds: Object.fromEntries(partSeconds) };
  writeFileSync(join(peersFolder, "last-run.json"), JSON.stringify(raw, undefined, 1));
  const isPart = values.quick || values.peers !== undefined;
  const usualPage = isPart
    ? join(peersFolder, "performance.md")
    : join(root, "docs/performance.md");
  const page = values.page === undefined ? usualPage : resolve(values.page);
  writePage(page, report);
  console.error(`${(report.seconds / 60).toFixed(1)} minutes; wrote ${page}`);
}

function chosenPeers(): readonly Peer[] {
  const names = values.peers?.split(",");
  const unknown = names?.filter((name) => everyone.every((peer) => peer.name !== name)) ?? [];
  if (unknown.length > 0) throw new Error(`--peers: ${unknown.join(", ")}?\n${usage}`);
  return everyone.filter(({ name }) => names?.includes(name) ?? true);
}

function roundsAsked(): number {
  const count = Number(values.rounds ?? rounds[values.quick ? "quick" : "usual"]);
  if (!Number.isInteger(count) || count < 1) throw new Error("--rounds: expected a count");
  return count;
}

function pairOf(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new Error("--bin: expected NAME=PATH");
  return [text.slice(0, at), resolve(text.slice(at + 1))];
}

async function installed(peer: Peer): Promise<PeerReport> {
  try {
    return { peer, version: await peer.install(), rounds: [], why: undefined };
  } catch (error) {
    const isSkipped = error instanceof PeerSkipped;
    const reason = error instanceof Error ? error.message : String(error);
    const why = isSkipped ? `skipped, ${reason}` : `could not be installed: ${reason}`;
    return { peer, version: "", rounds: [], why };
  }
}

/** Rounds in an order of their own each; a peer that fails is tried again in the next. */
async function measureRounds(
  reports: readonly PeerReport[],
  count: number,
  partSeconds: PartSeconds,
): Promise<void> {
  // Whatever is started from here on runs beside the gateway, unless it is one.
  execFileSync("taskset", ["--all-tasks", "--cpu-list", "--pid", driverCore, String(process.pid)]);
  const port = await freePort();
  const mock = spawn(join(goCommands, "mock"), ["--listen", `127.0.0.1:${port}`], {
    stdio: "ignore",
  });
  await sleep(mockStartMs);
  const phases = phasesOf(values.quick);
  const upstream = { port, models: [...new Set(["bench-500b", ...phases.map(modelOf)])] };
  try {
    for (let round = 1; round <= count; round += 1) {
      const able = shuffled(reports.filter(({ version }) => version !== ""));
      for (const [index, report] of able.entries()) {
        const { peer } = report;
        const at = `round ${round} of ${count}, ${index + 1} of ${able.length}: ${peer.title}`;
        console.error(at);
        try {
          const found: PeerRound = await measurePeer(peer, upstream, phases, partSeconds);
          report.rounds.push(found);
          for (const fault of found.faults) console.error(`  ${fault}`);
        } catch (error) {
          report.why = `did not start: ${error instanceof Error ? error.message : error}`;
          console.error(`  ${report.why}`);
        }
      }
    }
  } finally {
    mock.kill();
  }
}

function modelOf({ job }: { readonly job: { readonly model: string } }): string {
  return job.model;
}
