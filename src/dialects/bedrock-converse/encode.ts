import type { JsonObject } from "@bufbuild/protobuf";
import {
  type LLMRequest,
  Modality,
  type ResponseFormat,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { EncodeInput, WireRequest } from "../../contract/adapter.ts";
import { invalidField } from "../../contract/connector-error.ts";
import { bedrockPath } from "../bedrock-place.ts";
import { isObjectText, mergeInto, setMember } from "../json.ts";
import { ownOptions } from "../own-options.ts";
import { requestField } from "../request-field.ts";
import { type EncodeScope, encodeScope } from "./encode-scope.ts";
import { encodeModelFields } from "./encode-thinking.ts";
import { encodeTools } from "./encode-tools.ts";
import { blocksOf, encodeTurns, wireMessages } from "./encode-turns.ts";

/** A request to answer, `POST /model/{id}/converse` or `…/converse-stream`. */
export function encodeConverse(input: EncodeInput): WireRequest {
  const { request, stream, model } = input;
  const scope = encodeScope(input);
  const prompt = encodePrompt(request, scope);
  const { additional, ...sampling } = encodeModelFields(request, scope);
  const inferenceConfig = encodeInference(request, sampling);
  const outputConfig = encodeFormat(request.responseFormat, scope);
  const labels = encodeLabels(request, scope);
  const body: JsonObject = {
    ...prompt,
    ...(Object.keys(inferenceConfig).length > 0 && { inferenceConfig }),
    ...(Object.keys(additional).length > 0 && { additionalModelRequestFields: additional }),
    ...(outputConfig && { outputConfig }),
    ...(labels && { requestMetadata: labels }),
  };
  dropRest(request, scope);
  const own = ownOptions(request.providerOptions, "", scope);
  return {
    method: "POST",
    path: bedrockPath(model, stream ? "converse-stream" : "converse"),
    headers: stream ? { accept: "application/vnd.amazon.eventstream" } : {},
    body: scope.raw.write(own === undefined ? body : mergeInto(body, own)),
    warnings: scope.warnings.all(),
  };
}

/** Members of a request that are counted. */
const countedMembers = ["messages", "system", "toolConfig", "additionalModelRequestFields"];

/** A request to count input tokens, `POST /model/{id}/count-tokens`. */
export function encodeConverseCount(input: EncodeInput): WireRequest {
  const { request, model } = input;
  const scope = encodeScope(input);
  const { additional } = encodeModelFields(request, scope);
  const converse: JsonObject = {
    ...encodePrompt(request, scope),
    ...(Object.keys(additional).length > 0 && { additionalModelRequestFields: additional }),
  };
  const own = Object.entries(ownOptions(request.providerOptions, "", scope) ?? {});
  mergeInto(converse, Object.fromEntries(own.filter(([name]) => countedMembers.includes(name))));
  return {
    method: "POST",
    path: bedrockPath(model, "count-tokens"),
    headers: {},
    body: scope.raw.write({ input: { converse } }),
    warnings: scope.warnings.all(),
  };
}

/** What the model reads. */
function encodePrompt(request: LLMRequest, scope: EncodeScope): JsonObject {
  // In the order of the prompt, which is that of the points of its cache.
  const { tools, choice } = encodeTools(request, scope);
  const { system, messages } = encodeTurns(request.contents, scope);
  const leftOut = scope.cache.surplus();
  const sentTools = tools.filter((tool) => !leftOut.has(tool));
  return {
    messages: wireMessages(messages, leftOut),
    ...(system.length > 0 && { system: blocksOf(system, leftOut) }),
    ...((sentTools.length > 0 || choice) && {
      toolConfig: {
        ...(sentTools.length > 0 && { tools: sentTools }),
        ...(choice && { toolChoice: choice }),
      },
    }),
  };
}

function encodeInference(
  { maxOutputTokens, stopSequences }: LLMRequest,
  sampling: { readonly temperature?: number; readonly topP?: number },
): JsonObject {
  return {
    ...(maxOutputTokens !== undefined && { maxTokens: maxOutputTokens }),
    ...sampling,
    ...(stopSequences.length > 0 && { stopSequences }),
  };
}

function encodeFormat(
  format: ResponseFormat | undefined,
  { warnings }: EncodeScope,
): JsonObject | undefined {
  if (format?.format.case === "jsonObject") {
    warnings.dropped("response_format.json_object", "the API shapes answers by a schema only");
  }
  if (format?.format.case !== "jsonSchema") return undefined;
  const { name, description, schema, schemaJson, strict } = format.format.value;
  const field = "response_format.json_schema";
  if (strict === false) warnings.changed(`${field}.strict`, "the API always holds to the schema");
  if (schemaJson !== "" && !isObjectText(schemaJson)) {
    throw invalidField(requestField(`${field}.schema_json`), "is not the text of a JSON object");
  }
  const jsonSchema = {
    schema: schemaJson.trim() || JSON.stringify(schema ?? {}),
    ...(name !== "" && { name }),
    ...(description !== "" && { description }),
  };
  return { textFormat: { type: "json_schema", structure: { jsonSchema } } };
}

const labelsMax = 16;
const labelKey = /^[a-zA-Z0-9\s:_@$#=/+,.-]{1,256}$/;
const labelValue = /^[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}$/;

/** Labels that the logs of Bedrock keep, as far as it takes them. */
function encodeLabels({ metadata }: LLMRequest, { warnings }: EncodeScope): JsonObject | undefined {
  const labels: JsonObject = {};
  for (const [name, value] of Object.entries(metadata)) {
    if (!labelKey.test(name) || !labelValue.test(value)) {
      warnings.dropped(`metadata["${name}"]`, "it has characters, or a length, the API refuses");
    } else if (Object.keys(labels).length === labelsMax) {
      warnings.dropped(`metadata["${name}"]`, `the API takes ${labelsMax} labels`);
    } else setMember(labels, name, value);
  }
  return Object.keys(labels).length > 0 ? labels : undefined;
}

function dropRest(request: LLMRequest, { warnings }: EncodeScope): void {
  const { seed, presencePenalty, frequencyPenalty, endUserId, modalities } = request;
  if (seed !== undefined) warnings.dropped("seed", "the API takes none");
  if (presencePenalty !== undefined) warnings.dropped("presence_penalty", "the API takes none");
  if (frequencyPenalty !== undefined) warnings.dropped("frequency_penalty", "the API takes none");
  if (endUserId !== "") warnings.dropped("end_user_id", "the API takes none");
  for (const [index, modality] of modalities.entries()) {
    if (modality !== Modality.TEXT) warnings.dropped(`modalities[${index}]`, "the API writes text");
  }
}
