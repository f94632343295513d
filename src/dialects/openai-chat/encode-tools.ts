import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { LLMRequest, Tool } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { mergeInto, objectOf } from "../json.ts";
import { functionFields } from "../openai-schema.ts";
import { providerTool } from "../provider-tool.ts";
import { toolMode } from "../tool-choice.ts";
import { type EncodeContext, mark, ownOptions } from "./encode-context.ts";

/** `tools`, `tool_choice` and `parallel_tool_calls`, each only where it is given. */
export function encodeTools(request: LLMRequest, context: EncodeContext): JsonObject {
  const { toolChoice, parallelToolCalls: parallel } = request;
  if (request.tools.length === 0 && toolChoice === undefined && parallel === undefined) return {};
  const tools = request.tools
    .map((tool, index) => encodeTool(tool, `tools[${index}]`, context))
    .filter((tool) => tool !== undefined);
  const choice = encodeToolChoice(request, context);
  return {
    ...(tools.length > 0 && { tools }),
    ...(choice !== undefined && { tool_choice: choice }),
    ...(parallel !== undefined && { parallel_tool_calls: parallel }),
  };
}

function encodeTool(tool: Tool, field: string, context: EncodeContext): JsonValue | undefined {
  const { raw } = context;
  const { provider, cache: hint } = tool;
  if (provider !== undefined) {
    mark(undefined, { hint, field }, context);
    return providerTool(provider, field, context);
  }
  const own = ownOptions(tool.providerOptions, context);
  const encoded = mergeInto({ type: "function", function: functionFields(tool, field, raw) }, own);
  mark(encoded, { hint, field }, context);
  return encoded;
}

function encodeToolChoice(
  { toolChoice, tools }: LLMRequest,
  context: EncodeContext,
): JsonValue | undefined {
  const mode = toolMode(toolChoice);
  return mode === "named" ? namedChoice(toolChoice?.name ?? "", tools, context) : mode;
}

/** A function by its name, or a custom tool, which the provider defines, by its own. */
function namedChoice(name: string, tools: readonly Tool[], { adapter }: EncodeContext): JsonObject {
  const isCustom = tools.some(({ provider }) => {
    if (provider?.adapter !== adapter) return false;
    const { type, custom } = objectOf(JSON.parse(provider.json));
    return type === "custom" && objectOf(custom).name === name;
  });
  return isCustom ? { type: "custom", custom: { name } } : { type: "function", function: { name } };
}
