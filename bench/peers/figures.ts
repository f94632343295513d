import { type Spread, spreadOf } from "../harness/statistics.ts";
import type { JobResult } from "./job.ts";
import { answerBytes, crowdPhase, crowds, pacedStreams, sizePhase } from "./phases.ts";

/** What one round found of one peer. */
export interface PeerRound {
  readonly startMs: number;
  readonly restMB: number;
  /** Some seconds after the paced streams. */
  readonly afterMB: number;
  /** By the phase's name; what failed as a whole is not there. */
  readonly phases: Readonly<Record<string, JobResult>>;
  /** The same without a gateway, right after it. */
  readonly direct: Readonly<Record<string, JobResult>>;
  /** Why phases are not there. */
  readonly faults: readonly string[];
}

/** One number of a peer, and how a round gives it. */
type Reading = (round: PeerRound) => number | undefined;

const microsecondsPerSecond = 1e6;
const kbPerMB = 1e3;
const keptUpMin = 0.9;

/** The name of the figure that tells what a call of a phase costs, µs of CPU. */
export function costFigure(phase: string): string {
  return `cost of ${phase}`;
}

/** Every figure there is, by its name. */
const readings: Readonly<Record<string, Reading>> = {
  calls: ({ phases }) => per(phases.calls, "calls"),
  addedP50: (round) => added(round, "p50"),
  addedP99: (round) => added(round, "p99"),
  streams: ({ phases }) => per(phases.streams, "chunks"),
  paced: ({ phases }) => per(phases.paced, "chunks"),
  firstP50: ({ phases }) => firstChunk(phases.paced, "p50"),
  firstP99: ({ phases }) => firstChunk(phases.paced, "p99"),
  rest: ({ restMB }) => restMB,
  peak: ({ phases }) => phases.paced?.rssMB.peak,
  each: ({ phases, restMB }) =>
    phases.paced && ((phases.paced.rssMB.peak - restMB) * kbPerMB) / pacedStreams,
  after: ({ afterMB, phases }) => phases.paced && afterMB,
  start: ({ startMs }) => startMs,
  ...Object.fromEntries(
    [...answerBytes.map(sizePhase), ...crowds.map(crowdPhase)].map((phase) => [
      costFigure(phase),
      ({ phases }: PeerRound) => costOfCall(phases[phase]),
    ]),
  ),
};

/** Median and spread of a figure. Undefined: no round has it. */
export function figure(rounds: readonly PeerRound[], name: string): Spread | undefined {
  const reading = readings[name];
  if (reading === undefined) throw new Error(`no such figure: ${name}`);
  const values = rounds.map((round) => reading(round) ?? Number.NaN).filter(Number.isFinite);
  return values.length === 0 ? undefined : spreadOf(values);
}

/** Calls that failed or were wrong, and all, over all rounds and phases. */
export function faultsOf(rounds: readonly PeerRound[]): { faulty: number; all: number } {
  const results = rounds.flatMap(({ phases }) => Object.values(phases));
  const faulty = results.reduce((sum, { errors, wrong }) => sum + errors + wrong, 0);
  return { faulty, all: results.reduce((sum, { calls }) => sum + calls, faulty) };
}

function per(result: JobResult | undefined, what: "calls" | "chunks"): number | undefined {
  if (result === undefined || result[what] === 0) return undefined;
  return result[what] / result.cpuSeconds;
}

function costOfCall(result: JobResult | undefined): number | undefined {
  if (result === undefined || result.calls === 0) return undefined;
  return (result.cpuSeconds * microsecondsPerSecond) / result.calls;
}

/** Where no stream began within the time that was measured, there is no first chunk. */
function firstChunk(result: JobResult | undefined, share: "p50" | "p99"): number | undefined {
  if (result === undefined || result.chunks === 0) return undefined;
  return result.firstChunkMs[share] || undefined;
}

/** Undefined where calls did not keep up with the rate: the rest of them would flatter. */
function added({ phases, direct }: PeerRound, share: "p50" | "p99"): number | undefined {
  const [through, without] = [phases.latency, direct.latency];
  if (through === undefined || without === undefined) return undefined;
  if (through.calls < keptUpMin * without.calls) return undefined;
  return through.latencyMs[share] - without.latencyMs[share];
}
