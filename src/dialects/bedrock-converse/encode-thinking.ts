import type { JsonObject } from "@bufbuild/protobuf";
import type { LLMRequest, ThinkingConfig } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { encodeSampling } from "../anthropic-messages/encode-sampling.ts";
import { encodeThinking } from "../anthropic-messages/encode-thinking.ts";
import type { EncodeScope } from "./encode-scope.ts";

/** What depends on the maker of the model: knobs that all models share, and its own fields. */
export interface ModelFields {
  readonly temperature?: number;
  readonly topP?: number;
  /** `additionalModelRequestFields`. Empty: none. */
  readonly additional: JsonObject;
}

/**
 * Sampling and thinking in the terms of the model's maker: Converse itself has no word for `top_k`
 * and thinking, and hands additional fields to the model as they are.
 */
export function encodeModelFields(request: LLMRequest, scope: EncodeScope): ModelFields {
  if (scope.isClaude) return claudeFields(request, scope);
  const { temperature, topP } = request;
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    additional: { ...topKOf(request, scope), ...thinkingOf(request.thinking, scope) },
  };
}

function claudeFields(request: LLMRequest, scope: EncodeScope): ModelFields {
  const outputTokens = request.maxOutputTokens ?? scope.traits.outputTokensMax;
  const { thinking, effort } = encodeThinking(request.thinking, outputTokens, scope);
  const { temperature, top_p: topP, top_k: topK } = encodeSampling(request, thinking, scope);
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    additional: {
      ...(topK !== undefined && { top_k: topK }),
      ...(thinking && { thinking }),
      ...(effort && { output_config: { effort } }),
    },
  };
}

/** Makers of models as their names tell, behind a prefix such as `us.` or in an ARN. */
const makers = {
  nova: /(?:^|[./])amazon\.nova-/i,
  gptOSS: /(?:^|[./])openai\./i,
  mistral: /(?:^|[./])mistral\./i,
  cohere: /(?:^|[./])cohere\./i,
  qwen: /(?:^|[./])qwen\./i,
} as const;

function topKOf({ topK }: LLMRequest, { model, warnings }: EncodeScope): JsonObject {
  if (topK === undefined) return {};
  if (makers.nova.test(model)) return { inferenceConfig: { topK } };
  if (makers.mistral.test(model)) return { top_k: topK };
  if (makers.cohere.test(model)) return { k: topK };
  warnings.dropped("top_k", `it is not known how ${model} takes it: use provider_options`);
  return {};
}

function thinkingOf(
  config: ThinkingConfig | undefined,
  { model, warnings }: EncodeScope,
): JsonObject {
  if (config === undefined) return {};
  const { effort, budgetTokens, include } = config;
  if (include !== undefined) {
    warnings.dropped("thinking.include", `${model} has no such choice`);
  }
  const isOff = effort === "none" || (effort === "" && budgetTokens === 0n);
  if (budgetTokens !== undefined && !isOff) {
    warnings.dropped("thinking.budget_tokens", `${model} takes no budget`);
  }
  const level = isOff ? "none" : effort;
  if (level === "") return {};
  if (makers.nova.test(model)) {
    return isOff
      ? { reasoningConfig: { type: "disabled" } }
      : { reasoningConfig: { type: "enabled", maxReasoningEffort: level } };
  }
  if (makers.gptOSS.test(model)) return { reasoning_effort: level };
  if (makers.qwen.test(model) && !isOff) return { reasoning_config: level };
  warnings.dropped("thinking", `it is not known how to tell ${model}: use provider_options`);
  return {};
}
