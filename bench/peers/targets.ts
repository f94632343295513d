import { costFigure, figure } from "./figures.ts";
import { crowdPhase } from "./phases.ts";
import type { PeerReport } from "./run-report.ts";
import { short } from "./svg.ts";

/** What this server should reach, against a yardstick of the same run or a number. */
interface Target {
  readonly what: string;
  /** Which of ours, and which of its figures. */
  readonly ours: readonly [peer: string, figure: string];
  /** Times, or plus, a figure of this peer. */
  readonly yardstick?: {
    readonly peer: string;
    /** Default: the same. */
    readonly figure?: string;
    readonly times?: number;
    readonly plus?: number;
  };
  /** Or just this. */
  readonly limit?: number;
  readonly isAtLeast?: true;
}

const targets: readonly Target[] = [
  {
    what: "whole calls per CPU-second, gRPC: half of the Go hop's",
    ours: ["connectors", "calls"],
    yardstick: { peer: "hop", times: 0.5 },
    isAtLeast: true,
  },
  {
    what: "the same by Connect JSON on HTTP/1.1: twice Portkey's",
    ours: ["connectors-json", "calls"],
    yardstick: { peer: "portkey", times: 2 },
    isAtLeast: true,
  },
  {
    what: "chunks per CPU-second at full speed: 0.9 of the hop's",
    ours: ["connectors", "streams"],
    yardstick: { peer: "hop", times: 0.9 },
    isAtLeast: true,
  },
  {
    what: "chunks per CPU-second of 500 paced streams: 0.75 of the hop's",
    ours: ["connectors", "paced"],
    yardstick: { peer: "hop", times: 0.75 },
    isAtLeast: true,
  },
  {
    what: "latency added at 200 calls a second, p50: the hop's plus 0.3 ms",
    ours: ["connectors", "addedP50"],
    yardstick: { peer: "hop", plus: 0.3 },
  },
  {
    what: "the same, p99: the hop's plus 3 ms",
    ours: ["connectors", "addedP99"],
    yardstick: { peer: "hop", plus: 3 },
  },
  { what: "first chunk of 500 paced streams, p50, ms", ours: ["connectors", "firstP50"], limit: 2 },
  { what: "the same, p99, ms", ours: ["connectors", "firstP99"], limit: 15 },
  { what: "memory at rest, MB", ours: ["connectors", "rest"], limit: 90 },
  { what: "memory at 500 paced streams, MB", ours: ["connectors", "peak"], limit: 170 },
  { what: "memory of each stream, KB", ours: ["connectors", "each"], limit: 150 },
  {
    what: "CPU of a call with 1,000 at once: that with one plus a fifth, µs",
    ours: ["connectors", costFigure(crowdPhase(1_000))],
    yardstick: { peer: "connectors", figure: costFigure(crowdPhase(1)), times: 1.2 },
  },
];

/** The table of targets; where either side was not measured, it says so. */
export function targetRows(peers: readonly PeerReport[]): readonly string[] {
  const rows = targets.map((target) => {
    const { what, ours, limit, isAtLeast = false } = target;
    const found = medianOf(peers, ...ours);
    const due = limit ?? dueOf(peers, target);
    if (found === undefined || due === undefined) return `| ${what} | – | – | not measured |`;
    const isMet = isAtLeast ? found >= due : found <= due;
    const asked = `${isAtLeast ? "≥" : "≤"} ${short(due)}`;
    return `| ${what} | ${asked} | ${short(found)} | ${isMet ? "✓" : "✗"} |`;
  });
  return ["| target | asked | measured | |", "|---|---:|---:|---|", ...rows];
}

function dueOf(peers: readonly PeerReport[], { ours, yardstick }: Target): number | undefined {
  if (yardstick === undefined) return undefined;
  const against = medianOf(peers, yardstick.peer, yardstick.figure ?? ours[1]);
  if (against === undefined) return undefined;
  return against * (yardstick.times ?? 1) + (yardstick.plus ?? 0);
}

function medianOf(peers: readonly PeerReport[], name: string, key: string): number | undefined {
  const report = peers.find(({ peer }) => peer.name === name);
  return report === undefined ? undefined : figure(report.rounds, key)?.median;
}
