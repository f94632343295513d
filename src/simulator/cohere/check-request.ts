import { type JSONObject, objectOr, objectsIn, textOr } from "../json.ts";
import {
  anything,
  choice,
  either,
  findIssue,
  flag,
  integer,
  list,
  number,
  object,
  type Shape,
  tagged,
  text,
} from "../shape.ts";
import { issueRefusal, refused } from "./failures.ts";

const open = object({}, true);
const served = /^(?:command(?:-(?:r|r-plus|light|nightly|r7b|a)[\w-]*)?|c4ai-[\w-]+)$/;

/** Context window of every model, tokens. */
export const contextTokensMax = 288_000;

const textPart = object({ type: text, "text!": text });
const imagePart = object({
  "type!": text,
  "image_url!": object({ "url!": text, detail: choice("auto", "low", "high") }),
});
const documentPart = object({
  "type!": text,
  "document!": object({ id: text, "data!": anything }),
});

const toolCall = object({
  id: text,
  type: choice("function"),
  function: object({ name: text, arguments: text }),
});

const message = tagged(
  {
    system: object({ "role!": text, "content!": either(text, list(tagged({ text: textPart }))) }),
    user: object({
      "role!": text,
      "content!": either(text, list(tagged({ text: textPart, image_url: imagePart }))),
    }),
    assistant: object({
      "role!": text,
      content: either(
        text,
        list(tagged({ text: textPart, thinking: object({ type: text, "thinking!": text }) })),
      ),
      tool_calls: list(toolCall),
      tool_plan: text,
      citations: list(open),
    }),
    tool: object({
      "role!": text,
      "tool_call_id!": text,
      "content!": either(text, list(tagged({ text: textPart, document: documentPart }))),
    }),
  },
  "role",
);

const chatRequest: Shape = object({
  "model!": text,
  "messages!": list(message, 1),
  stream: flag,
  tools: list(
    object({
      "type!": choice("function"),
      "function!": object({ "name!": text, description: text, "parameters!": open }),
    }),
  ),
  strict_tools: flag,
  tool_choice: choice("REQUIRED", "NONE"),
  documents: list(either(text, object({ id: text, "data!": either(text, open) }))),
  citation_options: object({ mode: choice("ENABLED", "DISABLED", "FAST", "ACCURATE", "OFF") }),
  response_format: object({ "type!": choice("text", "json_object"), json_schema: open }),
  safety_mode: choice("CONTEXTUAL", "STRICT", "OFF"),
  max_tokens: integer(0),
  stop_sequences: list(text),
  temperature: number(0, 1),
  seed: integer(0),
  frequency_penalty: number(0, 1),
  presence_penalty: number(0, 1),
  k: integer(0, 500),
  p: number(0, 1),
  logprobs: flag,
  priority: integer(0, 999),
  thinking: object({ "type!": choice("enabled", "disabled"), token_budget: integer(1) }),
});

const stopSequencesMax = 5;

/** Checks a request as the provider does. Throws Refusal. */
export function checkRequest(body: JSONObject): void {
  const issue = findIssue(body, chatRequest);
  if (issue) throw issueRefusal(issue);
  const model = textOr(body.model);
  if (!served.test(model) || model.includes("does-not-exist")) {
    throw refused(
      `model '${model}' not found, make sure the correct model ID was used and that you have ` +
        "access to the model.",
      404,
    );
  }
  if (Array.isArray(body.stop_sequences) && body.stop_sequences.length > stopSequencesMax) {
    throw refused(`invalid request: at most ${stopSequencesMax} stop_sequences are allowed.`);
  }
  if (body.tool_choice === "REQUIRED" && objectsIn(body.tools).length === 0) {
    throw refused("invalid request: tool_choice REQUIRED needs at least one tool.");
  }
  const format = objectOr(body.response_format);
  if (format.type === "json_object" && objectsIn(body.tools).length > 0) {
    throw refused("invalid request: response_format is not supported with tools.");
  }
  checkTurns(objectsIn(body.messages));
}

/** Results follow calls of the assistant, and say which. */
function checkTurns(messages: readonly JSONObject[]): void {
  let open = new Set<string>();
  for (const one of messages) {
    if (one.role === "tool") {
      const id = textOr(one.tool_call_id);
      if (open.delete(id)) continue;
      throw refused(`invalid request: tool_call_id '${id}' does not match any tool call.`);
    }
    if (open.size > 0) {
      throw refused(`invalid request: tool calls ${[...open].join(", ")} have no results.`);
    }
    open = new Set(objectsIn(one.tool_calls).map(({ id }) => textOr(id)));
  }
  const last = messages.at(-1);
  if (last?.role === "system")
    throw refused("invalid request: the last message is a system message.");
}
