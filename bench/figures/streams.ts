import type { Workload } from "../harness/workload.ts";
import { atLeast, atMost, type Figure, found, type Round, type Section } from "./figure.ts";

const flooded: Workload = {
  model: "bench-200x10b",
  stream: true,
  seconds: 2,
  warmupSeconds: 1,
  drainSeconds: 2,
};
const paced: Workload = {
  model: "bench-50x10b-100ms",
  stream: true,
  concurrency: 500,
  seconds: 2.5,
  warmupSeconds: 5,
  drainSeconds: 0,
};
const thousands: Workload = {
  model: "bench-30x10b-1s",
  stream: true,
  concurrency: 5_000,
  seconds: 20,
  warmupSeconds: 30,
  drainSeconds: 40,
  settleSeconds: 10,
};

const perCpuSecond = (name: string) => (round: Round) => found(round, name).chunksPerCpuSecond;

/** Chunks for a CPU-second, and what part of the hop's they are to be. */
function chunks(cell: "flood" | "paced", part: number): Figure {
  return {
    title: "chunks",
    unit: "chunks/CPU-s",
    digits: 0,
    ours: perCpuSecond(`${cell} grpc`),
    yardstick: { name: "hop", value: perCpuSecond(`${cell} hop`) },
    target: atLeast(part, "hop"),
  };
}

/** What a piece of a stream costs when the provider writes as fast as it can. */
export const flood: Section = {
  name: "flood",
  title: "16 streams of 200 chunks at full speed",
  cells: {
    "flood grpc": { subject: "ours", workload: flooded },
    "flood hop": { subject: "hop", workload: flooded },
  },
  figures: [chunks("flood", 0.9)],
};

/** What a piece costs when each wakes the gateway up, and how long the first one takes then. */
export const pace: Section = {
  name: "paced",
  title: "500 streams with a chunk each 100 ms",
  cells: {
    "paced grpc": { subject: "ours", workload: paced },
    "paced hop": { subject: "hop", workload: paced },
  },
  figures: [
    chunks("paced", 0.75),
    ...(["p50", "p99"] as const).map((share) => ({
      title: `first chunk, ${share}`,
      unit: "ms",
      digits: 2,
      ours: (round: Round) => found(round, "paced grpc").firstChunkMs[share],
      yardstick: {
        name: "hop",
        value: (round: Round) => found(round, "paced hop").firstChunkMs[share],
      },
      target: atMost(share === "p50" ? 2 : 15, "ms"),
    })),
  ],
};

const megabytes = (title: string, ours: Figure["ours"], amount: number): Figure => ({
  title,
  unit: "MB",
  digits: 0,
  ours,
  target: atMost(amount, "MB"),
});
const memoryOf = (round: Round) => found(round, "memory").rssMB;

/** Memory of a server that has done nothing before, with 500 paced streams and after them. */
export const memory: Section = {
  name: "memory",
  title: "memory (resident), a fresh server and 500 paced streams",
  rounds: 1,
  cells: {
    memory: {
      subject: "ours",
      isFresh: true,
      workload: { ...paced, drainSeconds: 8, settleSeconds: 5 },
    },
  },
  figures: [
    megabytes("at rest", (round) => memoryOf(round).before, 90),
    megabytes("with 500 streams, at most", (round) => memoryOf(round).peak, 170),
    {
      title: "for each stream",
      unit: "KB",
      digits: 0,
      ours: (round) => ((memoryOf(round).open - memoryOf(round).before) * 1_000) / 500,
      target: atMost(150, "KB"),
    },
    {
      title: "5 s after, against at rest",
      unit: "MB",
      digits: 0,
      ours: (round) => memoryOf(round).after,
      yardstick: { name: "at rest", value: (round) => memoryOf(round).before },
      target: { text: "≤ 1.1 × at rest", isMet: (after, rest) => after <= rest * 1.1 },
    },
  ],
};

/** As many streams as a busy server holds open. */
export const long: Section = {
  name: "long",
  title: "5,000 streams of a chunk a second",
  rounds: 1,
  isLong: true,
  cells: { long: { subject: "ours-5000-streams", isFresh: true, workload: thousands } },
  figures: [
    {
      title: "not whole",
      unit: "streams",
      digits: 0,
      ours: (round) => {
        const { errors, wrong, unfinished } = found(round, "long");
        return errors + wrong + unfinished;
      },
      target: atMost(0, "streams"),
    },
    megabytes("memory, at most", (round) => found(round, "long").rssMB.peak, 600),
    {
      title: "chunks",
      unit: "chunks/CPU-s",
      digits: 0,
      ours: perCpuSecond("long"),
    },
    {
      title: "first chunk, p99",
      unit: "ms",
      digits: 2,
      ours: (round) => found(round, "long").firstChunkMs.p99,
    },
  ],
};
