import { create } from "@bufbuild/protobuf";
import {
  type ResolveModelRequest,
  type ResolveModelResponse,
  ResolveModelResponseSchema,
} from "../../gen/ts/nexen/connectors/v1/catalog_pb.ts";
import { allowedTargets, matchOf, sentModel } from "./call-plan.ts";
import type { Match, Registry } from "./registry.ts";

/** Explains where a name leads: the rule that wins, its targets, and the rules that lose. */
export function resolveModel(
  { model, options }: ResolveModelRequest,
  registry: Registry,
): ResolveModelResponse {
  const match = matchOf(model, options, registry);
  const targets = allowedTargets(match, options);
  return create(ResolveModelResponseSchema, {
    rule: match.rule,
    provider: match.provider,
    targets: targets.map((target) => ({
      name: target.name,
      adapter: target.adapter.name,
      dialect: target.dialect.name,
      host: target.host,
      baseUrl: target.baseURL,
      region: target.region,
      model: sentModel(target, model, match.model),
      simulated: target.simulated,
    })),
    matches: candidates(match, model, registry).map((candidate, place) => ({
      rule: candidate.rule,
      provider: candidate.provider,
      source: candidate.source,
      why: place === 0 ? whyWon(candidate) : `it comes after "${match.rule}", and the first wins`,
    })),
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
