import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { LLMRequest, Tool } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { mergeInto } from "../json.ts";
import type { EncodeContext } from "../openai-responses/encode-context.ts";
import { functionFields } from "../openai-schema.ts";
import { providerTool } from "../provider-tool.ts";
import { toolMode } from "../tool-choice.ts";
import { sentOptions } from "./encode-context.ts";

/**
 * `tools`, `tool_choice` and `strict_tools`, each only where it is given.
 *
 * The API can demand some call, but not a named one: then that tool alone is offered, and demanded.
 */
export function encodeTools(request: LLMRequest, context: EncodeContext): JsonObject {
  const mode = toolMode(request.toolChoice);
  const name = mode === "named" ? (request.toolChoice?.name ?? "") : "";
  const offered = request.tools
    .map((tool, index) => ({ tool, field: `tools[${index}]` }))
    .filter(({ tool }) => name === "" || tool.name === name);
  if (name !== "") {
    context.warnings.changed("tool_choice", `sent as a demand for a call, with ${name} alone`);
  }
  const tools = offered
    .map(({ tool, field }) => encodeTool(tool, field, context))
    .filter((tool) => tool !== undefined);
  const choice = name === "" ? mode && choices[mode] : "REQUIRED";
  return {
    ...(tools.length > 0 && { tools }),
    ...(isStrict(offered, context) && { strict_tools: true }),
    ...(choice !== undefined && { tool_choice: choice }),
  };
}

/** The API's own words. The model decides where nothing is sent. */
const choices = { auto: undefined, none: "NONE", required: "REQUIRED", named: undefined } as const;

interface OfferedTool {
  readonly tool: Tool;
  readonly field: string;
}

/** Schemas are held to for all tools or for none. */
function isStrict(offered: readonly OfferedTool[], { warnings }: EncodeContext): boolean {
  const strict = offered.filter(({ tool }) => tool.strict === true);
  if (strict.length > 0 && strict.length === offered.length) return true;
  for (const { field } of strict) {
    warnings.dropped(`${field}.strict`, "the provider holds all tools to their schemas, or none");
  }
  return false;
}

function encodeTool(tool: Tool, field: string, context: EncodeContext): JsonValue | undefined {
  const { warnings, raw } = context;
  const { provider } = tool;
  if (tool.cache !== undefined) {
    warnings.dropped(`${field}.cache`, "the provider caches prompts by itself");
  }
  if (provider !== undefined) return providerTool(provider, field, context);
  const { strict: _, ...fields } = functionFields(tool, field, raw);
  // The API requires `parameters`: this is the schema of a function without arguments.
  const none = { type: "object", properties: {} };
  return mergeInto(
    { type: "function", function: { parameters: none, ...fields } },
    sentOptions(tool.providerOptions, context),
  );
}
