import { create } from "@bufbuild/protobuf";
import { type Duration, durationMs } from "@bufbuild/protobuf/wkt";
import {
  type LLMRequest,
  type Warning,
  WarningKind,
  WarningSchema,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { CallOptions } from "../../gen/ts/nexen/connectors/v1/options_pb.ts";
import type { CallDefaults } from "../contract/call-defaults.ts";
import type { CallContext } from "../contract/connector-api.ts";
import type { Limits } from "../contract/limits.ts";
import { Secret } from "../contract/secret.ts";
import { type Candidate, candidatesOf } from "./candidates.ts";
import type { Registry } from "./registry.ts";

/** What of a call is settled before anything is sent. */
export interface CallPlan {
  readonly request: LLMRequest;
  /** Where it may go, in the order in which it is tried. */
  readonly candidates: readonly [Candidate, ...Candidate[]];
  /** The caller's own key. Unset: the target's. */
  readonly callerKey: Secret | undefined;
  /** The caller's headers for the provider that are allowed, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly requestId: string;
  readonly strict: boolean;
  /** What is already known to be left out. */
  readonly warnings: readonly Warning[];
  readonly receivedMs: number;
  /** The instant on the clock by which the call must have ended. */
  readonly deadlineMs: number;
  readonly attemptTimeoutMs: number;
  readonly firstDeltaTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** Attempts in all, over all candidates, hedges included. */
  readonly maxAttempts: number;
  /** Time without an answer after which a second attempt begins. Unset: no hedging. */
  readonly hedgeDelayMs: number | undefined;
  /** How often the caller's own client has tried this call before. */
  readonly previousAttempts: number;
}

/** A call at one of its candidates: what one attempt needs. */
export interface AttemptPlan extends CallPlan, Candidate {}

/** What a plan is made from besides the request. */
export interface PlanSettings {
  readonly registry: Registry;
  readonly defaults: CallDefaults;
  readonly limits: Limits;
  /** Names of headers, lower case, that a caller may set for the provider. */
  readonly allowedHeaders: ReadonlySet<string>;
}

/** Settles where a call may go and how long it may take. Throws ConnectorError where it cannot go. */
export function planCall(
  request: LLMRequest,
  options: CallOptions | undefined,
  context: CallContext,
  settings: PlanSettings,
): CallPlan {
  const candidates = candidatesOf(request, options, settings.registry);
  const { headers, refused } = callerHeaders(options, settings.allowedHeaders);
  const { defaults, limits } = settings;
  const timeoutMs = Math.min(msOr(options?.timeout, defaults.timeoutMs), limits.callTimeoutMsMax);
  const hedgeDelay = options?.hedge?.delay;
  return {
    request,
    candidates,
    callerKey: options?.apiKey ? new Secret(options.apiKey) : undefined,
    headers,
    requestId: options?.requestId ?? "",
    strict: options?.strict ?? false,
    warnings: refused,
    receivedMs: context.receivedMs,
    deadlineMs: Math.min(
      context.receivedMs + timeoutMs,
      context.deadlineMs ?? Number.POSITIVE_INFINITY,
    ),
    attemptTimeoutMs: msOr(options?.attemptTimeout, defaults.attemptTimeoutMs),
    firstDeltaTimeoutMs: msOr(options?.firstDeltaTimeout, defaults.firstDeltaTimeoutMs),
    idleTimeoutMs: msOr(options?.idleTimeout, defaults.idleTimeoutMs),
    maxAttempts: options?.retry?.maxAttempts || defaults.maxAttempts,
    hedgeDelayMs: hedgeDelay && durationMs(hedgeDelay),
    previousAttempts: context.previousAttempts ?? 0,
  };
}

function callerHeaders(
  options: CallOptions | undefined,
  allowed: ReadonlySet<string>,
): { headers: Record<string, string>; refused: readonly Warning[] } {
  const headers: Record<string, string> = {};
  const refused: Warning[] = [];
  for (const [name, value] of Object.entries(options?.headers ?? {})) {
    const lower = name.toLowerCase();
    const field = `options.headers[${lower}]`;
    if (!allowed.has(lower)) refused.push(dropped(field, "not on the server's list of headers"));
    else if (Object.hasOwn(headers, lower)) refused.push(dropped(field, "given more than once"));
    else headers[lower] = value;
  }
  return { headers, refused };
}

function dropped(field: string, message: string): Warning {
  return create(WarningSchema, { field, message, kind: WarningKind.DROPPED });
}

function msOr(duration: Duration | undefined, defaultMs: number): number {
  return duration === undefined ? defaultMs : durationMs(duration);
}
