import type { StreamProgress } from "../../gen/ts/nexen/connectors/v1/error_pb.ts";
import type { Attempt } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { ConnectorError } from "../contract/connector-error.ts";
import { WorkSignal } from "../resilience/work-signal.ts";
import type { AttemptPlace } from "./attempt-place.ts";
import { AttemptRecord } from "./attempt-record.ts";
import { type CallEnvironment, limitToDeadline } from "./call-environment.ts";
import { completeFailure } from "./call-failure.ts";
import type { AttemptPlan, CallPlan } from "./call-plan.ts";

/** One attempt while it is under way, and afterwards while its stream is read. */
export class OpenAttempt {
  readonly plan: AttemptPlan;
  readonly record: AttemptRecord;
  /** Ends with the caller's deadline, its cancellation, or whatever limit is set on it. */
  readonly work: WorkSignal;
  readonly place: AttemptPlace;
  /** How far its stream has come. Unset: there is none yet. */
  progress: (() => StreamProgress) | undefined;
  readonly #environment: CallEnvironment;

  /** `ended` are the attempts of the call that have ended. */
  constructor(
    call: CallPlan,
    place: AttemptPlace,
    signal: AbortSignal,
    environment: CallEnvironment,
    ended: Attempt[],
  ) {
    this.plan = { ...call, ...place.candidate };
    this.place = place;
    this.#environment = environment;
    this.record = new AttemptRecord(this.plan, environment.clock, environment.redact, ended);
    this.work = new WorkSignal(environment.clock, signal);
    limitToDeadline(this.work, this.plan, environment.clock);
  }

  /** The error that the attempt ended with, complete. Call it once. */
  failure(thrown: unknown): ConnectorError {
    const { signal } = this.work;
    const cause: unknown = signal.aborted ? signal.reason : thrown;
    return completeFailure(cause, this.plan, this.record, this.#environment, this.progress?.());
  }

  /** Frees timers, listeners and the place at the target. */
  close(): void {
    this.work.dispose();
    this.place.release();
  }
}
