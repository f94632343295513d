import type { Clock } from "../contract/clock.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import type { Limits } from "../contract/limits.ts";
import type { Random } from "../contract/random.ts";
import type { CloudCredentials } from "../http/cloud-credentials.ts";
import type { ProviderHttp } from "../http/http-client.ts";
import type { TargetStates } from "../resilience/target-states.ts";
import { WorkSignal } from "../resilience/work-signal.ts";
import type { CallPlan } from "./call-plan.ts";
import type { Redact } from "./clean-text.ts";
import type { ModelCatalogue } from "./model-catalogue.ts";
import type { TargetAdmission } from "./target-admission.ts";

/** What carries a planned call out. */
export interface CallEnvironment {
  readonly http: ProviderHttp;
  readonly credentials: CloudCredentials;
  readonly catalogue: ModelCatalogue;
  readonly clock: Clock;
  readonly random: Random;
  /** What is known of the targets. */
  readonly states: TargetStates;
  /** Places at the targets. */
  readonly admission: TargetAdmission;
  readonly limits: Limits;
  readonly redact: Redact;
}

/** Ends the work at the caller's deadline. */
export function limitToDeadline(work: WorkSignal, plan: CallPlan, clock: Clock): void {
  const ms = Math.round(plan.deadlineMs - plan.receivedMs);
  work.limit(
    plan.deadlineMs - clock.now(),
    () =>
      new ConnectorError("CALLER_DEADLINE_EXCEEDED", `the caller's deadline of ${ms} ms passed`),
  );
}

/**
 * Waits for something under a signal that aborts when the caller leaves or its deadline passes. One
 * that has aborted already begins nothing.
 */
export async function untilDeadline<T>(
  plan: CallPlan,
  signal: AbortSignal,
  clock: Clock,
  wait: (ending: AbortSignal) => T | Promise<T>,
): Promise<T> {
  const work = new WorkSignal(clock, signal);
  try {
    limitToDeadline(work, plan, clock);
    work.signal.throwIfAborted();
    return await wait(work.signal);
  } finally {
    work.dispose();
  }
}

/** The error of an attempt that took longer than it may. */
export function attemptTimeout(what: string, timeoutMs: number): () => ConnectorError {
  return () =>
    new ConnectorError("ATTEMPT_TIMEOUT", `the provider gave no ${what} within ${timeoutMs} ms`, {
      metadata: { timeout_ms: String(timeoutMs) },
    });
}
