import type { JsonObject } from "@bufbuild/protobuf";
import {
  type LLMRequest,
  Modality,
  type ResponseFormat,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { EncodeInput, WireRequest } from "../../contract/adapter.ts";
import { mergeInto } from "../json.ts";
import { ownOptions } from "../own-options.ts";
import { encodeSchema } from "./encode-schema.ts";
import { type EncodeScope, encodeScope } from "./encode-scope.ts";
import { encodeThinking } from "./encode-thinking.ts";
import { encodeToolConfig, encodeTools } from "./encode-tools.ts";
import { encodeTurns } from "./encode-turns.ts";
import { type GeminiHost, stopSequencesMax } from "./wire.ts";

/** A request to answer, whole or as server-sent events. */
export function encodeGenerate(input: EncodeInput, host: GeminiHost): WireRequest {
  const scope = encodeScope(input, host);
  const body = generateBody(input.request, scope);
  const method = input.stream ? ":streamGenerateContent?alt=sse" : ":generateContent";
  return wireRequest(input, method, body, scope);
}

/** Members of a request that a count of its parts takes (Vertex AI). */
const countedMembers = ["contents", "systemInstruction", "tools", "generationConfig"];

/** A request to count input tokens. Its warnings are those of the request that it counts. */
export function encodeTokenCount(input: EncodeInput, host: GeminiHost): WireRequest {
  const scope = encodeScope(input, host);
  const whole = generateBody(input.request, scope);
  if (host.countedModel !== undefined) {
    const generateContentRequest = { model: host.countedModel(input.model), ...whole };
    return wireRequest(input, ":countTokens", { generateContentRequest }, scope);
  }
  const counted = Object.entries(whole).filter(([name]) => countedMembers.includes(name));
  return wireRequest(input, ":countTokens", Object.fromEntries(counted), scope);
}

function wireRequest(
  { model, place }: EncodeInput,
  method: string,
  body: JsonObject,
  scope: EncodeScope,
): WireRequest {
  return {
    method: "POST",
    path: `${scope.host.modelPath(model, place)}${method}`,
    headers: {},
    body: scope.raw.write(body),
    warnings: scope.warnings.all(),
  };
}

function generateBody(request: LLMRequest, scope: EncodeScope): JsonObject {
  const { system, contents } = encodeTurns(request.contents, scope);
  const tools = encodeTools(request, scope);
  const toolConfig = encodeToolConfig(request, scope);
  const generationConfig = encodeGenerationConfig(request, scope);
  const body: JsonObject = {
    contents,
    ...(system !== undefined && { systemInstruction: system }),
    ...(tools.length > 0 && { tools }),
    ...(toolConfig !== undefined && { toolConfig }),
    ...(Object.keys(generationConfig).length > 0 && { generationConfig }),
    ...encodeLabels(request, scope),
  };
  return mergeInto(body, ownOptions(request.providerOptions, "", scope) ?? {});
}

function encodeGenerationConfig(request: LLMRequest, scope: EncodeScope): JsonObject {
  const { maxOutputTokens, temperature, topP, topK, seed } = request;
  const { presencePenalty, frequencyPenalty, modalities } = request;
  const stopSequences = stopsOf(request, scope);
  const thinkingConfig = encodeThinking(request.thinking, scope);
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(topK !== undefined && { topK }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(stopSequences.length > 0 && { stopSequences }),
    ...(seed !== undefined && { seed: scope.raw.integer(seed) }),
    ...(presencePenalty !== undefined && { presencePenalty }),
    ...(frequencyPenalty !== undefined && { frequencyPenalty }),
    ...encodeFormat(request.responseFormat, scope),
    ...(modalities.length > 0 && {
      responseModalities: modalities.map((modality) => modalityNames.get(modality) ?? "TEXT"),
    }),
    ...(thinkingConfig !== undefined && { thinkingConfig }),
  };
}

function stopsOf({ stopSequences }: LLMRequest, { warnings }: EncodeScope): string[] {
  const taken = stopSequences.slice(0, stopSequencesMax);
  if (taken.length < stopSequences.length) {
    const why = `the API takes ${stopSequencesMax}; this and later ones are left out`;
    warnings.dropped(`stop_sequences[${taken.length}]`, why);
  }
  return taken;
}

const modalityNames: ReadonlyMap<Modality, string> = new Map<Modality, string>([
  [Modality.TEXT, "TEXT"],
  [Modality.AUDIO, "AUDIO"],
  [Modality.IMAGE, "IMAGE"],
]);

function encodeFormat(responseFormat: ResponseFormat | undefined, scope: EncodeScope): JsonObject {
  const format = responseFormat?.format;
  if (format?.case === "text") return { responseMimeType: "text/plain" };
  if (format?.case === "jsonObject") return { responseMimeType: "application/json" };
  if (format?.case !== "jsonSchema") return {};
  const { name, description, schema, schemaJson, strict } = format.value;
  const field = "response_format.json_schema";
  if (name !== "") scope.warnings.dropped(`${field}.name`, "schemas have no names here");
  if (description !== "") {
    scope.warnings.dropped(`${field}.description`, "only the schema is sent");
  }
  if (strict === false) {
    scope.warnings.changed(`${field}.strict`, "the API always holds to the schema");
  }
  const sent = encodeSchema(
    {
      struct: schema,
      structField: `${field}.schema`,
      text: schemaJson,
      textField: `${field}.schema_json`,
      plainMember: "responseJsonSchema",
      reducedMember: "responseSchema",
    },
    scope,
  );
  return { responseMimeType: "application/json", ...sent };
}

/** What Vertex AI takes as a label: it groups costs by them. */
const labelName = /^[a-z][a-z0-9_-]{0,62}$/;
const labelValue = /^[a-z0-9_-]{0,63}$/;

function encodeLabels({ endUserId, metadata }: LLMRequest, scope: EncodeScope): JsonObject {
  const { host, warnings } = scope;
  if (endUserId !== "") warnings.dropped("end_user_id", "the API takes none");
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(metadata)) {
    if (host.labels && labelName.test(name) && labelValue.test(value)) labels[name] = value;
    else {
      const why = "the API takes labels of lower-case letters, digits, _ and - only";
      warnings.dropped(`metadata[${name}]`, host.labels ? why : "the API stores no labels");
    }
  }
  return Object.keys(labels).length === 0 ? {} : { labels };
}
