import { create, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import {
  type LLMResponse,
  type Part,
  StopReason,
  type Usage,
  UsageSchema,
  UsageSource,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { DecodeContext } from "../../contract/adapter.ts";
import { isObject, objectOf, storable, textOf, unknownMembers } from "../json.ts";
import { openAIStreamError } from "../openai-errors.ts";
import type { ResponseBuilder } from "../response-builder.ts";
import { isTokenCount, tokenCount } from "../token-count.ts";
import { echoedMembers, modelledMembers } from "./wire.ts";

/**
 * Puts what a response object holds besides its output around the parts of the builder. What of
 * `extra` the response has no member for goes to `provider_metadata` with the rest. Throws the
 * classified error of a failed response.
 */
export function buildResponse(
  builder: ResponseBuilder,
  response: JsonObject,
  context: DecodeContext,
  extra: JsonObject = {},
): LLMResponse {
  refuseFailed(response);
  const reason = textOf(objectOf(response.incomplete_details).reason);
  const built = builder.build({
    id: textOf(response.id),
    model: textOf(response.model) || context.model,
    stopReason: StopReason.UNSPECIFIED,
    rawStopReason: reason || textOf(response.status),
    usage: usageOf(response),
    providerMetadata: metadataOf(response, extra),
    createdSeconds: createdSeconds(response.created_at),
  });
  built.stopReason = stopReasonOf(response, reason, built.content?.parts ?? []);
  return built;
}

/** Throws the classified error of a response that failed, or that holds an error and no answer. */
export function refuseFailed(response: JsonObject): void {
  const { error, status } = response;
  const holdsError = (isObject(error) || (typeof error === "string" && error !== "")) && !status;
  if (status === "failed" || holdsError) {
    throw openAIStreamError(isObject(error) ? error : { message: textOf(error) }, 200);
  }
}

/** Usage of a response. Undefined where it reports none that can be read. */
export function usageOf(response: JsonObject): Usage | undefined {
  const usage = objectOf(response.usage);
  if (!isTokenCount(usage.input_tokens) || !isTokenCount(usage.output_tokens)) return undefined;
  const input = objectOf(usage.input_tokens_details);
  const output = objectOf(usage.output_tokens_details);
  return create(UsageSchema, {
    inputTokens: tokenCount(usage.input_tokens),
    outputTokens: tokenCount(usage.output_tokens),
    cacheReadTokens: tokenCount(input.cached_tokens),
    cacheWriteTokens: tokenCount(input.cache_write_tokens),
    reasoningTokens: tokenCount(output.reasoning_tokens),
    inputAudioTokens: tokenCount(input.audio_tokens),
    outputAudioTokens: tokenCount(output.audio_tokens),
    serverToolUses: serverToolUses(response, usage),
    source: UsageSource.REPORTED,
  });
}

/** Tools that need the caller to run them, though only the provider knows their items. */
const callerRunTypes: ReadonlySet<string> = new Set([
  "apply_patch_call",
  "computer_call",
  "local_shell_call",
  "mcp_approval_request",
  "shell_call",
  "tool_search_call",
]);

function stopReasonOf(response: JsonObject, reason: string, parts: readonly Part[]): StopReason {
  switch (textOf(response.status)) {
    case "incomplete":
      if (reason === "max_output_tokens") return StopReason.MAX_TOKENS;
      return reason === "content_filter" ? StopReason.CONTENT_FILTER : StopReason.OTHER;
    case "completed":
    case "":
      return completedReason(parts);
    default:
      return StopReason.OTHER;
  }
}

function completedReason(parts: readonly Part[]): StopReason {
  const kinds = new Set(parts.map(({ kind }) => kind.case));
  if (kinds.has("toolCall") || waitsForCaller(parts)) return StopReason.TOOL_USE;
  const isRefusal = kinds.has("refusal") && !kinds.has("text");
  return isRefusal ? StopReason.REFUSAL : StopReason.END_TURN;
}

/** Whether a block asks the caller to act, and no output of the same call follows in the answer. */
function waitsForCaller(parts: readonly Part[]): boolean {
  const blocks = parts.flatMap(({ kind }) =>
    kind.case === "provider" ? [{ type: kind.value.type, json: kind.value.json }] : [],
  );
  if (!blocks.some(({ type }) => callerRunTypes.has(type))) return false;
  const items = blocks.map(({ json }) => objectOf(JSON.parse(json)));
  const answered = new Set(
    items
      .filter(({ type }) => textOf(type).endsWith("_output"))
      .map(({ call_id }) => textOf(call_id)),
  );
  return items.some(
    ({ type, call_id, execution }) =>
      callerRunTypes.has(textOf(type)) &&
      execution !== "server" &&
      !(typeof call_id === "string" && answered.has(call_id)),
  );
}

/** Uses of tools that ran at the provider: OpenAI's `tool_usage`, xAI's count beside the tokens. */
function serverToolUses(response: JsonObject, usage: JsonObject): Record<string, bigint> {
  const counts: [string, JsonValue | undefined][] = [
    ...Object.entries(objectOf(response.tool_usage)).map(
      ([name, use]): [string, JsonValue | undefined] => [name, objectOf(use).num_requests],
    ),
    ...Object.entries(objectOf(usage.server_side_tool_usage_details)),
  ];
  const uses: [string, bigint][] = counts.map(([name, count]) => [name, tokenCount(count)]);
  return Object.fromEntries(uses.filter(([, count]) => count > 0n));
}

const settledMembers: ReadonlySet<string> = new Set([...echoedMembers, ...modelledMembers]);

const usageMembers: ReadonlySet<string> = new Set([
  "input_tokens",
  "input_tokens_details",
  "output_tokens",
  "output_tokens_details",
  "total_tokens",
]);
const inputMembers: ReadonlySet<string> = new Set(["cached_tokens", "cache_write_tokens"]);
const outputMembers: ReadonlySet<string> = new Set(["reasoning_tokens"]);

function metadataOf(response: JsonObject, extra: JsonObject): JsonObject | undefined {
  const metadata: JsonObject = { ...unknownMembers(response, settledMembers) };
  const usage = usageBeyondContract(response.usage);
  if (usage !== undefined) metadata.usage = usage;
  const details = unknownMembers(objectOf(response.incomplete_details), new Set(["reason"]));
  if (details !== undefined) metadata.incomplete_details = details;
  const { created_at: created, error, object } = response;
  if (created && createdSeconds(created) === undefined) metadata.created_at = storable(created);
  if (isObject(error)) metadata.error = storable(error);
  if (typeof object === "string" && object !== "response") metadata.object = object;
  // Models that do not reason are said to with nothing but nulls.
  const reasoning = metadata.reasoning;
  if (isObject(reasoning) && unknownMembers(reasoning, new Set()) === undefined) {
    delete metadata.reasoning;
  }
  const all = { ...extra, ...metadata };
  return Object.keys(all).length === 0 ? undefined : all;
}

/** What a usage object says beyond the contract; all of it where its counts cannot be read. */
function usageBeyondContract(usage: JsonValue | undefined): JsonValue | undefined {
  if (usage === undefined || usage === null) return undefined;
  if (!isObject(usage) || usageOf({ usage }) === undefined) return storable(usage);
  const input = unknownMembers(objectOf(usage.input_tokens_details), inputMembers);
  const output = unknownMembers(objectOf(usage.output_tokens_details), outputMembers);
  const rest = {
    ...unknownMembers(usage, usageMembers),
    ...(input && { input_tokens_details: input }),
    ...(output && { output_tokens_details: output }),
  };
  return Object.keys(rest).length === 0 ? undefined : rest;
}

/** Last second that a Timestamp can hold. */
const secondsMax = 253_402_300_799;

function createdSeconds(created: JsonValue | undefined): number | undefined {
  if (typeof created !== "number" || created <= 0 || created > secondsMax) return undefined;
  return created;
}
