import type { JsonObject } from "@bufbuild/protobuf";
import {
  type LLMRequest,
  Modality,
  type ResponseFormat,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { EncodeInput, WireRequest } from "../../contract/adapter.ts";
import { invalidField } from "../../contract/connector-error.ts";
import { arrayOf, mergeInto, objectOf } from "../json.ts";
import { ownOptions } from "../own-options.ts";
import { requestField } from "../request-field.ts";
import { encodeSampling } from "./encode-sampling.ts";
import { type EncodeScope, encodeScope } from "./encode-scope.ts";
import { encodeThinking, type WireThinking } from "./encode-thinking.ts";
import { encodeToolChoice, encodeTools } from "./encode-tools.ts";
import { encodeTurns } from "./encode-turns.ts";
import { anthropicHost, type MessagesHost } from "./messages-host.ts";
import { apiVersion } from "./wire.ts";

/** A request to answer, `POST /v1/messages` at Anthropic itself. */
export function encodeMessages(
  input: EncodeInput,
  host: MessagesHost = anthropicHost,
): WireRequest {
  const { request } = input;
  const stream = input.stream && host.streamInPath !== true;
  const scope = encodeScope(input);
  const own = requestOptions(request, scope);
  const outputTokens = outputTokensOf(request, own, scope);
  const { thinking, ...prompt } = encodePrompt(request, outputTokens, scope);
  const body: JsonObject = {
    ...(host.bodyVersion === undefined && { model: scope.model }),
    ...prompt,
    max_tokens: outputTokens,
    ...(thinking !== undefined && { thinking }),
    ...encodeSampling(request, thinking, scope),
    ...encodeRest(request, scope),
    ...(stream && { stream }),
  };
  return wireRequest(host.path(input), body, own, { scope, host });
}

/** Members of a request that only say how to answer: the counter refuses them. */
const answerMembers = [
  ...["max_tokens", "stream", "temperature", "top_p", "top_k", "stop_sequences", "metadata"],
  ...["service_tier", "inference_geo", "container", "diagnostics"],
];

/** A request to count input tokens, `POST /v1/messages/count_tokens` at Anthropic itself. */
export function encodeTokenCount(
  input: EncodeInput,
  host: MessagesHost = anthropicHost,
): WireRequest {
  const scope = encodeScope(input);
  const own = requestOptions(input.request, scope);
  const outputTokens = input.request.maxOutputTokens ?? scope.traits.outputTokensMax;
  const body = { model: scope.model, ...encodePrompt(input.request, outputTokens, scope) };
  const options = own && { ...own };
  for (const member of answerMembers) delete options?.[member];
  return wireRequest(host.countPath(input), body, options, { scope, host });
}

function wireRequest(
  path: string,
  body: JsonObject,
  own: JsonObject | undefined,
  { scope, host }: { readonly scope: EncodeScope; readonly host: MessagesHost },
): WireRequest {
  const { anthropic_beta: given, ...options } = own ?? {};
  const betas = betaList(given, scope);
  const { bodyVersion, betasInBody } = host;
  const placed: JsonObject = {
    ...(bodyVersion !== undefined && { anthropic_version: bodyVersion }),
    ...(betasInBody && betas.length > 0 && { anthropic_beta: betas }),
    ...body,
  };
  return {
    method: "POST",
    path,
    headers: {
      ...(bodyVersion === undefined && { "anthropic-version": apiVersion }),
      ...(!betasInBody && betas.length > 0 && { "anthropic-beta": betas.join(",") }),
    },
    body: scope.raw.write(mergeInto(placed, options)),
    warnings: scope.warnings.all(),
  };
}

function requestOptions(request: LLMRequest, scope: EncodeScope): JsonObject | undefined {
  return ownOptions(request.providerOptions, "", scope);
}

/** The names of betas that the caller wants. */
function betaList(betas: unknown, { adapter }: EncodeScope): string[] {
  if (betas === undefined || betas === null) return [];
  const names: readonly unknown[] = Array.isArray(betas) ? betas : [betas];
  // Anything else could end the header's line or smuggle another list in.
  const isName = (name: unknown): name is string =>
    typeof name === "string" && /^[\w.-]+$/.test(name);
  if (!names.every(isName)) {
    const field = requestField(`provider_options.${adapter}.anthropic_beta`);
    throw invalidField(field, "must be a list of names such as files-api-2025-04-14");
  }
  return [...names];
}

/** What the model reads, and what shapes its answer: everything that is counted. */
function encodePrompt(
  request: LLMRequest,
  outputTokens: number,
  scope: EncodeScope,
): JsonObject & { thinking?: JsonObject } {
  // In the order of the prompt, which is that of the marks for its cache.
  const tools = encodeTools(request.tools, scope);
  const { system, messages } = encodeTurns(request.contents, scope);
  scope.cache.settle();
  const toolChoice = encodeToolChoice(request, scope);
  const wish = encodeThinking(request.thinking, outputTokens, scope);
  const { thinking, effort } = callsWithoutThinking(messages) ? withoutBudget(wish, scope) : wish;
  const format = encodeFormat(request.responseFormat, scope);
  return {
    ...(system !== undefined && { system }),
    messages,
    ...(tools.length > 0 && { tools }),
    ...(toolChoice && { tool_choice: toolChoice }),
    ...(thinking && { thinking }),
    ...((effort || format) && {
      output_config: { ...(effort && { effort }), ...(format && { format }) },
    }),
  };
}

/**
 * Whether the last turn of the model calls tools and does not begin with its thinking, as turns of
 * other providers do: beside thinking with a budget the API refuses that.
 */
function callsWithoutThinking(messages: readonly JsonObject[]): boolean {
  const { content } = messages.findLast(({ role }) => role === "assistant") ?? {};
  const types = arrayOf(content).map((block) => objectOf(block).type);
  const thinks = types[0] === "thinking" || types[0] === "redacted_thinking";
  return types.includes("tool_use") && !thinks;
}

function withoutBudget(wish: WireThinking, { warnings }: EncodeScope): WireThinking {
  if (wish.thinking?.type !== "enabled") return wish;
  const { thinking: _, ...rest } = wish;
  warnings.dropped("thinking", "the last calls of tools come without thinking of this provider");
  return rest;
}

function outputTokensOf(
  { maxOutputTokens }: LLMRequest,
  own: JsonObject | undefined,
  { traits, model, warnings }: EncodeScope,
): number {
  if (maxOutputTokens !== undefined) return maxOutputTokens;
  if (typeof own?.max_tokens === "number") return own.max_tokens;
  const limit = traits.outputTokensMax;
  warnings.defaulted("max_output_tokens", `the API requires it: ${limit} were sent for ${model}`);
  return limit;
}

function encodeFormat(
  format: ResponseFormat | undefined,
  { traits, model, raw, warnings }: EncodeScope,
): JsonObject | undefined {
  if (format?.format.case === "jsonObject") {
    warnings.dropped("response_format.json_object", "the API shapes answers by a schema only");
  }
  if (format?.format.case !== "jsonSchema") return undefined;
  const field = "response_format.json_schema";
  if (!traits.structured) {
    warnings.dropped(field, `${model} holds its answers to no schema`);
    return undefined;
  }
  const { name, description, schema, schemaJson, strict } = format.format.value;
  if (name !== "") warnings.dropped(`${field}.name`, "schemas have no names here");
  if (description !== "") warnings.dropped(`${field}.description`, "only the schema is sent");
  if (strict === false) warnings.changed(`${field}.strict`, "the API always holds to the schema");
  // A copy: the caller's options may be laid on it.
  if (schemaJson === "") return { type: "json_schema", schema: mergeInto({}, schema ?? {}) };
  return {
    type: "json_schema",
    schema: raw.hold(schemaJson, requestField(`${field}.schema_json`)),
  };
}

function encodeRest(request: LLMRequest, { warnings }: EncodeScope): JsonObject {
  const { seed, presencePenalty, frequencyPenalty, metadata, endUserId, stopSequences } = request;
  if (seed !== undefined) warnings.dropped("seed", "the API takes none");
  if (presencePenalty !== undefined) warnings.dropped("presence_penalty", "the API takes none");
  if (frequencyPenalty !== undefined) warnings.dropped("frequency_penalty", "the API takes none");
  if (Object.keys(metadata).length > 0) warnings.dropped("metadata", "the API stores no labels");
  for (const [index, modality] of request.modalities.entries()) {
    if (modality !== Modality.TEXT) warnings.dropped(`modalities[${index}]`, "the API writes text");
  }
  return {
    ...(stopSequences.length > 0 && { stop_sequences: stopSequences }),
    ...(endUserId !== "" && { metadata: { user_id: endUserId } }),
  };
}
