import type { JsonObject } from "@bufbuild/protobuf";
import type { LLMRequest } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { EncodeContext } from "./encode-context.ts";

/** How much to think, and whether to show it, in the host's own members of the body. */
export function encodeThinking({ thinking }: LLMRequest, context: EncodeContext): JsonObject {
  if (thinking === undefined) return {};
  const { effort, budgetTokens, include } = thinking;
  const { form = "level", off } = context.host.thinking ?? {};
  const isOff = off !== undefined && (effort === "none" || (effort === "" && budgetTokens === 0n));
  if (form === "object") return encodeObject({ effort, budgetTokens, include }, context);
  return {
    ...(isOff ? off : encodeLevel({ effort, budgetTokens }, context)),
    ...encodeInclude(include, context),
  };
}

interface Thinking {
  readonly effort: string;
  readonly budgetTokens: bigint | undefined;
  readonly include: boolean | undefined;
}

function encodeLevel(
  { effort, budgetTokens }: Omit<Thinking, "include">,
  { warnings }: EncodeContext,
): JsonObject {
  if (effort === "" && budgetTokens === 0n) {
    warnings.changed("thinking.budget_tokens", 'sent as the level of effort "none"');
    return { reasoning_effort: "none" };
  }
  if (budgetTokens !== undefined) {
    warnings.dropped("thinking.budget_tokens", "this wire knows levels of effort only");
  }
  return effort === "" ? {} : { reasoning_effort: effort };
}

function encodeInclude(
  include: boolean | undefined,
  { host, warnings }: EncodeContext,
): JsonObject {
  const { includeMember, isShown = false } = host.thinking ?? {};
  if (include === undefined) return {};
  if (includeMember !== undefined) return { [includeMember]: include };
  if (include && !isShown) {
    warnings.dropped("thinking.include", "this wire has no parameter to ask for thinking");
  }
  if (!include && isShown) {
    warnings.dropped("thinking.include", "the provider has no parameter to leave thinking out");
  }
  return {};
}

/** A level or a budget, which exclude each other, and whether thinking is left out. */
function encodeObject(
  { effort, budgetTokens, include }: Thinking,
  { warnings }: EncodeContext,
): JsonObject {
  if (effort !== "" && budgetTokens !== undefined) {
    warnings.dropped("thinking.budget_tokens", "the provider takes a level or a budget, not both");
  }
  const amount = effort === "" && budgetTokens !== undefined ? budgetOf(budgetTokens) : { effort };
  const isSaid = effort !== "" || budgetTokens !== undefined;
  const reasoning = {
    ...(isSaid && amount),
    ...(include !== undefined && { exclude: !include }),
  };
  return Object.keys(reasoning).length === 0 ? {} : { reasoning };
}

function budgetOf(tokens: bigint): JsonObject {
  return tokens === 0n ? { effort: "none" } : { max_tokens: Number(tokens) };
}
