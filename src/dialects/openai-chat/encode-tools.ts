import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import {
  type LLMRequest,
  type Tool,
  type ToolChoice,
  ToolChoiceMode,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { mergeInto } from "../json.ts";
import { functionFields } from "../openai-schema.ts";
import { type EncodeContext, ownOptions } from "./encode-context.ts";

/** `tools`, `tool_choice` and `parallel_tool_calls`, each only where it is given. */
export function encodeTools(request: LLMRequest, context: EncodeContext): JsonObject {
  const tools = request.tools
    .map((tool, index) => encodeTool(tool, `tools[${index}]`, context))
    .filter((tool) => tool !== undefined);
  const choice = encodeToolChoice(request.toolChoice);
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
  if (provider !== undefined) {
    if (provider.adapter === context.adapter) return raw.hold(provider.json, `${field}.provider`);
    warnings.dropped(`${field}.provider`, `only ${provider.adapter} knows this tool`);
    return undefined;
  }
  return mergeInto(
    { type: "function", function: functionFields(tool, field, raw) },
    ownOptions(tool.providerOptions, context),
  );
}

function encodeToolChoice(choice: ToolChoice | undefined): JsonValue | undefined {
  if (choice === undefined) return undefined;
  const { mode, name } = choice;
  switch (mode) {
    case ToolChoiceMode.AUTO:
      return "auto";
    case ToolChoiceMode.NONE:
      return "none";
    case ToolChoiceMode.REQUIRED:
      return "required";
    case ToolChoiceMode.NAMED:
      return { type: "function", function: { name } };
    default:
      return name === "" ? undefined : { type: "function", function: { name } };
  }
}
