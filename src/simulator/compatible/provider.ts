import { countTokens, createMessage } from "../anthropic/messages.ts";
import { isServed as isClaude } from "../anthropic/models.ts";
import { anthropic } from "../anthropic/provider.ts";
import { userText as claudeText } from "../anthropic/read-prompt.ts";
import { isObject, type JSONObject, objectOr, objectsIn, textOr } from "../json.ts";
import { invalid } from "../openai/failures.ts";
import { isServed } from "../openai/models.ts";
import { openai } from "../openai/provider.ts";
import { type ChatServer, createCompletion } from "../openai-chat/chat.ts";
import { userText as chatText } from "../openai-chat/read-prompt.ts";
import { userText as responsesText } from "../openai-responses/read-prompt.ts";
import { createResponse } from "../openai-responses/responses.ts";
import type { Call, Provider, Route } from "../wire.ts";

const roles: readonly unknown[] = ["system", "developer", "user", "assistant", "tool", "function"];
/** Models that show their thoughts, and those whose hosts call them `reasoning`. */
const families: readonly string[] = [
  ...["deepseek-r1", "qwq", "qwen3", "kimi.*thinking", "glm-(?:4\\.[5-9]|[5-9])", "gpt-oss"],
  ...["magistral", "reason"],
];
const thinkers = new RegExp(families.join("|"), "i");
const saysReasoning = /gpt-oss/i;

/** A server of an open model: it takes every model and reads over what it does not know. */
const server: ChatServer = {
  check,
  thinks: (body, model) => thinkers.test(model) && body.reasoning_effort !== "none",
  thoughtMember: (model) => (saysReasoning.test(model) ? "reasoning" : "reasoning_content"),
};

function check(body: JSONObject): string {
  const model = textOr(body.model);
  if (model === "") throw invalid("you must provide a model parameter");
  const { messages } = body;
  if (!Array.isArray(messages) || messages.length === 0) {
    throw invalid("'messages' must be a list that is not empty.", { param: "messages" });
  }
  for (const [index, message] of messages.entries()) {
    const { role, tool_call_id } = objectOr(message);
    const isRight = isObject(message) && roles.includes(role);
    if (!isRight) throw invalid("Unknown role.", { param: `messages[${index}].role` });
    if (role !== "tool" || typeof tool_call_id === "string") continue;
    throw invalid("A result needs the id of its call.", {
      param: `messages[${index}].tool_call_id`,
    });
  }
  for (const tool of objectsIn(body.tools)) {
    if (tool.type !== "function" || textOr(objectOr(tool.function).name) !== "") continue;
    throw invalid("A function needs a name.", { param: "tools" });
  }
  return model;
}

const routes: readonly Route[] = [
  {
    wire: "compatible-chat",
    method: "POST",
    path: /^\/v1\/chat(?:\/completions)?$/,
    userText: chatText,
    answer: (call) => createCompletion(call, server),
  },
  {
    wire: "compatible-responses",
    method: "POST",
    path: /^\/v1\/responses$/,
    userText: responsesText,
    answer: (call) => createResponse(withModel(call, isServed, usualModel(call.body))),
  },
  {
    wire: "compatible-models",
    method: "GET",
    path: /^\/v1\/models$/,
    userText: () => "",
    answer: () => ({
      kind: "json",
      body: { object: "list", data: [{ id: "simulated", object: "model", owned_by: "nobody" }] },
    }),
  },
];

/** The stricter wires know models by name, so that a foreign one stands for one of theirs. */
function withModel(call: Call, isKnown: (name: string) => boolean, usual: string): Call {
  const name = textOr(call.body.model);
  return name === "" || isKnown(name) ? call : { ...call, body: { ...call.body, model: usual } };
}

function usualModel(body: JSONObject): string {
  return body.reasoning === undefined ? "gpt-4.1" : "gpt-5";
}

/** Servers that speak OpenAI's wires without being OpenAI. They are mounted. */
export const compatible: Provider = {
  ...openai,
  name: "compatible",
  mount: "/compatible",
  routes,
  isLocal: true,
};

/** Servers that speak Anthropic's wire without being Anthropic. They are mounted. */
export const compatibleMessages: Provider = {
  ...anthropic,
  name: "compatible",
  mount: "/compatible-messages",
  routes: [
    messagesRoute(/^\/v1\/messages$/, (call) => createMessage(call)),
    messagesRoute(/^\/v1\/messages\/count_tokens$/, countTokens),
  ],
};

function messagesRoute(path: RegExp, answer: Route["answer"]): Route {
  return {
    wire: "compatible-messages",
    method: "POST",
    path,
    userText: claudeText,
    answer: (call) => answer(withModel(call, isClaude, "claude-sonnet-4-5")),
  };
}
