import { ConnectorError } from "../contract/connector-error.ts";
import type { Limits } from "../contract/limits.ts";
import { ConcurrencyLimiter, type Permit } from "../resilience/concurrency-limiter.ts";
import { AdmissionQueue, type AdmissionSettings } from "./admission-queue.ts";

/** What the places of a server are made of. */
export interface ServerPlacesOptions extends Pick<AdmissionSettings, "clock" | "random"> {
  readonly limits: Pick<Limits, "openCalls" | "activeCalls" | "queuedCalls" | "queueMs">;
}

/**
 * The places of the whole server: `active_calls` are carried out, `queued_calls` more wait for
 * their turn, callers in rotation, and never are more than `open_calls` in it.
 */
export class ServerPlaces {
  readonly #limiter: ConcurrencyLimiter;
  readonly #queue: AdmissionQueue;

  /** `onReleased` is told for how long each place that is given back was held, ms. */
  constructor(
    { limits, clock, random }: ServerPlacesOptions,
    onReleased: (heldMs: number) => void,
  ) {
    const { openCalls, activeCalls, queuedCalls, queueMs } = limits;
    const limit = Math.min(activeCalls, openCalls);
    const queue = Math.min(queuedCalls, openCalls - limit);
    const limiter = new ConcurrencyLimiter({ limit, queue, recoveryMs: 0, clock });
    const full = queue < queuedCalls ? ["open_calls", openCalls] : ["queued_calls", queuedCalls];
    this.#limiter = limiter;
    const settings = { clock, random, queueMs, onReleased };
    this.#queue = new AdmissionQueue(limiter, settings, (shortage, waitMs) => {
      const [name, max] = shortage === "full" ? full : ["queue_ms", queueMs];
      const what =
        shortage === "full"
          ? `has ${limiter.inFlight} calls under way, ${limiter.waiting} wait, and no more may`
          : `had no place free within ${queueMs} ms`;
      return new ConnectorError("SERVER_OVERLOADED", `this server ${what}`, {
        retryAfterMs: waitMs,
        metadata: { limit: String(name), max: String(max) },
      });
    });
  }

  /** Calls that have a place. */
  get active(): number {
    return this.#limiter.inFlight;
  }

  /**
   * A place: at once, or when it is this caller's turn. Rejects with SERVER_OVERLOADED when too
   * many wait already or the wait is longer than `queue_ms`, and with the signal's reason when that
   * aborts.
   */
  enter(caller: string, signal: AbortSignal): Permit | Promise<Permit> {
    return this.#queue.enter(caller, signal);
  }
}
