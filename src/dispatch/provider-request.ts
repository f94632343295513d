import {
  type LLMRequest,
  type Warning,
  WarningKind,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { AuthScheme, EncodeInput, Place, WireRequest } from "../contract/adapter.ts";
import { ConnectorError, toConnectorError } from "../contract/connector-error.ts";
import { hopHeader } from "../contract/hop.ts";
import type { Target } from "../contract/target.ts";
import { authorize } from "../http/credentials.ts";
import type { HttpRequest } from "../http/http-client.ts";
import type { AttemptPlan } from "./call-plan.ts";
import { isObject } from "./json-object.ts";

/** A wire request ready to be sent, and what was left out of it. */
export interface ProviderRequest {
  readonly http: HttpRequest;
  readonly warnings: readonly Warning[];
}

/** Encodes a planned call with one of the adapter's encoders. Throws ConnectorError. */
export function providerRequest(
  plan: AttemptPlan,
  encode: (input: EncodeInput) => WireRequest,
  stream: boolean,
  signal: AbortSignal,
): ProviderRequest {
  const { target } = plan;
  const wire = guarded(() =>
    encode({
      request: requestFor(target, plan.request),
      adapter: target.adapter.name,
      model: plan.model,
      stream,
      requestId: plan.requestId,
      place: placeOf(target),
    }),
  );
  const warnings = [...plan.warnings, ...wire.warnings];
  if (plan.strict) refuseLosses(warnings);
  const headers: Record<string, string> = {
    "content-type": "application/json",
    accept: stream ? "text/event-stream" : "application/json",
    "user-agent": "nexen-connectors",
    ...target.headers,
  };
  for (const source of [wire.headers, plan.headers]) layHeaders(headers, source);
  const { keyHeader, dialect } = target;
  const auth: AuthScheme = keyHeader ? { scheme: "header", name: keyHeader } : dialect.auth;
  authorize(headers, auth, plan.callerKey ?? target.apiKey);
  headers[hopHeader] = "1";
  return {
    http: {
      method: wire.method,
      url: target.baseURL + pathFor(plan, encode, wire.path),
      headers,
      body: wire.body,
      signal,
      allowPrivate: target.allowPrivate,
    },
    warnings,
  };
}

/**
 * The request with the target's own members for the body, as options that the caller's win over.
 */
function requestFor({ adapter, body }: Target, request: LLMRequest): LLMRequest {
  if (body === undefined) return request;
  const given = request.providerOptions?.[adapter.name];
  // What is no object is the adapter's to refuse.
  if (given !== undefined && given !== null && !isObject(given)) return request;
  const own = { ...body, ...given };
  return { ...request, providerOptions: { ...request.providerOptions, [adapter.name]: own } };
}

/**
 * The target's path for calls, with the name of the model in it; everything else goes by the wire.
 */
function pathFor(
  { target, model }: AttemptPlan,
  encode: (input: EncodeInput) => WireRequest,
  path: string,
): string {
  if (target.path === undefined || encode !== target.dialect.encode) return path;
  return target.path.replaceAll("{model}", encodeURIComponent(model));
}

function placeOf({ region, project = "", apiVersion = "" }: Target): Place {
  return { region, project, apiVersion };
}

/** Runs an adapter's pure function: what is not a ConnectorError is a fault of the adapter. */
export function guarded<T>(run: () => T): T {
  try {
    return run();
  } catch (thrown) {
    throw toConnectorError(thrown, "ADAPTER_FAULT", "the adapter failed; this is a fault in it");
  }
}

/**
 * Lists such as `anthropic-beta` are joined; every other header is replaced by the later source.
 */
function layHeaders(
  headers: Record<string, string>,
  source: Readonly<Record<string, string>>,
): void {
  for (const [name, value] of Object.entries(source)) {
    const present = headers[name];
    headers[name] = present && name.endsWith("-beta") ? `${present},${value}` : value;
  }
}

function refuseLosses(warnings: readonly Warning[]): void {
  const losses = warnings.filter(
    ({ kind }) => kind === WarningKind.DROPPED || kind === WarningKind.CHANGED,
  );
  const [first] = losses;
  if (first === undefined) return;
  throw new ConnectorError("UNSUPPORTED_FIELD", `strict: ${first.field}: ${first.message}`, {
    violations: losses.map(({ field, message }) => ({
      field: violationPath(field),
      description: message,
    })),
  });
}

/** Warnings name fields within the request; violations name them from the message on. */
function violationPath(field: string): string {
  return /^(?:options|stream_options)\./.test(field) ? field : `request.${field}`;
}
