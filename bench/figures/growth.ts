import type { Workload } from "../harness/workload.ts";
import {
  atMostOver,
  type Cell,
  type Figure,
  found,
  microsecondsPerCall,
  type Round,
  type Section,
} from "./figure.ts";

const brief = { seconds: 1.5, warmupSeconds: 0.5, drainSeconds: 2 };
const crowds = [1, 16, 128, 1_000];
const sizes = [512, 8 * 1024, 64 * 1024, 1024 * 1024];
const growthMax = 1.2;

const cost = (name: string) => (round: Round) => microsecondsPerCall(found(round, name));
const asText = (bytes: number) =>
  bytes < 1024 * 1024 ? `${bytes / 1024} KiB` : `${bytes / 1024 / 1024} MiB`;

function cellOf(subject: Cell["subject"], workload: Partial<Workload>): Cell {
  return { subject, workload: { model: "bench-500b", ...brief, ...workload } };
}

/** CPU of a call by the number of calls at once. */
export const crowd: Section = {
  name: "crowd",
  title: "CPU of a call by calls at once",
  rounds: 2,
  cells: Object.fromEntries(
    crowds.map((concurrency) => [`crowd ${concurrency}`, cellOf("ours", { concurrency })]),
  ),
  figures: crowds.map(
    (concurrency): Figure => ({
      title: `${concurrency.toLocaleString("en")} at once`,
      unit: "µs",
      digits: 0,
      ours: cost(`crowd ${concurrency}`),
      ...(concurrency > 1 && {
        yardstick: { name: "1 at once", value: cost("crowd 1") },
        target: {
          text: `≤ ${growthMax} × 1 at once`,
          isMet: (many, one) => many <= one * growthMax,
        },
      }),
    }),
  ),
};

// Not so many at once that they do not fit into the buffers of their connection.
const atOnce = 4;

/** CPU of a call by the size of its answer, beside the hop's. */
export const size: Section = {
  name: "sizes",
  title: `CPU of a call by the size of its answer, ${atOnce} at once`,
  rounds: 2,
  cells: Object.fromEntries(
    sizes.flatMap((bytes) => {
      const workload = { model: `bench-${bytes}b`, concurrency: atOnce };
      return [
        [`size ${bytes}`, cellOf("ours", workload)],
        [`size ${bytes} hop`, cellOf("hop", workload)],
      ];
    }),
  ),
  figures: [
    ...sizes.map(
      (bytes): Figure => ({
        title: asText(bytes),
        unit: "µs",
        digits: 0,
        ours: cost(`size ${bytes}`),
        yardstick: { name: "hop", value: cost(`size ${bytes} hop`) },
      }),
    ),
    {
      title: "a KiB, 64 KiB to 1 MiB",
      unit: "µs",
      digits: 2,
      ours: perKiB(64 * 1024, 1024 * 1024),
      yardstick: { name: "8 to 64 KiB", value: perKiB(8 * 1024, 64 * 1024) },
      target: {
        text: `linear: ≤ ${growthMax} × 8 to 64 KiB`,
        isMet: (late, early) => late <= early * growthMax,
      },
    },
  ],
};

function perKiB(from: number, to: number): (round: Round) => number {
  return (round) =>
    ((cost(`size ${to}`)(round) - cost(`size ${from}`)(round)) * 1024) / (to - from);
}

/** What 1,000 routes before the one that matches add to a call. */
export const patterns: Section = {
  name: "patterns",
  title: "CPU of a call with 1,000 routes before its own",
  cells: {
    "patterns 1000": cellOf("ours-1000-patterns", {}),
    "patterns 0": cellOf("ours", {}),
  },
  figures: [
    {
      title: "1,000 routes",
      unit: "µs",
      digits: 1,
      ours: cost("patterns 1000"),
      yardstick: { name: "none", value: cost("patterns 0") },
      target: atMostOver(5, "µs", "none"),
    },
  ],
};
