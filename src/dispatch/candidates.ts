import type { LLMRequest } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { CallOptions } from "../../gen/ts/nexen/connectors/v1/options_pb.ts";
import { ConnectorError, invalidField } from "../contract/connector-error.ts";
import type { Target } from "../contract/target.ts";
import { isInside, type Outside, preferenceOf, regionNotAllowed } from "./region-fence.ts";
import type { Match, Registry } from "./registry.ts";

/** One place that a call may be sent to: a target, one of its keys, and the model's name there. */
export interface Candidate {
  /** The target; its `apiKey` is the key to use. */
  readonly target: Target;
  /** Which of the target's keys that is, from 0. */
  readonly keyIndex: number;
  /** Name of the model to send. */
  readonly model: string;
  /** The rule that led here. */
  readonly match: Match;
  /** Place of the model among those asked for: 0 is the call's own, 1 the first fallback. */
  readonly fallback: number;
}

/**
 * Every place that a call may be sent to, in the order in which they are tried: for the model and
 * then for each fallback model, the preferred regions first, then as configured. With a key of the
 * caller's, only those at the origin of the first. At least one; throws ConnectorError where there
 * is none.
 */
export function candidatesOf(
  request: LLMRequest,
  options: CallOptions | undefined,
  registry: Registry,
): Candidates {
  const own = candidatesOfModel(request, 0, options, registry);
  const fallbacks = (options?.fallbackModels ?? []).map((model, index) =>
    candidatesOfModel({ ...request, model }, index + 1, options, registry),
  );
  const [first, ...others] = [own, ...fallbacks].flatMap((found) =>
    found instanceof ConnectorError ? [] : found,
  );
  if (first === undefined) {
    const isFenced = own instanceof ConnectorError && own.reason === "REGION_NOT_ALLOWED";
    if (!isFenced) throw own;
    const models = [request.model, ...(options?.fallbackModels ?? [])];
    const places = models.flatMap((model) =>
      placesOf({ ...request, model }, matchOf(model, options, registry)),
    );
    throw outsideFence(places, options);
  }
  if (!options?.apiKey) return [first, ...others];
  return [first, ...others.filter(({ target }) => isSameOrigin(target, first.target))];
}

/** Whether a caller's key that is meant for one target may be shown to another. */
function isSameOrigin(one: Target, other: Target): boolean {
  return new URL(one.baseURL).origin === new URL(other.baseURL).origin;
}

/** The rule that decides: the target that the options name, or the registry's. */
export function matchOf(
  model: string,
  options: CallOptions | undefined,
  registry: Registry,
): Match {
  return options?.target ? registry.pinned(model, options.target) : registry.resolve(model);
}

/** The name of the model that a target is asked for: its own alias, or the name as it came. */
export function sentModel(target: Target, asked: string, withoutPrefix: string): string {
  const { models } = target;
  return (
    models.get(asked.toLowerCase()) ?? models.get(withoutPrefix.toLowerCase()) ?? withoutPrefix
  );
}

/** Candidates for one model, at least one, or why there is none. */
function candidatesOfModel(
  asked: Question,
  fallback: number,
  options: CallOptions | undefined,
  registry: Registry,
): Candidates | ConnectorError {
  const match = matchOf(asked.model, options, registry);
  const found = placesOf(asked, match);
  if (found.length === 0) return noTarget(match);
  const allowed = insideFence(found, options);
  if (allowed.length === 0) return outsideFence(found, options);
  const usable = allowed.filter(({ target }) => hasKey(target, options));
  if (usable.length === 0) return noKey(allowed[0]?.target);
  const candidates: Candidate[] = [];
  for (const { target, model } of atEndpoint(usable, options)) {
    for (const [keyIndex, keyed] of keysOf(target, options).entries()) {
      candidates.push({ target: keyed, keyIndex, model, match, fallback });
    }
  }
  const [first, ...others] = candidates;
  return first === undefined ? noKey(usable[0]?.target) : [first, ...others];
}

type Candidates = readonly [Candidate, ...Candidate[]];

/** A target, the name it is sent, and the rule that led to it. */
type Place = Outside;

/** What of a request decides where it may go. */
type Question = Pick<LLMRequest, "model" | "providerOptions">;

function placesOf({ model, providerOptions }: Question, match: Match): readonly Place[] {
  return match.targets.map((target) => ({
    rule: match.rule,
    target,
    model: sentModel(target, model, match.model),
    providerOptions,
  }));
}

function insideFence(places: readonly Place[], options: CallOptions | undefined): readonly Place[] {
  const { allowed = [], preferred = [] } = options?.region ?? {};
  if (allowed.length === 0 && preferred.length === 0) return places;
  return places
    .filter((place) => isInside(place.target, place.model, allowed, place.providerOptions))
    .toSorted((a, b) => preferenceOf(a.target, preferred) - preferenceOf(b.target, preferred));
}

/** The target once for each key that a call may be made with. */
function keysOf(target: Target, options: CallOptions | undefined): readonly Target[] {
  const { spareKeys = [] } = target;
  if (spareKeys.length === 0 || options?.apiKey) return [target];
  return [target, ...spareKeys.map((apiKey) => ({ ...target, apiKey }))];
}

function hasKey({ adapter, apiKey, dialect }: Target, options: CallOptions | undefined): boolean {
  if (apiKey !== undefined || options?.apiKey || !adapter.keyRequired) return true;
  return dialect.credentials !== undefined;
}

function noTarget({ provider, rule }: Match): ConnectorError {
  const whose = provider === "" ? `rule "${rule}"` : `"${provider}"`;
  return notConfigured(`no target of ${whose} is configured and enabled`, provider);
}

function noKey(target: Target | undefined): ConnectorError {
  const { name = "", adapter } = target ?? {};
  const variables = (adapter?.keyVariables ?? []).join(" or ");
  return notConfigured(
    `target "${name}" has no key; set ${variables}, or send options.api_key`,
    adapter?.name ?? "",
  );
}

function notConfigured(message: string, provider: string): ConnectorError {
  return new ConnectorError("TARGET_NOT_CONFIGURED", message, {
    metadata: { provider },
    precondition: { type: "TARGET_NOT_CONFIGURED", description: message },
  });
}

function outsideFence(places: readonly Place[], options: CallOptions | undefined): ConnectorError {
  const allowed = options?.region?.allowed ?? [];
  const outside = places.filter(
    ({ target, model, providerOptions }) => !isInside(target, model, allowed, providerOptions),
  );
  return regionNotAllowed(outside, allowed);
}

/** The same places; where the caller names an address, the first that takes one, moved there. */
function atEndpoint(places: readonly Place[], options: CallOptions | undefined): readonly Place[] {
  if (!options?.baseUrl) return places;
  const open = places.find(({ target }) => target.allowCallerEndpoint);
  if (open === undefined || options.apiKey === "") {
    throw invalidField(
      "options.base_url",
      "this target does not take a caller's base URL, or options.api_key is missing beside it",
    );
  }
  return [{ ...open, target: movedTo(options.baseUrl.replace(/\/+$/, ""), open.target) }];
}

/** What the operator meant for its own address, secrets in headers too, goes to no other. */
function movedTo(baseURL: string, target: Target): Target {
  const { body: _body, path: _path, keyHeader: _header, spareKeys: _keys, ...wire } = target;
  return { ...wire, baseURL, apiKey: undefined, headers: {}, allowPrivate: false };
}
