import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import {
  type LLMRequest,
  Modality,
  type Tool,
  ToolChoiceMode,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { EncodeInput, WireRequest } from "../../contract/adapter.ts";
import { mergeInto, objectOf } from "../json.ts";
import { encodeLabels } from "../openai-labels.ts";
import { functionFields, schemaFields } from "../openai-schema.ts";
import { providerTool } from "../provider-tool.ts";
import { RawJSON } from "../raw-json.ts";
import { WarningList } from "../warning-list.ts";
import { encodeMessages } from "./encode-messages.ts";
import { type EncodeScope, ownOptions } from "./encode-scope.ts";

/**
 * A request as a body for `/api/chat`. Whether to stream is always said, since the server streams
 * when it is not. Throws UNSUPPORTED_FIELD for media that this wire has no form for.
 */
export function encodeOllama(input: EncodeInput): WireRequest {
  const { request, adapter, model, stream } = input;
  const scope: EncodeScope = { adapter, warnings: new WarningList(), raw: new RawJSON() };
  const options = encodeOptions(request, scope);
  const body: JsonObject = {
    model,
    messages: encodeMessages(request.contents, scope),
    ...encodeTools(request, scope),
    ...encodeFormat(request, scope),
    ...encodeThink(request, scope),
    ...(Object.keys(options).length > 0 && { options }),
    ...encodeLabels(request, scope.warnings, { takesMetadata: false }),
    stream,
  };
  for (const modality of request.modalities) {
    if (modality === Modality.TEXT) continue;
    scope.warnings.dropped("modalities", "this wire has no such parameter");
  }
  mergeInto(body, objectOf(request.providerOptions?.[adapter]));
  return {
    method: "POST",
    path: "/api/chat",
    headers: {},
    body: scope.raw.write(body),
    warnings: scope.warnings.all(),
  };
}

function encodeOptions(request: LLMRequest, { raw }: EncodeScope): JsonObject {
  const { maxOutputTokens, temperature, topP, topK, seed } = request;
  const { presencePenalty, frequencyPenalty, stopSequences } = request;
  return {
    ...(maxOutputTokens !== undefined && { num_predict: maxOutputTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(topK !== undefined && { top_k: topK }),
    ...(seed !== undefined && { seed: raw.integer(seed) }),
    ...(presencePenalty !== undefined && { presence_penalty: presencePenalty }),
    ...(frequencyPenalty !== undefined && { frequency_penalty: frequencyPenalty }),
    ...(stopSequences.length > 0 && { stop: stopSequences }),
  };
}

/** `tools`. This wire has no choice of tools: none is said by leaving them out. */
function encodeTools(request: LLMRequest, scope: EncodeScope): JsonObject {
  const { toolChoice: choice, parallelToolCalls } = request;
  const { warnings } = scope;
  if (parallelToolCalls === false) {
    warnings.dropped("parallel_tool_calls", "this wire has no such parameter");
  }
  const mode = choice?.mode ?? ToolChoiceMode.UNSPECIFIED;
  if (mode === ToolChoiceMode.NONE && request.tools.length > 0) {
    warnings.changed("tool_choice", "this wire has no such parameter: the tools were left out");
    return {};
  }
  const isForced =
    mode === ToolChoiceMode.REQUIRED || mode === ToolChoiceMode.NAMED || Boolean(choice?.name);
  if (isForced) warnings.dropped("tool_choice", "this wire has no such parameter");
  const tools = request.tools
    .map((tool, index) => encodeTool(tool, `tools[${index}]`, scope))
    .filter((tool) => tool !== undefined);
  return tools.length === 0 ? {} : { tools };
}

function encodeTool(tool: Tool, field: string, scope: EncodeScope): JsonValue | undefined {
  const { raw, warnings } = scope;
  if (tool.cache !== undefined) {
    warnings.dropped(`${field}.cache`, "the provider caches prompts by itself");
  }
  if (tool.provider !== undefined) return providerTool(tool.provider, field, scope);
  const { strict, ...fields } = functionFields(tool, field, raw);
  if (strict !== undefined) warnings.dropped(`${field}.strict`, "this wire has no such parameter");
  if (fields.parameters === undefined) {
    warnings.defaulted(`${field}.parameters`, "the provider needs a schema: one without arguments");
    fields.parameters = { type: "object", properties: {} };
  }
  return mergeInto({ type: "function", function: fields }, ownOptions(tool.providerOptions, scope));
}

/** `format`: any JSON, or a schema, to which the server always holds the model. */
function encodeFormat({ responseFormat }: LLMRequest, { raw, warnings }: EncodeScope): JsonObject {
  switch (responseFormat?.format.case) {
    case "jsonObject":
      return { format: "json" };
    case "jsonSchema": {
      const { schema, description } = schemaFields(responseFormat.format.value, raw);
      if (description !== undefined) {
        const field = "response_format.json_schema.description";
        warnings.dropped(field, "this wire takes the schema alone");
      }
      return schema === undefined ? { format: "json" } : { format: schema };
    }
    default:
      return {};
  }
}

/** `think`: whether to think, or a level where the model has levels. */
function encodeThink({ thinking }: LLMRequest, { warnings }: EncodeScope): JsonObject {
  if (thinking === undefined) return {};
  const { effort, budgetTokens, include } = thinking;
  const isOff = effort === "none" || (effort === "" && budgetTokens === 0n);
  if (budgetTokens !== undefined && !isOff) {
    warnings.dropped("thinking.budget_tokens", "this wire knows levels of effort only");
  }
  if (isOff) return { think: false };
  if (include === false) {
    warnings.dropped("thinking.include", "the provider has no parameter to leave thinking out");
  }
  if (effort !== "") return { think: effort };
  return budgetTokens !== undefined || include === true ? { think: true } : {};
}
