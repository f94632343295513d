import type { JsonObject } from "@bufbuild/protobuf";
import type { LLMRequest, Tool } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { objectOf } from "../json.ts";
import { objectSchema } from "../object-schema.ts";
import { ownOptions, withOptions } from "../own-options.ts";
import { requestField } from "../request-field.ts";
import { toolMode } from "../tool-choice.ts";
import type { WireBlock } from "./encode-content.ts";
import type { EncodeScope } from "./encode-scope.ts";

/** Tools, and whether they must be called, before they are written. */
export interface EncodedTools {
  readonly tools: readonly WireBlock[];
  /** Unset: the provider decides. */
  readonly choice: JsonObject | undefined;
}

/**
 * The tools of a request. "None may be called" is said by leaving them out; a conversation that
 * holds calls must have tools all the same, and then the model may call them.
 */
export function encodeTools(request: LLMRequest, scope: EncodeScope): EncodedTools {
  const { warnings } = scope;
  if (request.parallelToolCalls !== undefined) {
    warnings.dropped("parallel_tool_calls", "Converse leaves it to the model");
  }
  const choice = choiceOf(request);
  if (choice === "none") {
    if (!holdsCalls(request)) {
      if (request.tools.length > 0) {
        warnings.changed("tool_choice", "the API has no such choice: the tools were left out");
      }
      return { tools: [], choice: undefined };
    }
    warnings.dropped("tool_choice", "the API has no such choice, and earlier calls need the tools");
  }
  const tools = request.tools.flatMap((tool, index) => toolBlocks(tool, `tools[${index}]`, scope));
  const own = objectOf(ownOptions(request.providerOptions, "", scope)?.toolConfig);
  if (choice === undefined || choice === "none") return { tools, choice: undefined };
  if (tools.length > 0 || own.tools !== undefined) return { tools, choice };
  warnings.dropped("tool_choice", "the request has no tools");
  return { tools, choice: undefined };
}

function choiceOf({ toolChoice }: LLMRequest): JsonObject | "none" | undefined {
  const mode = toolMode(toolChoice);
  if (mode === "named") return { tool: { name: toolChoice?.name ?? "" } };
  if (mode === "required") return { any: {} };
  return mode === "auto" ? { auto: {} } : mode;
}

function holdsCalls({ contents }: LLMRequest): boolean {
  return contents.some(({ parts }) =>
    parts.some(({ kind }) => kind.case === "toolCall" || kind.case === "toolResult"),
  );
}

function toolBlocks(tool: Tool, field: string, scope: EncodeScope): WireBlock[] {
  const { cache, provider } = tool;
  if (provider !== undefined && provider.adapter !== scope.adapter) {
    const knower = provider.adapter || "another provider";
    scope.warnings.dropped(`${field}.provider`, `only ${knower} knows it`);
    return [];
  }
  const block =
    provider === undefined
      ? toolSpec(tool, field, scope)
      : scope.raw.hold(provider.json, requestField(`${field}.provider.json`));
  return cache === undefined ? [block] : [block, scope.cache.point(cache, field)];
}

function toolSpec(tool: Tool, field: string, scope: EncodeScope): JsonObject {
  const { name, description, strict, providerOptions } = tool;
  const spec: JsonObject = {
    name,
    ...(description !== "" && { description }),
    inputSchema: { json: objectSchema(tool, field, scope) },
    ...(strict !== undefined && { strict }),
  };
  return withOptions({ toolSpec: spec }, providerOptions, field, scope);
}
