import { type Call, Refusal } from "../wire.ts";
import { failure, invalid } from "./failures.ts";

const profiles = "(?:(?:us|eu|apac|jp|au|ca|us-gov|global)\\.)?";
const makers: readonly string[] = [
  ...["meta", "mistral", "cohere", "deepseek", "qwen", "openai", "ai21", "minimax", "moonshot"],
  ...["moonshotai", "writer", "zai", "google", "nvidia"],
];
const families: readonly string[] = [
  "anthropic\\.claude-[a-z0-9.:-]+",
  "amazon\\.nova-[a-z0-9-]+-v\\d:\\d[a-z0-9:]*",
  "amazon\\.(?:titan|rerank)-[a-z0-9:-]+",
  `(?:${makers.join("|")})\\.[a-z0-9][a-z0-9.:-]+`,
];
const served = new RegExp(`^${profiles}(?:${families.join("|")})$`);
const resources: readonly string[] = [
  ...["foundation-model", "inference-profile", "application-inference-profile", "prompt"],
  ...["provisioned-model", "imported-model", "default-prompt-router", "prompt-router"],
  "custom-model-deployment",
];
const arn = new RegExp(`^arn:aws[\\w-]*:bedrock:[a-z0-9-]+:\\d*:(?:${resources.join("|")})/.+$`);

/** Models that are reached through an inference profile alone. */
const profiled: readonly string[] = [
  "anthropic\\.claude-(?:(?:opus|sonnet|haiku|fable|mythos)-[4-9]|3-7)",
  "amazon\\.nova-(?:2|premier)",
  "meta\\.llama4",
  "deepseek\\.r1",
];
const profileOnly = new RegExp(`^(?:${profiled.join("|")})`);
const retired = /claude-(?:v1|instant-v1:\d|2$)/;

const thinkers = /(?:^|\.)(?:openai\.gpt-oss|deepseek\.r1|qwen\.qwen3|moonshot|minimax)/;
const toolless = /(?:^|\.)(?:amazon\.titan|deepseek\.r1|ai21\.j2|cohere\.command-(?:text|light))/;

/** Context window of every model, tokens. */
export const contextTokensMax = 200_000;

/** Refuses an id that names no model, or one that cannot be called by it. Throws Refusal. */
export function checkModel({ model }: Call): void {
  if (arn.test(model)) return;
  if (retired.test(model)) {
    throw new Refusal(
      failure(
        404,
        "This model version has reached the end of its life. Please refer to the AWS " +
          "documentation for more details.",
      ),
    );
  }
  if (!served.test(model)) throw invalid("The provided model identifier is invalid.");
  if (profileOnly.test(model)) {
    throw invalid(
      `Invocation of model ID ${model} with on-demand throughput isn’t supported. Retry your ` +
        "request with the ID or ARN of an inference profile that contains this model.",
    );
  }
}

/** Refuses to count for all but Claude by its own id. Throws Refusal. */
export function checkCountable({ model }: Call): void {
  if (!served.test(model)) throw invalid("The provided model identifier is invalid.");
  if (model.startsWith("anthropic.")) return;
  throw invalid("The provided model doesn't support counting tokens.");
}

/** Whether a model is Claude. */
export function isClaude(model: string): boolean {
  return model.includes("anthropic.claude");
}

/** Claude's own name of a model: without profile, maker and version of the service. */
export function claudeName(model: string): string {
  return model.replace(/^.*anthropic\./, "").replace(/-v\d+(?::\d+)?$/, "");
}

/** Whether a model thinks without being asked to. */
export function thinksUnasked(model: string): boolean {
  return thinkers.test(model);
}

/** Whether a model can call tools. */
export function canCall(model: string): boolean {
  return !toolless.test(model);
}
