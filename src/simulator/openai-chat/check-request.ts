import { type JSONObject, objectOr, objectsIn, textOr } from "../json.ts";
import { checkEffort, checkKnobs } from "../openai/check-knobs.ts";
import { invalid } from "../openai/failures.ts";
import { issueRefusal } from "../openai/issue-refusal.ts";
import { isThinkingModel, resolveModel } from "../openai/models.ts";
import { checkStrictSchema } from "../openai/strict-schema.ts";
import { findIssue } from "../shape.ts";
import { chatRequest } from "./request-shape.ts";

const stopSequencesMax = 4;

/**
 * Checks a request as the provider does, and returns the name of the model it reports. Throws
 * Refusal.
 */
export function checkRequest(body: JSONObject): string {
  if (body.model === undefined) throw invalid("you must provide a model parameter");
  const issue = findIssue(body, chatRequest);
  if (issue?.problem === "unknown" && issue.path.length === 1) {
    throw invalid(`Unrecognized request argument supplied: ${String(issue.path[0])}`);
  }
  if (issue) throw issueRefusal(issue);
  const model = resolveModel(textOr(body.model), (name) =>
    invalid(
      `The model \`${name}\` does not exist or you do not have access to it.`,
      { code: "model_not_found" },
      404,
    ),
  );
  checkEffort(body.reasoning_effort, model, "reasoning_effort");
  checkOptions(body);
  checkImages(objectsIn(body.messages));
  checkFormat(body);
  checkTools(body);
  checkToolTurns(objectsIn(body.messages));
  if (thinks(body, model)) checkThinkingKnobs(body);
  return model;
}

/** Whether the model thinks before it answers this request. */
export function thinks(body: JSONObject, model: string): boolean {
  const effort = body.reasoning_effort ?? undefined;
  if (effort === undefined) return isThinkingModel(model) && !/^gpt-5\.[1-9]/.test(model);
  return isThinkingModel(model) && effort !== "none";
}

function checkThinkingKnobs(body: JSONObject): void {
  if ((body.max_tokens ?? undefined) !== undefined) {
    throw invalid(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use " +
        "'max_completion_tokens' instead.",
      { param: "max_tokens", code: "unsupported_parameter" },
    );
  }
  checkKnobs(body, {
    temperature: 1,
    top_p: 1,
    presence_penalty: 0,
    frequency_penalty: 0,
    stop: undefined,
    logprobs: undefined,
    logit_bias: undefined,
  });
}

function checkOptions(body: JSONObject): void {
  const { stream, stream_options, stop, tool_choice, tools } = body;
  if (stream_options && stream !== true) {
    throw invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", {
      param: "stream_options",
    });
  }
  if (Array.isArray(stop) && stop.length > stopSequencesMax) {
    throw invalid(
      "Invalid 'stop': array too long. Expected an array with maximum length " +
        `${stopSequencesMax}, but got an array with length ${stop.length} instead.`,
      { param: "stop", code: "array_above_max_length" },
    );
  }
  if (tool_choice && objectsIn(tools).length === 0) {
    throw invalid(
      "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
      { param: "tool_choice" },
    );
  }
}

/** Images that come along are of the kinds that the model can see. */
function checkImages(messages: readonly JSONObject[]): void {
  for (const part of messages.flatMap((message) => objectsIn(message.content))) {
    const url = textOr(objectOr(part.image_url).url);
    if (!url.startsWith("data:") || /^data:image\/(?:png|jpe?g|gif|webp)[;,]/.test(url)) continue;
    throw invalid(
      "You uploaded an unsupported image. Please make sure your image has of one the " +
        "following formats: ['png', 'jpeg', 'gif', 'webp'].",
      { code: "invalid_image_format" },
    );
  }
}

function checkFormat(body: JSONObject): void {
  const format = objectOr(body.response_format);
  if (format.type === "json_object" && !/json/i.test(JSON.stringify(body.messages))) {
    throw invalid(
      "'messages' must contain the word 'json' in some form, to use 'response_format' of " +
        "type 'json_object'.",
      { param: "messages" },
    );
  }
  const { name, schema, strict } = objectOr(format.json_schema);
  if (format.type !== "json_schema" || strict !== true) return;
  const owner = `response_format '${textOr(name)}'`;
  checkStrictSchema(objectOr(schema), owner, { param: "response_format" });
}

function checkTools(body: JSONObject): void {
  for (const [index, tool] of objectsIn(body.tools).entries()) {
    const { name, parameters, strict } = objectOr(tool.function);
    if (strict !== true) continue;
    checkStrictSchema(objectOr(parameters), `function '${textOr(name)}'`, {
      param: `tools[${index}].function.parameters`,
      code: "invalid_function_parameters",
    });
  }
}

/** Each call is followed by its result, and each result follows its call. */
function checkToolTurns(messages: readonly JSONObject[]): void {
  let open = new Set<string>();
  let isAfterCalls = false;
  for (const [index, message] of messages.entries()) {
    if (message.role === "tool") {
      if (!isAfterCalls || !open.delete(textOr(message.tool_call_id))) {
        throw invalid(
          "Invalid parameter: messages with role 'tool' must be a response to a preceding " +
            "message with 'tool_calls'.",
          { param: `messages.[${index}].role` },
        );
      }
      continue;
    }
    checkAnswered(open, index);
    const calls = objectsIn(message.tool_calls);
    open = new Set(calls.map((call) => textOr(call.id)));
    isAfterCalls = calls.length > 0;
  }
  checkAnswered(open, messages.length);
}

function checkAnswered(open: ReadonlySet<string>, index: number): void {
  if (open.size === 0) return;
  throw invalid(
    "An assistant message with 'tool_calls' must be followed by tool messages responding to " +
      "each 'tool_call_id'. The following tool_call_ids did not have response messages: " +
      `${[...open].join(", ")}`,
    { param: `messages.[${index}].role` },
  );
}
