import { ConnectorError } from "../contract/connector-error.ts";
import type { Limits } from "../contract/limits.ts";
import type { Target } from "../contract/target.ts";
import type { ConcurrencyLimiter, Permit } from "../resilience/concurrency-limiter.ts";
import type { TargetStates } from "../resilience/target-states.ts";
import { AdmissionQueue, type AdmissionSettings } from "./admission-queue.ts";

/** What the doors of targets are made of. */
export interface TargetAdmissionOptions extends Pick<AdmissionSettings, "clock" | "random"> {
  readonly states: TargetStates;
  readonly limits: Pick<Limits, "targetCalls" | "targetQueue" | "queueMs">;
}

/**
 * The doors of all targets: each takes `target_calls` attempts at once, `target_queue` more wait
 * for their turn, callers in rotation.
 */
export class TargetAdmission {
  readonly #options: TargetAdmissionOptions;
  readonly #queues = new WeakMap<ConcurrencyLimiter, AdmissionQueue>();

  constructor(options: TargetAdmissionOptions) {
    this.#options = options;
  }

  /** A place at a target, if one is free and nobody waits for it. */
  tryEnter(target: Target): Permit | undefined {
    return this.#queue(target).tryEnter();
  }

  /**
   * A place at a target: at once, or when it is this caller's turn. Rejects with SERVER_OVERLOADED
   * when too many wait already or the wait is longer than `queue_ms`, and with the signal's reason
   * when that aborts.
   */
  enter(target: Target, caller: string, signal: AbortSignal): Permit | Promise<Permit> {
    return this.#queue(target).enter(caller, signal);
  }

  #queue(target: Target): AdmissionQueue {
    const { states, limits, clock, random } = this.#options;
    const limiter = states.limiter(target.name);
    const known = this.#queues.get(limiter);
    if (known !== undefined) return known;
    const settings = { clock, random, queueMs: limits.queueMs };
    const queue = new AdmissionQueue(limiter, settings, (shortage, retryAfterMs) => {
      const what =
        shortage === "full"
          ? `has ${limiter.inFlight} calls under way, ${limiter.waiting} wait, and no more may`
          : `had no place free within ${limits.queueMs} ms`;
      return new ConnectorError("SERVER_OVERLOADED", `target "${target.name}" ${what}`, {
        retryAfterMs,
        metadata: {
          target: target.name,
          provider: target.adapter.name,
          limit: shortage === "full" ? "target_queue" : "queue_ms",
          max: String(shortage === "full" ? limits.targetQueue : limits.queueMs),
        },
      });
    });
    this.#queues.set(limiter, queue);
    return queue;
  }
}
