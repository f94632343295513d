import type { Job } from "./job.ts";

/** Streams at once in the paced phase. */
export const pacedStreams = 500;
/** Bytes of text of the answers whose cost is compared. */
export const answerBytes: readonly number[] = [500, 16_384, 131_072, 1_048_576];
/** Calls at once whose cost is compared. */
export const crowds: readonly number[] = [1, 16, 128, 1_000];

const usualCallers = 16;
const usualBytes = 500;

/** The name of the phase that asks for answers of a size. */
export function sizePhase(bytes: number): string {
  return bytes === usualBytes ? "calls" : `size-${bytes}`;
}

/** The name of the phase with so many calls at once. */
export function crowdPhase(concurrency: number): string {
  return concurrency === usualCallers ? "calls" : `crowd-${concurrency}`;
}

/** Something that every peer is asked to do. */
export interface Phase {
  readonly name: string;
  /** The groups by which the page tells how long each part takes. */
  readonly part: "calls" | "streams" | "latency" | "paced" | "sizes" | "crowds";
  readonly job: Job;
  /** Whether the same is done without a gateway right after it. */
  readonly alsoDirect?: true;
}

const small = `bench-${usualBytes}b`;

/** All phases, in their order: the paced streams before what leaves much garbage behind. */
export function phasesOf(isQuick: boolean): readonly Phase[] {
  const share = isQuick ? 0.5 : 1;
  const whole = (model: string, concurrency: number): Job => ({
    model,
    stream: false,
    concurrency,
    seconds: share,
    warmupSeconds: 0.4,
  });
  return [
    {
      name: crowdPhase(usualCallers),
      part: "calls",
      // Engines that compile what runs often are cold until here.
      job: { ...whole(small, usualCallers), seconds: 2.5 * share, warmupSeconds: 3 },
    },
    {
      name: "streams",
      part: "streams",
      job: {
        ...whole("bench-200x10b", usualCallers),
        stream: true,
        seconds: 2 * share,
        warmupSeconds: 1,
      },
    },
    {
      name: "paced",
      part: "paced",
      // The warm-up is as long as a stream, so that they begin and end evenly.
      job: {
        model: "bench-25x10b-100ms",
        stream: true,
        concurrency: pacedStreams,
        seconds: isQuick ? 3 : 4,
        warmupSeconds: 2.5,
      },
    },
    {
      name: "latency",
      part: "latency",
      alsoDirect: true,
      job: { model: small, stream: false, rate: 200, seconds: 2 * share, warmupSeconds: 0.3 },
    },
    ...crowds
      .filter((concurrency) => concurrency !== usualCallers)
      .map((concurrency): Phase => {
        const job = whole(small, concurrency);
        return { name: crowdPhase(concurrency), part: "crowds", job };
      }),
    ...answerBytes
      .filter((bytes) => bytes !== usualBytes)
      .map((bytes): Phase => {
        const job = whole(`bench-${bytes}b`, usualCallers);
        return { name: sizePhase(bytes), part: "sizes", job };
      }),
  ];
}
