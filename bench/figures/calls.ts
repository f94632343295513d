import type { Workload } from "../harness/workload.ts";
import { atLeast, atMostOver, type Cell, found, type Round, type Section } from "./figure.ts";

const sixteen: Workload = { model: "bench-500b", seconds: 2, warmupSeconds: 1, drainSeconds: 2 };
const steady: Workload = {
  model: "bench-500b",
  rate: 200,
  seconds: 2.5,
  warmupSeconds: 0.5,
  drainSeconds: 2,
};
const connectMin = 3_000;

const cell = (subject: Cell["subject"], workload: Workload): Cell => ({ subject, workload });
const perCpuSecond = (name: string) => (round: Round) => found(round, name).callsPerCpuSecond;

/** What a whole call costs: calls for each second of CPU, 16 at once. */
export const calls: Section = {
  name: "calls",
  title: "whole calls of 500 bytes, 16 at once",
  cells: {
    "calls grpc": cell("ours", sixteen),
    "calls connect-json": cell("ours-connect-json", sixteen),
    "calls no lane": cell("ours-no-lane", sixteen),
    "calls hop": cell("hop", sixteen),
    "calls reverse-proxy": cell("reverse-proxy", sixteen),
  },
  figures: [
    {
      title: "gRPC",
      unit: "calls/CPU-s",
      digits: 0,
      ours: perCpuSecond("calls grpc"),
      yardstick: { name: "hop", value: perCpuSecond("calls hop") },
      target: atLeast(0.5, "hop"),
    },
    {
      title: "gRPC, fast_lane: false",
      unit: "calls/CPU-s",
      digits: 0,
      ours: perCpuSecond("calls no lane"),
      yardstick: { name: "hop", value: perCpuSecond("calls hop") },
    },
    {
      title: "Connect JSON over HTTP/1.1",
      unit: "calls/CPU-s",
      digits: 0,
      ours: perCpuSecond("calls connect-json"),
      yardstick: { name: "reverse-proxy", value: perCpuSecond("calls reverse-proxy") },
      target: { text: `≥ ${connectMin}`, isMet: (value) => value >= connectMin },
    },
  ],
};

const added = (name: string, share: "p50" | "p99") => (round: Round) =>
  found(round, name).latencyMs[share] - found(round, "latency direct").latencyMs[share];

/** What a gateway adds to the time of a call that has the machine for itself. */
export const latency: Section = {
  name: "latency",
  title: "latency added at 200 calls/s",
  cells: {
    "latency grpc": cell("ours", steady),
    "latency hop": cell("hop", steady),
    "latency direct": cell("direct", steady),
  },
  figures: (["p50", "p99"] as const).map((share) => ({
    title: share,
    unit: "ms",
    digits: 2,
    ours: added("latency grpc", share),
    yardstick: { name: "hop", value: added("latency hop", share) },
    target: atMostOver(share === "p50" ? 0.3 : 3, "ms", "hop"),
  })),
};
