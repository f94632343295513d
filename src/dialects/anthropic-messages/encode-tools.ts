import type { JsonObject } from "@bufbuild/protobuf";
import type { LLMRequest, Tool } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { objectSchema } from "../object-schema.ts";
import { ownOptions, withOptions } from "../own-options.ts";
import { requestField } from "../request-field.ts";
import { toolMode } from "../tool-choice.ts";
import type { EncodeScope } from "./encode-scope.ts";
import type { WireBlock } from "./wire.ts";

/** Tools as the API takes them. Empty: none. */
export function encodeTools(tools: readonly Tool[], scope: EncodeScope): WireBlock[] {
  return tools.flatMap((tool, index): WireBlock[] => {
    const field = `tools[${index}]`;
    if (tool.provider === undefined) return [clientTool(tool, field, scope)];
    const { adapter, json } = tool.provider;
    if (adapter === scope.adapter)
      return [scope.raw.hold(json, requestField(`${field}.provider.json`))];
    scope.warnings.dropped(`${field}.provider`, `only ${adapter || "another provider"} knows it`);
    return [];
  });
}

/**
 * Whether and which tool must be called, with `parallel_tool_calls` in the API's own terms.
 * Undefined where nothing is asked for, or nothing can be: without tools the API refuses a choice.
 */
export function encodeToolChoice(request: LLMRequest, scope: EncodeScope): JsonObject | undefined {
  const { toolChoice, parallelToolCalls, tools, providerOptions } = request;
  const mode = toolMode(toolChoice);
  const type = mode && choiceTypes[mode];
  if (type === undefined && parallelToolCalls === undefined) return undefined;
  const own = ownOptions(providerOptions, "", scope);
  if (tools.length === 0 && own?.tools === undefined && own?.mcp_servers === undefined) {
    const field = type === undefined ? "parallel_tool_calls" : "tool_choice";
    scope.warnings.dropped(field, "the request has no tools");
    return undefined;
  }
  if (type === "none") {
    if (parallelToolCalls !== undefined) {
      scope.warnings.dropped("parallel_tool_calls", "no tool may be called");
    }
    return { type };
  }
  return {
    type: type ?? "auto",
    ...(type === "tool" && { name: toolChoice?.name ?? "" }),
    ...(parallelToolCalls !== undefined && { disable_parallel_tool_use: !parallelToolCalls }),
  };
}

/** The API's own words for what may be called. */
const choiceTypes = { auto: "auto", none: "none", required: "any", named: "tool" } as const;

function clientTool(tool: Tool, field: string, scope: EncodeScope): JsonObject {
  const { name, description, strict, cache, providerOptions } = tool;
  const isStrictLost = strict === true && !scope.traits.structured;
  if (isStrictLost) {
    scope.warnings.dropped(`${field}.strict`, `${scope.model} holds no tool to its schema`);
  }
  const sent: JsonObject = {
    name,
    ...(description !== "" && { description }),
    input_schema: objectSchema(tool, field, scope),
    ...(strict !== undefined && !isStrictLost && { strict }),
  };
  if (cache !== undefined) scope.cache.mark(sent, cache, field);
  return withOptions(sent, providerOptions, field, scope);
}
