import type { JsonObject } from "@bufbuild/protobuf";
import type { LLMRequest, Tool } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { ownOptions, withOptions } from "../own-options.ts";
import { requestField } from "../request-field.ts";
import { toolMode } from "../tool-choice.ts";
import { encodeSchema } from "./encode-schema.ts";
import type { EncodeScope } from "./encode-scope.ts";
import type { WirePart } from "./wire.ts";

/** Tools as the API takes them: all functions in one, each tool of the provider for itself. */
export function encodeTools(request: LLMRequest, scope: EncodeScope): WirePart[] {
  const functions: JsonObject[] = [];
  const own: WirePart[] = [];
  for (const [index, tool] of request.tools.entries()) {
    const field = `tools[${index}]`;
    const { provider, cache } = tool;
    if (cache !== undefined) {
      scope.warnings.dropped(`${field}.cache`, "the API takes no marks: it caches by itself");
    }
    if (provider === undefined) functions.push(functionOf(tool, field, scope));
    else if (provider.adapter === scope.adapter) {
      own.push(scope.raw.hold(provider.json, requestField(`${field}.provider.json`)));
    } else {
      const maker = provider.adapter || "another provider";
      scope.warnings.dropped(`${field}.provider`, `only ${maker} knows it`);
    }
  }
  return functions.length === 0 ? own : [{ functionDeclarations: functions }, ...own];
}

function functionOf(tool: Tool, field: string, scope: EncodeScope): JsonObject {
  const { name, description, parameters, parametersJson, providerOptions } = tool;
  const schema = encodeSchema(
    {
      struct: parameters,
      structField: `${field}.parameters`,
      text: parametersJson,
      textField: `${field}.parameters_json`,
      plainMember: "parametersJsonSchema",
      reducedMember: "parameters",
    },
    scope,
  );
  const sent = { name, ...(description !== "" && { description }), ...schema };
  return withOptions(sent, providerOptions, field, scope);
}

/** `toolConfig`: whether and which function must be called. Undefined: nothing is asked for. */
export function encodeToolConfig(request: LLMRequest, scope: EncodeScope): JsonObject | undefined {
  const { toolChoice, parallelToolCalls, tools } = request;
  if (parallelToolCalls === false) {
    scope.warnings.dropped("parallel_tool_calls", "the API cannot keep the model to one call");
  }
  const mode = modeOf(request, scope);
  if (mode === undefined) return undefined;
  const own = ownOptions(request.providerOptions, "", scope);
  if (tools.length === 0 && own?.tools === undefined && own?.cachedContent === undefined) {
    scope.warnings.dropped("tool_choice", "the request has no tools");
    return undefined;
  }
  const isNamed = mode === "ANY" && toolChoice?.name;
  return {
    functionCallingConfig: {
      mode,
      ...(isNamed && { allowedFunctionNames: [toolChoice.name] }),
    },
  };
}

function modeOf(request: LLMRequest, scope: EncodeScope): string | undefined {
  const asked = toolMode(request.toolChoice);
  const choice = asked && choices[asked];
  const functions = request.tools.filter(({ provider }) => provider === undefined);
  const strict = functions.filter((tool) => tool.strict === true);
  if (strict.length === 0 || choice === "ANY" || choice === "NONE") return choice;
  // The provider holds the model to all schemas or to none.
  if (strict.length === functions.length) return "VALIDATED";
  for (const [index, tool] of request.tools.entries()) {
    if (tool.strict !== true) continue;
    const why = "the API holds the model to the schemas of all tools or of none";
    scope.warnings.dropped(`tools[${index}].strict`, why);
  }
  return choice;
}

/** The API's own words for what may be called. A named function is one that alone is allowed. */
const choices = { auto: "AUTO", none: "NONE", required: "ANY", named: "ANY" } as const;
