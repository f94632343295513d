import { type JSONObject, numberIn, objectOr, objectsIn, textOr } from "../json.ts";
import { describeMedia } from "../openai/prompt-tokens.ts";
import type { Attachment, Prompt, TextForm, ToolWish } from "../prompt.ts";
import type { Call } from "../wire.ts";
import { type CheckedRequest, thinks } from "./check-request.ts";

/** What the user said last. */
export function userText(body: JSONObject): string {
  const { input } = body;
  return typeof input === "string" ? input : lastSaid(objectsIn(input));
}

/** What a request asks for. */
export function readPrompt(call: Call, { model, items }: CheckedRequest): Prompt {
  const { body, key } = call;
  const tools = objectsIn(body.tools);
  const isOutput = (item: JSONObject): boolean => item.type === "function_call_output";
  const results = items.slice(items.findLastIndex((item) => !isOutput(item)) + 1);
  const last = items.at(-1);
  return {
    model,
    key,
    userText: call.userText,
    toolResults: results.map((item) => textOf(item.output)),
    attachments: objectsIn(last?.content ?? last?.output).flatMap(toAttachment),
    sources: [],
    tools: tools
      .filter((tool) => tool.type === "function")
      .map((tool) => ({ name: textOr(tool.name), schema: objectOr(tool.parameters) })),
    toolWish: toToolWish(body.tool_choice),
    parallelTools: body.parallel_tool_calls !== false,
    talksBeforeTools: false,
    searchOffered: tools.some((tool) => textOr(tool.type).startsWith("web_search")),
    thinks: thinks(body, model),
    form: toForm(objectOr(objectOr(body.text).format)),
    stopSequences: [],
    outputTokensMax: numberIn(body.max_output_tokens),
  };
}

function lastSaid(items: readonly JSONObject[]): string {
  return textOf(items.findLast((item) => item.role === "user")?.content);
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  const parts = objectsIn(content).filter((part) => textOr(part.type).endsWith("_text"));
  return parts.map((part) => textOr(part.text)).join("\n");
}

function toAttachment(part: JSONObject): Attachment[] {
  if (part.type === "input_image") {
    const { label, bytes } = describeMedia(part.image_url);
    return [{ noun: "image", label: label || textOr(part.file_id), bytes }];
  }
  if (part.type !== "input_file") return [];
  const { file_data, file_url, filename, file_id } = part;
  const { label, bytes } = describeMedia(file_data ?? file_url);
  return [{ noun: "file", label: label || textOr(filename) || textOr(file_id), bytes }];
}

function toToolWish(wish: unknown): ToolWish {
  if (wish === "none" || wish === "required") return { kind: wish };
  const { type, name, mode } = objectOr(wish);
  if (type === "allowed_tools" && mode === "required") return { kind: "required" };
  return type === "function" ? { kind: "named", name: textOr(name) } : { kind: "auto" };
}

function toForm(format: JSONObject): TextForm {
  if (format.type === "json_object") return { kind: "json" };
  if (format.type !== "json_schema") return { kind: "plain" };
  return { kind: "schema", schema: objectOr(format.schema) };
}
