import type { JsonObject } from "@bufbuild/protobuf";
import type { ThinkingConfig } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { EncodeScope } from "./encode-scope.ts";
import type { ThinkingMode } from "./model-traits.ts";

type Budgets = Extract<ThinkingMode, { kind: "budget" }>;
type Levels = Extract<ThinkingMode, { kind: "level" }>;

/**
 * Tokens that stand for effort on models that know budgets only: the provider's own table for its
 * OpenAI-compatible endpoint (ai.google.dev/gemini-api/docs/openai). Above "high": the model's
 * maximum.
 */
const effortBudgets: ReadonlyMap<string, number> = new Map([
  ["minimal", 1_024],
  ["low", 1_024],
  ["medium", 8_192],
  ["high", 24_576],
]);

/** The provider's own levels. Any other word goes as it is. */
const ownLevels: ReadonlySet<string> = new Set(["minimal", "low", "medium", "high"]);

/** Levels of effort over the highest that the provider has. */
const overHigh: ReadonlySet<string> = new Set(["xhigh", "max"]);

/** `thinkingConfig` in the terms of the model's generation: a budget or a level, never both. */
export function encodeThinking(
  config: ThinkingConfig | undefined,
  scope: EncodeScope,
): JsonObject | undefined {
  if (config === undefined) return undefined;
  const { thinking } = scope.traits;
  if (thinking.kind === "none") {
    warnOfNone(config, scope);
    return undefined;
  }
  const amount =
    thinking.kind === "budget"
      ? byBudget(config, thinking, scope)
      : byLevel(config, thinking, scope);
  const sent = { ...amount, ...includeOf(config, amount.thinkingBudget === 0, scope) };
  return Object.keys(sent).length === 0 ? undefined : sent;
}

function isOff({ effort, budgetTokens }: ThinkingConfig): boolean {
  return effort === "none" || (effort === "" && budgetTokens === 0n);
}

function warnOfNone(config: ThinkingConfig, { model, warnings }: EncodeScope): void {
  const why = `${model} does not think`;
  if (config.effort !== "" && config.effort !== "none") warnings.dropped("thinking.effort", why);
  if (config.budgetTokens) warnings.dropped("thinking.budget_tokens", why);
  if (config.include === true) warnings.dropped("thinking.include", why);
}

function byBudget(
  config: ThinkingConfig,
  { budgetMin, budgetMax }: Budgets,
  { model, warnings }: EncodeScope,
): JsonObject {
  const { effort, budgetTokens } = config;
  if (isOff(config) || budgetTokens === 0n) {
    if (budgetMin > 0) {
      const field = effort === "none" ? "thinking.effort" : "thinking.budget_tokens";
      warnings.changed(field, `${model} always thinks: sent as its least, ${budgetMin} tokens`);
    }
    return { thinkingBudget: budgetMin };
  }
  if (budgetTokens !== undefined) {
    if (effort !== "") {
      warnings.dropped("thinking.effort", `${model} has budgets only, and one is given`);
    }
    return { thinkingBudget: Number(budgetTokens) };
  }
  if (effort === "") return {};
  const budget = overHigh.has(effort) ? budgetMax : effortBudgets.get(effort);
  if (budget === undefined) {
    warnings.dropped("thinking.effort", `${model} has budgets only, and none stands for this word`);
    return {};
  }
  warnings.changed("thinking.effort", `${model} has budgets only: sent as ${budget} tokens`);
  return { thinkingBudget: budget };
}

function byLevel(
  config: ThinkingConfig,
  { levelMin }: Levels,
  { model, warnings }: EncodeScope,
): JsonObject {
  const { effort, budgetTokens } = config;
  if (isOff(config)) {
    const field = effort === "none" ? "thinking.effort" : "thinking.budget_tokens";
    warnings.changed(field, `${model} always thinks: sent as its lowest level, "${levelMin}"`);
    return levelOf(levelMin);
  }
  if (effort === "") {
    return budgetTokens === undefined ? {} : { thinkingBudget: Number(budgetTokens) };
  }
  if (budgetTokens !== undefined) {
    const why = `${model} takes a level or a budget, not both: the level was sent`;
    warnings.dropped("thinking.budget_tokens", why);
  }
  if (effort === "minimal" && levelMin !== effort) {
    warnings.changed("thinking.effort", `${model} has no level under "${levelMin}": sent as that`);
    return levelOf(levelMin);
  }
  if (!overHigh.has(effort)) return levelOf(effort);
  warnings.changed("thinking.effort", `${model} has no level over "high": sent as that`);
  return levelOf("high");
}

function levelOf(effort: string): JsonObject {
  return { thinkingLevel: ownLevels.has(effort) ? effort.toUpperCase() : effort };
}

function includeOf(
  { include }: ThinkingConfig,
  isStopped: boolean,
  { warnings }: EncodeScope,
): JsonObject {
  if (include === undefined) return {};
  if (include && isStopped) {
    warnings.dropped("thinking.include", "there is none: thinking is turned off");
    return {};
  }
  return { includeThoughts: include };
}
