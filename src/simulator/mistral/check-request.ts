import { type JSONObject, objectOr, objectsIn, textOr } from "../json.ts";
import { findIssue } from "../shape.ts";
import { broken, issueRefusal, misordered } from "./failures.ts";
import { checkModel } from "./models.ts";
import { chatRequest, fillRequest } from "./request-shape.ts";

const toolId = /^[a-zA-Z0-9]{9}$/;

/** Roles that may come after each role. */
const followers: Readonly<Record<string, readonly string[]>> = {
  system: ["system", "user", "assistant"],
  user: ["system", "user", "assistant"],
  assistant: ["user", "assistant", "tool"],
  tool: ["assistant", "tool"],
};

/** Checks a request to chat as the provider does. Throws Refusal. */
export function checkChat(body: JSONObject): void {
  const issue = findIssue(body, chatRequest);
  if (issue) throw issueRefusal(issue);
  const model = textOr(body.model);
  checkModel(model, "chat");
  if (body.logprobs === true || (body.top_logprobs ?? null) !== null) {
    throw broken("invalid_request_invalid_args", "3051", "Logprobs are not enabled for this model");
  }
  checkMessages(objectsIn(body.messages));
  checkTools(body);
  const { type, json_schema } = objectOr(body.response_format);
  if (type === "json_schema" && (json_schema ?? undefined) === undefined) {
    throw broken("invalid_request_error", "3000", "json_schema must be provided");
  }
}

/** Checks a request to fill in the middle. Throws Refusal. */
export function checkFill(body: JSONObject): void {
  const issue = findIssue(body, fillRequest);
  if (issue) throw issueRefusal(issue);
  checkModel(textOr(body.model), "fill");
}

function checkMessages(messages: readonly JSONObject[]): void {
  let before: string | undefined;
  for (const message of messages) {
    const role = textOr(message.role);
    if (before === undefined && role === "tool") throw misordered("Unexpected role 'tool'");
    if (before !== undefined && !followers[before]?.includes(role)) {
      throw misordered(`Unexpected role '${role}' after role '${before}'`);
    }
    if (role === "assistant") checkAssistant(message);
    if (role === "tool") checkId(message.tool_call_id);
    before = role;
  }
  checkResults(messages);
  const last = messages.at(-1);
  const isBegun = last?.role === "assistant" && last.prefix === true;
  if (last?.role !== "user" && last?.role !== "tool" && !isBegun) {
    throw misordered(
      "Expected last role User or Tool (or Assistant with prefix True) for serving but got " +
        textOr(last?.role),
    );
  }
}

function checkAssistant(message: JSONObject): void {
  const { content, tool_calls, prefix } = message;
  const calls = objectsIn(tool_calls);
  const isEmpty = Array.isArray(content) ? content.length === 0 : textOr(content) === "";
  if (isEmpty && calls.length === 0 && prefix !== true) {
    throw broken(
      "invalid_request_assistant_message",
      "3240",
      "Assistant message must have either content or tool_calls, but not none.",
    );
  }
  for (const { id } of calls) checkId(id);
}

function checkId(id: unknown): void {
  if (typeof id === "string" && toolId.test(id)) return;
  throw broken(
    "invalid_function_call",
    "3280",
    `Tool call id was ${textOr(id, "null")} but must be a-z, A-Z, 0-9, with a length of 9.`,
  );
}

/** Each call is followed by its result before anybody else speaks. */
function checkResults(messages: readonly JSONObject[]): void {
  let open = new Set<string>();
  const close = (): void => {
    if (open.size > 0) throw misordered("Not the same number of function calls and responses");
  };
  for (const message of messages) {
    if (message.role === "tool") {
      if (open.delete(textOr(message.tool_call_id))) continue;
      throw misordered("Not the same number of function calls and responses");
    }
    close();
    open = new Set(objectsIn(message.tool_calls).map(({ id }) => textOr(id)));
  }
  if (messages.at(-1)?.role === "tool") close();
}

function checkTools({ tools, tool_choice }: JSONObject): void {
  const names = objectsIn(tools).map((tool) => textOr(objectOr(tool.function).name));
  const wish = textOr(objectOr(objectOr(tool_choice).function).name);
  const isForced = tool_choice === "any" || tool_choice === "required";
  if (wish !== "" && !names.includes(wish)) {
    throw broken("invalid_request_error", "3000", `Tool choice ${wish} is not among the tools`);
  }
  if (isForced && names.length === 0) {
    throw broken("invalid_request_error", "3000", "Tool choice requires tools to be provided");
  }
}
