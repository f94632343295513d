import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import type { Clock, Timer } from "../contract/clock.ts";
import type { CallContext } from "../contract/connector-api.ts";
import { ConnectorError, toConnectorError } from "../contract/connector-error.ts";
import { arrivalKey } from "./call-arrival.ts";

/** A caller that hangs up this shortly before its deadline does so because of it, ms. */
const clockSkewMs = 20;

/** Time the api has to end a call in its own words once the call was aborted, ms. */
export const lastWordsMs = 25;

/** What the protocol tells of a call. */
export interface IncomingCall {
  /** When its headers arrived, on the clock's scale, ms. */
  readonly receivedMs: number;
  /** Its deadline on the same scale, ms. Unset: none. */
  readonly deadlineMs: number | undefined;
  /** Name of the authenticated caller. Empty: none. */
  readonly caller: string;
  /** How often the caller's own client has tried this call before. */
  readonly previousAttempts: number;
  /** Aborted by the protocol: caller gone, deadline passed, or the server's shutdown. */
  readonly signal: AbortSignal;
}

/** What the edge needs to run calls. */
export interface EdgeSettings {
  readonly clock: Clock;
  /** Aborted when draining has taken long enough: open calls end with SERVER_DRAINING. */
  readonly shutdownSignal: AbortSignal;
}

/**
 * One call while it is open: its context for the api, and a guard that ends it when it is aborted,
 * even if the api does not.
 */
export class OpenCall {
  readonly context: CallContext;
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  readonly #stop: () => void;
  /** Ends the wait that is under way. */
  #reject: ((reason: unknown) => void) | undefined;
  #lastWords: Timer | undefined;
  #hasBegun = false;
  /** The time for last words is over. */
  #isSilenced = false;

  constructor(call: IncomingCall, settings: EdgeSettings) {
    const { signal, receivedMs, deadlineMs, caller, previousAttempts } = call;
    this.#clock = settings.clock;
    this.context = {
      signal: this.#controller.signal,
      receivedMs,
      deadlineMs,
      caller,
      previousAttempts,
    };
    const onAbort = (): void => this.#abort(abortReason(call, settings));
    this.#stop = () => signal.removeEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  }

  /**
   * Waits for the api, one thing at a time. When the call is aborted, the api has 25 ms to fail in
   * its own words (they tell how far a stream had come), from the abort or from the wait after it;
   * then the reason of the abort is thrown.
   */
  async wait<T>(work: () => Promise<T>): Promise<T> {
    const { signal } = this.context;
    if (signal.aborted && !this.#mayStillSpeak()) throw signal.reason;
    this.#hasBegun = true;
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#reject = reject;
        if (signal.aborted) this.#limitLastWords();
        work().then(resolve, reject);
      });
    } finally {
      this.#reject = undefined;
    }
  }

  /** Frees listener and timer. The call is over. */
  close(): void {
    this.#stop();
    this.#lastWords?.clear();
  }

  #abort(reason: ConnectorError): void {
    this.#controller.abort(reason);
    if (!this.#mayStillSpeak()) this.#reject?.(reason);
    else if (this.#reject !== undefined) this.#limitLastWords();
  }

  /**
   * Nobody hears the last words of a call whose caller is gone, and one that never began has none.
   */
  #mayStillSpeak(): boolean {
    const { reason } = this.context.signal.reason as ConnectorError;
    return this.#hasBegun && !this.#isSilenced && reason !== "CALLER_CANCELLED";
  }

  #limitLastWords(): void {
    this.#lastWords ??= this.#clock.schedule(lastWordsMs, () => {
      this.#isSilenced = true;
      this.#reject?.(this.context.signal.reason);
    });
  }
}

/** A call as Connect's handlers see it, with what the node handler noted when it arrived. */
export function incomingCall(
  { values, signal, timeoutMs }: HandlerContext,
  clock: Clock,
): IncomingCall {
  const arrival = values.get(arrivalKey);
  if (arrival !== undefined) return { ...arrival, signal };
  const nowMs = clock.now();
  const leftMs = timeoutMs();
  const deadlineMs = leftMs === undefined ? undefined : nowMs + leftMs;
  return { signal, receivedMs: nowMs, deadlineMs, caller: "", previousAttempts: 0 };
}

/** Why the protocol ended a call, as an error. */
export function abortReason(
  call: Pick<IncomingCall, "signal" | "receivedMs" | "deadlineMs">,
  { clock, shutdownSignal }: EdgeSettings,
): ConnectorError {
  const reason: unknown = call.signal.reason;
  if (shutdownSignal.aborted && reason === shutdownSignal.reason) return drainingReason(reason);
  const isTimeout = reason instanceof ConnectError && reason.code === Code.DeadlineExceeded;
  return isTimeout ? deadlineReason(call) : leavingReason(call, clock);
}

/** Why a call ends that the server's shutdown aborted. */
export function drainingReason(reason: unknown): ConnectorError {
  return toConnectorError(reason, "SERVER_DRAINING", "this server is shutting down; try another");
}

/** Why a call ends whose deadline has passed. */
export function deadlineReason({
  receivedMs,
  deadlineMs,
}: Pick<IncomingCall, "receivedMs" | "deadlineMs">): ConnectorError {
  const ms = deadlineMs === undefined ? "" : ` of ${Math.round(deadlineMs - receivedMs)} ms`;
  return new ConnectorError("CALLER_DEADLINE_EXCEEDED", `the caller's deadline${ms} passed`);
}

/** Why a call ends whose caller has gone: its own deadline, or its own will. */
export function leavingReason(
  call: Pick<IncomingCall, "receivedMs" | "deadlineMs">,
  clock: Clock,
): ConnectorError {
  const { deadlineMs } = call;
  const isLate = deadlineMs !== undefined && clock.now() >= deadlineMs - clockSkewMs;
  if (isLate) return deadlineReason(call);
  return new ConnectorError("CALLER_CANCELLED", "the caller cancelled the call");
}
