import type { Clock, Timer } from "../contract/clock.ts";
import type { ConnectorError } from "../contract/connector-error.ts";

/** A limit on silence. */
export interface IdleLimit {
  /** Something was heard. */
  touch(): void;
  /** Nothing is listened for until the next `touch`. */
  pause(): void;
}

/**
 * One abort signal for a piece of work that several things can end: the parent's signal, any number
 * of time limits, and its owner. The first of them gives the reason; `dispose` frees the others.
 */
export class WorkSignal {
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  readonly #parent: AbortSignal;
  readonly #timers: Timer[] = [];
  #idleTimer: Timer | undefined;
  readonly #onParentAbort = (): void => this.abort(this.#parent.reason);

  constructor(clock: Clock, parent: AbortSignal) {
    this.#clock = clock;
    this.#parent = parent;
    if (parent.aborted) this.abort(parent.reason);
    else parent.addEventListener("abort", this.#onParentAbort, { once: true });
  }

  /** For whatever must stop with the work. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends the work. Later reasons are ignored. */
  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** Ends the work after `delayMs` (0 or less: at once) unless the returned timer is cleared. */
  limit(delayMs: number, error: () => ConnectorError): Timer {
    if (delayMs <= 0) {
      this.abort(error());
      return { clear: () => undefined };
    }
    const timer = this.#clock.schedule(delayMs, () => this.abort(error()));
    this.#timers.push(timer);
    return timer;
  }

  /**
   * Ends the work when nothing was heard for `idleMs`. Begins at the first `touch`, and rests
   * between `pause` and the next `touch`: a slow reader is not a silent provider.
   */
  idleLimit(idleMs: number, error: () => ConnectorError): IdleLimit {
    let lastMs: number | undefined;
    let running = false;
    const wait = (delayMs: number): void => {
      this.#idleTimer = this.#clock.schedule(delayMs, () => {
        const leftMs = lastMs === undefined ? idleMs : lastMs + idleMs - this.#clock.now();
        if (leftMs <= 0) this.abort(error());
        else wait(leftMs);
      });
    };
    return {
      touch: () => {
        lastMs = this.#clock.now();
        if (running) return;
        running = true;
        wait(idleMs);
      },
      pause: () => {
        lastMs = undefined;
      },
    };
  }

  /** Frees timers and listeners. Does not abort. */
  dispose(): void {
    this.#parent.removeEventListener("abort", this.#onParentAbort);
    this.#idleTimer?.clear();
    for (const timer of this.#timers) timer.clear();
    this.#timers.length = 0;
  }
}
