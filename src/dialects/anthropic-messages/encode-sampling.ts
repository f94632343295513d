import type { JsonObject } from "@bufbuild/protobuf";
import type { LLMRequest } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { ModelScope } from "./encode-scope.ts";

/**
 * The knobs of sampling that a model takes, which depends on its generation and on whether it
 * thinks. `thinking` is what is sent to have it think.
 */
export function encodeSampling(
  request: LLMRequest,
  thinking: JsonObject | undefined,
  { traits, model, warnings }: ModelScope,
): Record<string, number> {
  const { temperature, topP, topK } = request;
  const sent: Record<string, number> = {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(topK !== undefined && { top_k: topK }),
  };
  const drop = (name: string, why: string): void => {
    if (sent[name] === undefined) return;
    delete sent[name];
    warnings.dropped(name, why);
  };
  if (traits.sampling === "none") {
    for (const name of Object.keys(sent)) drop(name, `${model} takes no ${name}`);
    return sent;
  }
  if (traits.claude && thinking !== undefined && thinking.type !== "disabled") {
    if (temperature !== 1) drop("temperature", "beside thinking the API takes 1 only");
    if (topP !== undefined && topP < 0.95) drop("top_p", "beside thinking the API takes 0.95 to 1");
    drop("top_k", "the API takes none beside thinking");
  }
  if (traits.sampling === "one" && sent.temperature !== undefined) {
    drop("top_p", `${model} takes temperature or top_p, not both`);
  }
  return sent;
}
