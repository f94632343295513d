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
import { ConnectorError, invalidField } from "../contract/connector-error.ts";
import type { Limits } from "../contract/limits.ts";
import { Secret } from "../contract/secret.ts";
import type { Target } from "../contract/target.ts";
import type { Match, Registry } from "./registry.ts";

/** What of a call is settled before anything is sent. */
export interface CallPlan {
  readonly request: LLMRequest;
  readonly match: Match;
  /** The target to call. */
  readonly target: Target;
  /** Name of the model to send. */
  readonly model: string;
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
}

/** What a plan is made from besides the request. */
export interface PlanSettings {
  readonly registry: Registry;
  readonly defaults: CallDefaults;
  readonly limits: Limits;
  /** Names of headers, lower case, that a caller may set for the provider. */
  readonly allowedHeaders: ReadonlySet<string>;
}

/** Settles where a call goes and how long it may take. Throws ConnectorError where it cannot go. */
export function planCall(
  request: LLMRequest,
  options: CallOptions | undefined,
  context: CallContext,
  settings: PlanSettings,
): CallPlan {
  const match = matchOf(request.model, options, settings.registry);
  const target = withCallerEndpoint(pickTarget(match, options), options);
  requireKey(target, options);
  const { headers, refused } = callerHeaders(options, settings.allowedHeaders);
  const { defaults, limits } = settings;
  const timeoutMs = Math.min(msOr(options?.timeout, defaults.timeoutMs), limits.callTimeoutMsMax);
  return {
    request,
    match,
    target,
    model: sentModel(target, request.model, match.model),
    callerKey: options?.apiKey ? new Secret(options.apiKey) : undefined,
    headers,
    requestId: options?.requestId ?? "",
    strict: options?.strict ?? false,
    warnings: [...refused, ...notYet(options)],
    receivedMs: context.receivedMs,
    deadlineMs: Math.min(
      context.receivedMs + timeoutMs,
      context.deadlineMs ?? Number.POSITIVE_INFINITY,
    ),
    attemptTimeoutMs: msOr(options?.attemptTimeout, defaults.attemptTimeoutMs),
    firstDeltaTimeoutMs: msOr(options?.firstDeltaTimeout, defaults.firstDeltaTimeoutMs),
    idleTimeoutMs: msOr(options?.idleTimeout, defaults.idleTimeoutMs),
  };
}

/** The rule that decides: the target that the options name, or the registry's. */
export function matchOf(
  model: string,
  options: CallOptions | undefined,
  registry: Registry,
): Match {
  return options?.target ? registry.pinned(model, options.target) : registry.resolve(model);
}

/** Targets that a match and the options leave, in the order they would be tried. */
export function allowedTargets(match: Match, options: CallOptions | undefined): readonly Target[] {
  const allowed = options?.region?.allowed ?? [];
  const preferred = options?.region?.preferred ?? [];
  const rank = (target: Target): number => {
    const place = preferred.indexOf(target.region);
    return place < 0 ? preferred.length : place;
  };
  return match.targets
    .filter(({ region }) => allowed.length === 0 || allowed.some((glob) => globTest(glob, region)))
    .toSorted((a, b) => rank(a) - rank(b));
}

/** The name of the model that a target is asked for: its own alias, or the name as it came. */
export function sentModel(target: Target, asked: string, withoutPrefix: string): string {
  const { models } = target;
  return (
    models.get(asked.toLowerCase()) ?? models.get(withoutPrefix.toLowerCase()) ?? withoutPrefix
  );
}

function pickTarget(match: Match, options: CallOptions | undefined): Target {
  const [target] = allowedTargets(match, options);
  if (target !== undefined) return target;
  if (match.targets.length === 0) {
    const whose = match.provider === "" ? `rule "${match.rule}"` : `"${match.provider}"`;
    throw notConfigured(`no target of ${whose} is configured and enabled`, match.provider);
  }
  const fence = (options?.region?.allowed ?? []).join(", ");
  throw new ConnectorError(
    "REGION_NOT_ALLOWED",
    `options.region.allowed (${fence}) leaves none of the targets of rule "${match.rule}"`,
    {
      metadata: { rule: match.rule, allowed: fence },
      precondition: { type: "REGION_NOT_ALLOWED", description: `allowed regions: ${fence}` },
    },
  );
}

function requireKey(target: Target, options: CallOptions | undefined): void {
  const { adapter, apiKey } = target;
  if (apiKey !== undefined || options?.apiKey || !adapter.keyRequired) return;
  if (target.dialect.credentials !== undefined) return;
  const variables = adapter.keyVariables.join(" or ");
  throw notConfigured(
    `target "${target.name}" has no key; set ${variables}, or send options.api_key`,
    adapter.name,
  );
}

function notConfigured(message: string, provider: string): ConnectorError {
  return new ConnectorError("TARGET_NOT_CONFIGURED", message, {
    metadata: { provider },
    precondition: { type: "TARGET_NOT_CONFIGURED", description: message },
  });
}

function withCallerEndpoint(target: Target, options: CallOptions | undefined): Target {
  if (!options?.baseUrl) return target;
  if (!target.allowCallerEndpoint || options.apiKey === "") {
    throw invalidField(
      "options.base_url",
      "this target does not take a caller's base URL, or options.api_key is missing beside it",
    );
  }
  // What the operator meant for its own address, secrets in headers too, goes to no other.
  const baseURL = options.baseUrl.replace(/\/+$/, "");
  const { body: _body, path: _path, keyHeader: _header, ...wire } = target;
  return { ...wire, baseURL, apiKey: undefined, headers: {}, allowPrivate: false };
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

/**
 * Options whose machinery this version does not have: asked for, said so, never silently ignored.
 */
function notYet(options: CallOptions | undefined): readonly Warning[] {
  if (options === undefined) return [];
  const once = "this version makes one attempt a call";
  return [
    ...((options.retry?.maxAttempts ?? 0) > 1 ? [dropped("options.retry", once)] : []),
    ...(options.fallbackModels.length > 0 ? [dropped("options.fallback_models", once)] : []),
    ...(options.hedge === undefined ? [] : [dropped("options.hedge", once)]),
  ];
}

function dropped(field: string, message: string): Warning {
  return create(WarningSchema, { field, message, kind: WarningKind.DROPPED });
}

function msOr(duration: Duration | undefined, defaultMs: number): number {
  return duration === undefined ? defaultMs : durationMs(duration);
}

/** A glob of a region: `*` stands for any run of characters; case does not matter. */
function globTest(glob: string, text: string): boolean {
  const pieces = glob.toLowerCase().split("*");
  const subject = text.toLowerCase();
  const first = pieces[0] ?? "";
  const last = pieces.at(-1) ?? "";
  if (pieces.length === 1) return subject === first;
  if (!subject.startsWith(first) || subject.length < first.length + last.length) return false;
  let from = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = subject.indexOf(piece, from);
    if (found < 0) return false;
    from = found + piece.length;
  }
  return from <= subject.length - last.length && subject.endsWith(last);
}
