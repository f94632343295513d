import { type JSONObject, objectOr, objectsIn, textOr } from "../json.ts";
import { checkEffort, checkKnobs } from "../openai/check-knobs.ts";
import { invalid } from "../openai/failures.ts";
import { issueRefusal } from "../openai/issue-refusal.ts";
import { isThinkingModel, resolveModel } from "../openai/models.ts";
import { checkStrictSchema } from "../openai/strict-schema.ts";
import type { Call } from "../wire.ts";
import { checkItems } from "./check-items.ts";
import { type RequestUse, requestIssue } from "./request-shape.ts";

/** What is known of a request once it has been checked. */
export interface CheckedRequest {
  /** Name of the model that the provider reports. */
  readonly model: string;
  /** The conversation so far, with what `previous_response_id` and references stand for. */
  readonly items: readonly JSONObject[];
}

/** Fields of the provider that the simulator does not have. */
const notSimulated: readonly string[] = ["background", "conversation", "prompt"];

/** Checks a request as the provider does. Throws Refusal. */
export function checkRequest(call: Call, use: RequestUse): CheckedRequest {
  const { body } = call;
  const issue = requestIssue(body, use);
  if (issue) throw issueRefusal(issue);
  for (const name of notSimulated) {
    if (body[name]) throw invalid(`'${name}' is not simulated.`, { param: name });
  }
  const model = resolveModel(textOr(body.model), (name) =>
    invalid(`The requested model '${name}' does not exist.`, {
      param: "model",
      code: "model_not_found",
    }),
  );
  checkEffort(objectOr(body.reasoning).effort, model, "reasoning.effort");
  checkFormat(body);
  checkTools(body);
  if (thinks(body, model)) checkKnobs(body, { temperature: 1, top_p: 1, top_logprobs: 0 });
  return { model, items: checkItems(call) };
}

/** Whether the model thinks before it answers this request. */
export function thinks(body: JSONObject, model: string): boolean {
  const effort = objectOr(body.reasoning).effort ?? undefined;
  if (effort === undefined) return isThinkingModel(model) && !/^gpt-5\.[1-9]/.test(model);
  if (isThinkingModel(model)) return effort !== "none";
  throw invalid("Unsupported parameter: 'reasoning.effort' is not supported with this model.", {
    param: "reasoning.effort",
    code: "unsupported_parameter",
  });
}

function checkFormat(body: JSONObject): void {
  const { type, name, schema, strict } = objectOr(objectOr(body.text).format);
  if (type === "json_object" && !/json/i.test(JSON.stringify(body.input))) {
    throw invalid(
      "Response input messages must contain the word 'json' in some form to use " +
        "'text.format' of type 'json_object'.",
      { param: "input" },
    );
  }
  if (type !== "json_schema" || strict !== true) return;
  checkStrictSchema(objectOr(schema), `response_format '${textOr(name)}'`, {
    param: "text.format.schema",
    code: "invalid_json_schema",
  });
}

function checkTools(body: JSONObject): void {
  const tools = objectsIn(body.tools);
  for (const [index, tool] of tools.entries()) {
    if (tool.type !== "function" || tool.strict !== true) continue;
    checkStrictSchema(objectOr(tool.parameters), `function '${textOr(tool.name)}'`, {
      param: `tools[${index}].parameters`,
      code: "invalid_function_parameters",
    });
  }
  const wish = objectOr(body.tool_choice);
  const named = textOr(wish.name);
  const isKnown = tools.some((tool) => tool.name === named);
  if (wish.type === "function" && !isKnown) {
    throw invalid(`Tool choice 'function' not found in 'tools' parameter.`, {
      param: "tool_choice",
    });
  }
  if (body.tool_choice === "required" && tools.length === 0) {
    throw invalid("Tool choice 'required' must be specified with 'tools' parameter.", {
      param: "tool_choice",
    });
  }
}
