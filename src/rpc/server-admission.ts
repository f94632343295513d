import type { Clock } from "../contract/clock.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import type { Limits } from "../contract/limits.ts";
import type { Random } from "../contract/random.ts";
import { jittered } from "../dispatch/admission-queue.ts";
import { ServerPlaces } from "../dispatch/server-places.ts";
import { type CallerLimit, CallerLimits } from "./caller-limits.ts";
import { LoadMonitor, type LoadMonitorOptions, type Shortage } from "./load-monitor.ts";

/** A place that a call has in the server. */
export interface Permit {
  /** Gives it back. Later calls do nothing. */
  release(): void;
}

/** What the door of a server is made of. */
export interface ServerAdmissionOptions extends Pick<LoadMonitorOptions, "heapPercent"> {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: Limits;
  /** Callers that have limits of their own. Default: none. */
  readonly callers?: readonly CallerLimit[];
}

/** Time proposed while the event loop is late, and while the heap is full, ms. */
const waitMs: Readonly<Record<Shortage["limit"], number>> = {
  loop_lag_ms: 1_000,
  heap_percent: 5_000,
};

/**
 * The door of the whole server. Whoever finds a place free costs neither a promise nor a timer;
 * more wait in a queue that is bounded and fair between callers; what is too much is refused at
 * once, and told when to come back.
 */
export class ServerAdmission {
  readonly #options: ServerAdmissionOptions;
  readonly #places: ServerPlaces;
  readonly #monitor: LoadMonitor;
  readonly #callers: CallerLimits;

  constructor(options: ServerAdmissionOptions) {
    this.#options = options;
    const places = new ServerPlaces(options, (heldMs) => this.#monitor.ended(heldMs));
    this.#places = places;
    this.#monitor = new LoadMonitor(options, () => places.active);
    this.#callers = new CallerLimits(options.clock, options.callers ?? []);
  }

  /** Puts other limits of callers in force. What callers have done still counts. */
  replaceCallers(callers: readonly CallerLimit[]): void {
    this.#callers.replace(callers);
  }

  /**
   * A place for a call: at once, or when it is its caller's turn. Callers without a name count as
   * one. Throws, or rejects with, SERVER_OVERLOADED or CALLER_RATE_LIMITED; rejects with the
   * signal's reason when that aborts.
   */
  enter(caller: string, signal: AbortSignal): Permit | Promise<Permit> {
    const shortage = this.#monitor.shortage();
    if (shortage !== undefined) throw this.#tooBusy(shortage);
    const leave = this.#callers.enter(caller);
    this.#monitor.watch();
    const permit = this.#places.enter(caller, signal);
    return leave === undefined ? permit : counted(permit, leave);
  }

  /** Counts the further items of a batch as calls of their caller. */
  charge(caller: string, calls: number): void {
    this.#callers.charge(caller, calls);
  }

  #tooBusy({ limit, max, measured }: Shortage): ConnectorError {
    const what =
      limit === "loop_lag_ms"
        ? `is ${measured} ms behind with its work`
        : `has ${measured} % of its memory in use`;
    return new ConnectorError("SERVER_OVERLOADED", `this server ${what}, and takes no more`, {
      retryAfterMs: jittered(waitMs[limit], this.#options.random),
      metadata: { limit, max: String(max) },
    });
  }
}

/** The same permit; its caller is told when it is over, or comes to nothing. */
function counted(permit: Permit | Promise<Permit>, leave: () => void): Permit | Promise<Permit> {
  if (permit instanceof Promise) {
    return permit.then(
      (given) => withLeave(given, leave),
      (error: unknown) => {
        leave();
        throw error;
      },
    );
  }
  return withLeave(permit, leave);
}

function withLeave(permit: Permit, leave: () => void): Permit {
  let isIn = true;
  return {
    release: () => {
      if (isIn) leave();
      isIn = false;
      permit.release();
    },
  };
}
