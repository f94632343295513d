import { create } from "@bufbuild/protobuf";
import {
  type ResolvedTarget,
  ResolvedTargetSchema,
  type ResolveModelRequest,
  type ResolveModelResponse,
  ResolveModelResponseSchema,
} from "../../gen/ts/nexen/connectors/v1/catalog_pb.ts";
import type { Target } from "../contract/target.ts";
import { matchOf, sentModel } from "./candidates.ts";
import {
  fenceAllows,
  preferenceOf,
  type Residence,
  residence,
  whyOutside,
} from "./region-fence.ts";
import type { Match, Registry } from "./registry.ts";

/** A target, and what it would be asked for. */
interface Way {
  readonly target: Target;
  readonly model: string;
  readonly fallback: number;
  readonly residence: Residence;
}

/**
 * Explains where a name leads: the rule that wins, the targets in the order in which they would be
 * tried, those that the fence leaves out, and the rules that lose.
 */
export function resolveModel(
  { model, options }: ResolveModelRequest,
  registry: Registry,
): ResolveModelResponse {
  const { allowed = [], preferred = [] } = options?.region ?? {};
  const models = [model, ...(options?.fallbackModels ?? [])];
  const matched = models.map((name) => matchOf(name, options, registry));
  const [match = matchOf(model, options, registry)] = matched;
  const ways = matched.flatMap((found, fallback) =>
    found.targets
      .map((target) =>
        wayTo(target, sentModel(target, models[fallback] ?? model, found.model), fallback),
      )
      .toSorted((a, b) => preferenceOf(a.target, preferred) - preferenceOf(b.target, preferred)),
  );
  const isInside = (way: Way): boolean => fenceAllows(way.residence, allowed);
  return create(ResolveModelResponseSchema, {
    rule: match.rule,
    provider: match.provider,
    targets: ways.filter(isInside).map(resolvedTarget),
    excluded: ways
      .filter((way) => !isInside(way))
      .map((way) => ({ target: resolvedTarget(way), why: whyOutside(way.residence) })),
    matches: candidates(match, model, registry).map((candidate, place) => ({
      rule: candidate.rule,
      provider: candidate.provider,
      source: candidate.source,
      why: place === 0 ? whyWon(candidate) : `it comes after "${match.rule}", and the first wins`,
    })),
  });
}

function wayTo(target: Target, model: string, fallback: number): Way {
  return { target, model, fallback, residence: residence(target, model) };
}

function resolvedTarget({ target, model, fallback, residence: places }: Way): ResolvedTarget {
  return create(ResolvedTargetSchema, {
    name: target.name,
    adapter: target.adapter.name,
    dialect: target.dialect.name,
    host: target.host,
    baseUrl: target.baseURL,
    region: target.region,
    zone: target.zone ?? "",
    model,
    simulated: target.simulated,
    residence: places.map(({ name }) => name),
    fallback,
  });
}

function candidates(match: Match, model: string, registry: Registry): readonly Match[] {
  const rules = registry.explain(model);
  return match.source === "target" ? [match, ...rules] : rules;
}

function whyWon({ source }: Match): string {
  switch (source) {
    case "target":
      return "the call names this target";
    case "prefix":
      return "an explicit prefix wins over every pattern";
    case "route":
      return "it is the first route of the configuration that matches";
    case "adapter":
      return "no prefix and no route matches, and it is the first adapter's pattern that does";
    case "alias":
      return "nothing else matches, and a target's models name it";
    default:
      return source satisfies never;
  }
}
