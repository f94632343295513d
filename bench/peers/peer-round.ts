import { setTimeout as sleep } from "node:timers/promises";
import type { PeerRound } from "./figures.ts";
import type { JobResult } from "./job.ts";
import type { Peer } from "./peer.ts";
import type { Phase } from "./phases.ts";
import { measureDirect, RunningPeer, type Upstream } from "./running-peer.ts";

/** How long each part has taken, s. */
export type PartSeconds = Map<Phase["part"] | "start", number>;

const restMs = 500;
const settleMs = 2_000;
const millisecondsPerSecond = 1_000;

/**
 * Starts a peer, has it do every phase, and ends it. A phase that fails as a whole is left out and
 * told among the faults; rejects only when the peer does not start.
 */
export async function measurePeer(
  peer: Peer,
  upstream: Upstream,
  phases: readonly Phase[],
  partSeconds: PartSeconds,
): Promise<PeerRound> {
  const running = await timed("start", partSeconds, () => RunningPeer.start(peer, upstream));
  const results: Record<string, JobResult> = {};
  const direct: Record<string, JobResult> = {};
  const faults: string[] = [];
  try {
    await sleep(restMs);
    const restMB = running.residentMB();
    let afterMB = Number.NaN;
    for (const { name, part, job, alsoDirect } of phases) {
      await timed(part, partSeconds, async () => {
        try {
          results[name] = await running.measure(job);
          if (alsoDirect) direct[name] = await measureDirect(job, upstream.port);
        } catch (error) {
          faults.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
        }
        if (part !== "paced") return;
        await sleep(settleMs);
        afterMB = running.residentMB();
      });
    }
    return { startMs: running.startMs, restMB, afterMB, phases: results, direct, faults };
  } finally {
    await running.stop();
  }
}

async function timed<T>(
  part: Phase["part"] | "start",
  partSeconds: PartSeconds,
  work: () => Promise<T>,
): Promise<T> {
  const begun = performance.now();
  try {
    return await work();
  } finally {
    const took = (performance.now() - begun) / millisecondsPerSecond;
    partSeconds.set(part, (partSeconds.get(part) ?? 0) + took);
  }
}
