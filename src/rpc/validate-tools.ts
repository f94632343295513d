import {
  type LLMRequest,
  type ResponseFormat,
  type Tool,
  type ToolChoice,
  ToolChoiceMode,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Limits } from "../contract/limits.ts";
import { checkProviderBlock } from "./validate-content.ts";
import { checkDuration } from "./validate-duration.ts";
import { checkByAdapter } from "./validate-json.ts";
import { checkSchema } from "./validate-schema.ts";
import { checkText } from "./validate-text.ts";
import type { Violations } from "./violations.ts";

/** Checks the tools of a request and what is asked about them. */
export function checkTools(
  violations: Violations,
  field: string,
  { tools, toolChoice }: LLMRequest,
  limits: Limits,
): void {
  if (tools.length > limits.tools) {
    violations.add(
      `${field}.tools`,
      `has ${tools.length} entries, at most ${limits.tools} are allowed`,
    );
    return;
  }
  const names = new Set<string>();
  for (const [index, tool] of tools.entries()) {
    checkTool(violations, `${field}.tools[${index}]`, tool, names, limits);
  }
  if (toolChoice !== undefined) {
    // A provider's own tool has its name inside its JSON, so with one of them every name may be
    // meant.
    const isOpen = tools.some((tool) => tool.provider !== undefined);
    checkChoice(
      violations,
      `${field}.tool_choice`,
      toolChoice,
      (name) => isOpen || names.has(name),
    );
  }
}

/** Checks the shape of the answer that is asked for. */
export function checkResponseFormat(
  violations: Violations,
  field: string,
  format: ResponseFormat | undefined,
  limits: Limits,
): void {
  if (format?.format.case !== "jsonSchema") return;
  const { name, description, schema, schemaJson } = format.format.value;
  const at = `${field}.json_schema`;
  if (name !== "" && !/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    violations.add(`${at}.name`, "must be 1 to 64 characters of [A-Za-z0-9_-]");
  }
  checkText(violations, `${at}.description`, description);
  if (schema === undefined && schemaJson === "") {
    violations.add(at, "needs one of schema and schema_json");
    return;
  }
  checkSchema(
    violations,
    {
      structField: `${at}.schema`,
      struct: schema,
      textField: `${at}.schema_json`,
      text: schemaJson,
    },
    limits,
  );
}

function checkTool(
  violations: Violations,
  field: string,
  tool: Tool,
  names: Set<string>,
  limits: Limits,
): void {
  if (tool.name !== "") {
    if (names.has(tool.name)) violations.add(`${field}.name`, "is the name of another tool");
    names.add(tool.name);
  }
  if (tool.provider !== undefined) {
    checkProviderBlock(violations, `${field}.provider`, tool.provider, limits);
    return;
  }
  if (!/^[A-Za-z0-9_.-]{1,128}$/.test(tool.name)) {
    violations.add(`${field}.name`, "must be 1 to 128 characters of [A-Za-z0-9_-.]");
  }
  checkText(violations, `${field}.description`, tool.description);
  if (tool.cache) checkDuration(violations, `${field}.cache.ttl`, tool.cache.ttl);
  checkByAdapter(violations, `${field}.provider_options`, tool.providerOptions, limits.jsonDepth);
  checkSchema(
    violations,
    {
      structField: `${field}.parameters`,
      struct: tool.parameters,
      textField: `${field}.parameters_json`,
      text: tool.parametersJson,
    },
    limits,
  );
}

function checkChoice(
  violations: Violations,
  field: string,
  { mode, name }: ToolChoice,
  isTool: (name: string) => boolean,
): void {
  const isNamed = mode === ToolChoiceMode.NAMED;
  if (name === "") {
    if (isNamed) violations.add(`${field}.name`, "is required with TOOL_CHOICE_MODE_NAMED");
  } else if (!isNamed && mode !== ToolChoiceMode.UNSPECIFIED) {
    violations.add(`${field}.name`, "is only for TOOL_CHOICE_MODE_NAMED");
  } else if (!isTool(name)) violations.add(`${field}.name`, "is not the name of one of the tools");
}
