import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { LLMRequest, Tool } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { mergeInto, objectOf, textOf } from "../json.ts";
import { functionFields } from "../openai-schema.ts";
import { providerTool } from "../provider-tool.ts";
import { toolMode } from "../tool-choice.ts";
import { type EncodeContext, ownOptions } from "./encode-context.ts";

/**
 * `tools`, `tool_choice` and `parallel_tool_calls`, each only where it is given.
 *
 * `strict` that is not set is not sent, and this wire, unlike the chat one, then holds functions to
 * their schema: that is the provider's default. Callers whose schemas do not fit set `strict:
 * false`.
 */
export function encodeTools(request: LLMRequest, context: EncodeContext): JsonObject {
  const tools = request.tools
    .map((tool, index) => encodeTool(tool, `tools[${index}]`, context))
    .filter((tool) => tool !== undefined);
  const choice = encodeToolChoice(request, context);
  const parallel = request.parallelToolCalls;
  return {
    ...(tools.length > 0 && { tools }),
    ...(choice !== undefined && { tool_choice: choice }),
    ...(parallel !== undefined && { parallel_tool_calls: parallel }),
  };
}

function encodeTool(tool: Tool, field: string, context: EncodeContext): JsonValue | undefined {
  const { warnings, raw } = context;
  const { provider } = tool;
  if (tool.cache !== undefined) {
    warnings.dropped(`${field}.cache`, "the provider caches prompts by itself");
  }
  if (provider !== undefined) return providerTool(provider, field, context);
  const fields = functionFields(tool, field, raw);
  return mergeInto(
    // The wire requires `parameters`: this is the schema of a function without arguments.
    { type: "function", parameters: noArguments(), ...fields },
    ownOptions(tool.providerOptions, context),
  );
}

function noArguments(): JsonObject {
  return { type: "object", properties: {}, additionalProperties: false };
}

function encodeToolChoice(
  { toolChoice, tools }: LLMRequest,
  context: EncodeContext,
): JsonValue | undefined {
  const mode = toolMode(toolChoice);
  return mode === "named" ? namedChoice(toolChoice?.name ?? "", tools, context) : mode;
}

/** A function by its name, a custom tool by its name, a tool of the provider by its type. */
function namedChoice(name: string, tools: readonly Tool[], { adapter }: EncodeContext): JsonObject {
  for (const { provider } of tools) {
    if (provider?.adapter !== adapter) continue;
    const definition = objectOf(JSON.parse(provider.json));
    const type = textOf(definition.type) || provider.type;
    if (definition.name === name) return { type, name };
    if (type === name) return { type };
  }
  return { type: "function", name };
}
