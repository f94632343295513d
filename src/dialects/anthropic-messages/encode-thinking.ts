import type { JsonObject } from "@bufbuild/protobuf";
import type { ThinkingConfig } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { ModelScope } from "./encode-scope.ts";

/** What is sent to have a model think. */
export interface WireThinking {
  /** `thinking`. Unset: not sent. */
  readonly thinking?: JsonObject;
  /** `output_config.effort`. Unset: not sent. */
  readonly effort?: string;
}

const budgetTokensMin = 1_024;

/** Tokens that stand for effort on models that know budgets only, at most half of the output. */
const effortBudgets: Readonly<Record<string, number>> = {
  minimal: budgetTokensMin,
  low: 4_096,
  medium: 8_192,
  high: 16_384,
  xhigh: 32_768,
  max: 32_768,
};

/**
 * The wish to think in the terms of the model's generation: a budget, or effort and "adaptive", or
 * "disabled". `outputTokens` is what is sent for `max_tokens`, which a budget must stay below.
 */
export function encodeThinking(
  config: ThinkingConfig | undefined,
  outputTokens: number,
  scope: ModelScope,
): WireThinking {
  if (config === undefined) return {};
  if (config.effort === "none" || config.budgetTokens === 0n) return turnedOff(config, scope);
  if (config.effort === "" && config.budgetTokens === undefined && config.include === undefined) {
    return {};
  }
  switch (scope.traits.thinking) {
    case "none":
      scope.warnings.dropped("thinking", `${scope.model} does not think`);
      return {};
    case "budget":
      return byBudget(config, outputTokens, scope);
    case "either":
      return config.budgetTokens === undefined
        ? adaptive(config, scope)
        : byBudget(config, outputTokens, scope);
    default:
      return adaptive(config, scope);
  }
}

function turnedOff({ effort, include }: ThinkingConfig, scope: ModelScope): WireThinking {
  const { traits, model, warnings } = scope;
  if (include) warnings.dropped("thinking.include", "there is none: thinking is turned off");
  // Effort says how much to write in all, so it stands beside thinking that is turned off.
  const level = effort === "none" ? undefined : levelOf(effort, scope);
  if (traits.thinking === "always") {
    warnings.dropped("thinking", `${model} always thinks`);
    return { ...(level && { effort: level }) };
  }
  if (traits.thinking === "none") return {};
  return { thinking: { type: "disabled" }, ...(level && { effort: level }) };
}

function adaptive(config: ThinkingConfig, scope: ModelScope): WireThinking {
  const { traits, model, warnings } = scope;
  if (config.budgetTokens !== undefined) {
    warnings.dropped(
      "thinking.budget_tokens",
      `${model} takes no budget: it thinks as it sees fit`,
    );
  }
  const isOnlyHidden =
    config.effort === "" && config.budgetTokens === undefined && config.include === false;
  // Nothing has to be hidden where nothing is thought; saying so would turn thinking on.
  if (isOnlyHidden && !traits.thinksUnasked) return {};
  const effort = levelOf(config.effort, scope);
  return {
    thinking: { type: "adaptive", ...display(config, scope) },
    ...(effort && { effort }),
  };
}

function byBudget(config: ThinkingConfig, outputTokens: number, scope: ModelScope): WireThinking {
  const { traits, model, warnings } = scope;
  if (config.budgetTokens !== undefined) {
    const budget = Number(config.budgetTokens);
    const effort = levelOf(config.effort, scope);
    return { thinking: enabled(budget, config, scope), ...(effort && { effort }) };
  }
  if (config.effort === "") {
    if (config.include) warnings.dropped("thinking.include", `${model} thinks only with a budget`);
    return {};
  }
  if (traits.effort) return { effort: config.effort };
  const wished = effortBudgets[config.effort];
  const budget = Math.min(wished ?? 0, Math.floor(outputTokens / 2));
  if (wished === undefined || budget < budgetTokensMin) {
    const why = wished === undefined ? "knows no such effort" : "has too few output tokens for it";
    warnings.dropped("thinking.effort", `${model} ${why}`);
    return {};
  }
  warnings.changed("thinking.effort", `${model} has budgets only: sent as ${budget} tokens`);
  return { thinking: enabled(budget, config, scope) };
}

function enabled(budget: number, config: ThinkingConfig, scope: ModelScope): JsonObject {
  return { type: "enabled", budget_tokens: budget, ...display(config, scope) };
}

function levelOf(effort: string, { traits, model, warnings }: ModelScope): string | undefined {
  if (effort === "") return undefined;
  if (traits.effort) return effort;
  warnings.dropped("thinking.effort", `${model} has no levels of effort`);
  return undefined;
}

function display({ include }: ThinkingConfig, scope: ModelScope): JsonObject {
  if (include === undefined) return {};
  if (scope.traits.display) return { display: include ? "summarized" : "omitted" };
  if (!include) scope.warnings.dropped("thinking.include", `${scope.model} always shows it`);
  return {};
}
