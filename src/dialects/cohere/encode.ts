import type { JsonObject } from "@bufbuild/protobuf";
import {
  type LLMRequest,
  Modality,
  type ResponseFormat,
  type ThinkingConfig,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { EncodeInput, WireRequest } from "../../contract/adapter.ts";
import { mergeInto, objectOf } from "../json.ts";
import type { EncodeContext } from "../openai-responses/encode-context.ts";
import { ToolIDs } from "../openai-tool-ids.ts";
import { RawJSON } from "../raw-json.ts";
import { requestField } from "../request-field.ts";
import { WarningList } from "../warning-list.ts";
import { encodeMessages } from "./encode-messages.ts";
import { encodeTools } from "./encode-tools.ts";
import { chatPath, stopSequencesMax } from "./wire.ts";

/** Longest id of a call that is sent as it is; the API documents no limit. */
const toolIDCharactersMax = 256;

/**
 * A request as a body for `/v2/chat`. Throws UNSUPPORTED_FIELD for media that the wire has no form
 * for.
 *
 * What only this API knows (`documents`, `citation_options`, `safety_mode`, …) goes in
 * `provider_options`, which is laid over the body last.
 */
export function encodeCohere(input: EncodeInput): WireRequest {
  const { request, adapter, model, stream } = input;
  const context: EncodeContext = {
    adapter,
    warnings: new WarningList(),
    raw: new RawJSON(),
    toolIDs: new ToolIDs(toolIDCharactersMax),
  };
  const format = encodeFormat(request.responseFormat, context);
  const thinking = request.thinking && encodeThinking(request.thinking, context);
  const body: JsonObject = {
    model,
    messages: encodeMessages(request.contents, context),
    ...encodeSampling(request, context),
    ...encodeTools(request, context),
    ...(format && { response_format: format }),
    ...(thinking && { thinking }),
    ...(stream && { stream: true }),
  };
  noteUnsent(request, context);
  mergeInto(body, objectOf(request.providerOptions?.[adapter]));
  return {
    method: "POST",
    path: chatPath,
    headers: {},
    body: context.raw.write(body),
    warnings: context.warnings.all(),
  };
}

function encodeSampling(request: LLMRequest, { warnings, raw }: EncodeContext): JsonObject {
  const { maxOutputTokens, temperature, topP, topK, seed } = request;
  const { presencePenalty, frequencyPenalty, stopSequences } = request;
  const stop = stopSequences.slice(0, stopSequencesMax);
  if (stop.length < stopSequences.length) {
    warnings.dropped(
      `stop_sequences[${stop.length}]`,
      `the provider takes ${stopSequencesMax} stop sequences; this and later ones are left out`,
    );
  }
  return {
    ...(maxOutputTokens !== undefined && { max_tokens: maxOutputTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { p: topP }),
    ...(topK !== undefined && { k: topK }),
    ...(seed !== undefined && { seed: raw.integer(seed) }),
    ...(presencePenalty !== undefined && { presence_penalty: presencePenalty }),
    ...(frequencyPenalty !== undefined && { frequency_penalty: frequencyPenalty }),
    ...(stop.length > 0 && { stop_sequences: stop }),
  };
}

function encodeFormat(
  responseFormat: ResponseFormat | undefined,
  { raw, warnings }: EncodeContext,
): JsonObject | undefined {
  const format = responseFormat?.format;
  if (format?.case === "text") return { type: "text" };
  if (format?.case === "jsonObject") return { type: "json_object" };
  if (format?.case !== "jsonSchema") return undefined;
  const { name, description, schema, schemaJson, strict } = format.value;
  const field = "response_format.json_schema";
  if (name !== "") warnings.dropped(`${field}.name`, "schemas have no names here");
  if (description !== "") warnings.dropped(`${field}.description`, "only the schema is sent");
  if (strict === false) warnings.changed(`${field}.strict`, "the API always holds to the schema");
  const value =
    schemaJson === ""
      ? mergeInto({}, schema ?? {})
      : raw.hold(schemaJson, requestField(`${field}.schema_json`));
  return { type: "json_object", json_schema: value };
}

/** Thinking is on or off here, on with or without a budget. */
function encodeThinking(
  { effort, budgetTokens, include }: ThinkingConfig,
  { raw, warnings }: EncodeContext,
): JsonObject | undefined {
  if (include === false) warnings.dropped("thinking.include", "thinking that is on is shown");
  if (effort !== "" && effort !== "none") {
    warnings.changed("thinking.effort", "the API knows no levels: thinking was turned on");
  }
  if (budgetTokens === 0n || (budgetTokens === undefined && effort === "none")) {
    return { type: "disabled" };
  }
  if (budgetTokens !== undefined) {
    return { type: "enabled", token_budget: raw.integer(budgetTokens) };
  }
  return effort === "" ? undefined : { type: "enabled" };
}

function noteUnsent(request: LLMRequest, { warnings }: EncodeContext): void {
  const { endUserId, metadata, modalities, parallelToolCalls } = request;
  if (endUserId !== "") warnings.dropped("end_user_id", "the API takes none");
  if (Object.keys(metadata).length > 0) warnings.dropped("metadata", "the API stores no labels");
  if (parallelToolCalls !== undefined) {
    warnings.dropped("parallel_tool_calls", "the API leaves the number of calls to the model");
  }
  for (const [index, modality] of modalities.entries()) {
    if (modality !== Modality.TEXT) warnings.dropped(`modalities[${index}]`, "the API writes text");
  }
}
