import type { JsonObject } from "@bufbuild/protobuf";
import { ConnectorError } from "../contract/connector-error.ts";
import type { Target } from "../contract/target.ts";
import { globalZone } from "../contract/zones.ts";
import { globTest } from "./glob.ts";
import { isObject } from "./json-object.ts";

/** A region, or a zone of several. */
export interface ResidencePlace {
  /** In lower case. */
  readonly name: string;
  /** The regions of a zone. Empty: it is a region itself, or they are not known. */
  readonly regions: readonly string[];
}

/**
 * Every place in which a call may be processed: a fence must hold them all. Empty: it is not known
 * where, and no fence holds that.
 */
export type Residence = readonly ResidencePlace[];

/** A target that a fence leaves out, and what it would have been asked for. */
export interface Outside {
  /** The rule that led to the target. */
  readonly rule: string;
  readonly target: Target;
  /** Name of the model that would be sent. */
  readonly model: string;
  /** `provider_options` of the request. Unset: none. */
  readonly providerOptions?: JsonObject | undefined;
}

const shownMax = 8;

/**
 * Where a target runs a model: at its declared zone, or else its region, and wherever the name of
 * the model leads besides, such as a geography of Bedrock's. `model` is the name that is sent;
 * `providerOptions` are those of the request, which may name a place too.
 */
export function residence(target: Target, model: string, providerOptions?: JsonObject): Residence {
  const { geography } = target.dialect;
  const given = providerOptions?.[target.adapter.name];
  const body = { ...target.body, ...(isObject(given) && given) };
  const led = geography === undefined ? [] : geography.placesOf(model, body);
  const own = target.zone ?? (led === undefined ? "" : target.region);
  if (own === "") return [];
  const names = new Set([own, ...(led ?? [])].map((name) => name.toLowerCase()));
  const zones = geography?.zones ?? {};
  const places = [...names].map((name) => ({
    name,
    regions: (Object.hasOwn(zones, name) && zones[name]) || [],
  }));
  return places.filter(({ name }) => !places.some(({ regions }) => regions.includes(name)));
}

/**
 * Whether a call cannot leave a fence: each place is named by one of the patterns, or is a zone
 * whose regions all are. An empty fence allows everything.
 *
 * A pattern with `*` names a zone only if it spells the zone's whole name first ("eu*" names "eu",
 * "e*" does not), or is `*` alone: otherwise "e*", meant for "eastus", would let calls go to "eu".
 */
export function fenceAllows(places: Residence, allowed: readonly string[]): boolean {
  if (allowed.length === 0) return true;
  const isNamed = (region: string): boolean => allowed.some((glob) => globTest(glob, region));
  const isWithin = ({ name, regions }: ResidencePlace): boolean => {
    if (regions.length === 0 && name !== globalZone) return isNamed(name);
    if (allowed.some((glob) => spellsZone(glob, name))) return true;
    return regions.length > 0 && regions.every(isNamed);
  };
  return places.length > 0 && places.every(isWithin);
}

/** Whether a target may be asked for a model within a fence; the rest is that of `residence`. */
export function isInside(
  target: Target,
  model: string,
  allowed: readonly string[],
  providerOptions?: JsonObject,
): boolean {
  return allowed.length === 0 || fenceAllows(residence(target, model, providerOptions), allowed);
}

/**
 * Which of the preferred places a target is at, by its region or its zone: the index of the first
 * pattern that names it. As many as there are: none does.
 */
export function preferenceOf({ region, zone }: Target, preferred: readonly string[]): number {
  const names = [region, zone ?? ""].filter((name) => name !== "");
  const found = preferred.findIndex((glob) => names.some((name) => globTest(glob, name)));
  return found < 0 ? preferred.length : found;
}

/** A residence in words: "eu-west-1", "zone us (us-east-1, …) and ca-central-1", or "unknown". */
export function describeResidence(places: Residence): string {
  if (places.length === 0) return "unknown";
  return places.map(describePlace).join(" and ");
}

/** Why a fence leaves a target out, as half a sentence that follows its name. */
export function whyOutside(places: Residence): string {
  if (places.length === 0) {
    return "does not tell where it runs: only a declared `zone` or `region` can";
  }
  return `may run in ${describeResidence(places)}, which the fence does not hold`;
}

/** The error of a call whose fence leaves no target; `outside` has those of its fallbacks too. */
export function regionNotAllowed(
  outside: readonly Outside[],
  allowed: readonly string[],
): ConnectorError {
  const rules = [...new Set(outside.map(({ rule }) => rule))];
  const fence = listed(allowed);
  const where = outside.map(
    ({ target, model, providerOptions }) =>
      `${target.name}: ${describeResidence(residence(target, model, providerOptions))}`,
  );
  const quoted = listed(rules.map((rule) => `"${rule}"`));
  return new ConnectorError(
    "REGION_NOT_ALLOWED",
    `options.region.allowed (${fence}) leaves no target of rule ${quoted} (${listed(where)})`,
    {
      metadata: { rule: listed(rules), allowed: fence, excluded: listed(where, "; ") },
      precondition: { type: "REGION_NOT_ALLOWED", description: `allowed regions: ${fence}` },
    },
  );
}

function spellsZone(glob: string, zone: string): boolean {
  if (/^\*+$/.test(glob)) return true;
  return glob.toLowerCase().startsWith(zone) && globTest(glob, zone);
}

function describePlace({ name, regions: [first, ...others] }: ResidencePlace): string {
  if (name === globalZone) return "global (any region)";
  if (first === undefined) return name;
  return others.length === 0 ? `zone ${name} (${first})` : `zone ${name} (${first}, …)`;
}

function listed(items: readonly string[], separator = ", "): string {
  const shown = items.slice(0, shownMax).join(separator);
  const rest = items.length - shownMax;
  return rest > 0 ? `${shown}${separator}and ${rest} more` : shown;
}
