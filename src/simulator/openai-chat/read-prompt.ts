import { type JSONObject, numberIn, objectOr, objectsIn, textOr, textsIn } from "../json.ts";
import { describeMedia } from "../openai/prompt-tokens.ts";
import type { Attachment, Prompt, TextForm, ToolWish } from "../prompt.ts";
import type { Call } from "../wire.ts";

/** What the user said last. */
export function userText(body: JSONObject): string {
  const users = objectsIn(body.messages).filter((message) => message.role === "user");
  return textOf(users.at(-1)?.content);
}

/** What a request asks for, but for whether the model thinks. */
export function readPrompt(
  { body, userText: said, key }: Call,
  model: string,
): Omit<Prompt, "thinks"> {
  const messages = objectsIn(body.messages);
  const lastOther = messages.findLastIndex((message) => message.role !== "tool");
  const tools = objectsIn(body.tools).filter((tool) => tool.type === "function");
  return {
    model,
    key,
    userText: said,
    toolResults: messages.slice(lastOther + 1).map((message) => textOf(message.content)),
    attachments: objectsIn(messages.at(-1)?.content).flatMap(toAttachment),
    sources: [],
    tools: tools.map((tool) => {
      const { name, parameters } = objectOr(tool.function);
      return { name: textOr(name), schema: objectOr(parameters) };
    }),
    toolWish: toToolWish(body.tool_choice),
    parallelTools: body.parallel_tool_calls !== false,
    talksBeforeTools: false,
    searchOffered: Boolean(body.web_search_options),
    form: toForm(objectOr(body.response_format)),
    stopSequences: textsIn(body.stop),
    outputTokensMax: numberIn(body.max_completion_tokens ?? body.max_tokens),
  };
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  const parts = objectsIn(content).filter((part) => part.type === "text");
  return parts.map((part) => textOr(part.text)).join("\n");
}

function toAttachment(part: JSONObject): Attachment[] {
  switch (part.type) {
    case "image_url":
      return [{ noun: "image", ...describeMedia(objectOr(part.image_url).url) }];
    case "input_audio": {
      const { format, data } = objectOr(part.input_audio);
      const bytes = Buffer.byteLength(textOr(data), "base64");
      return [{ noun: "audio", label: textOr(format), bytes }];
    }
    case "file": {
      const { file_data, file_id, filename } = objectOr(part.file);
      const { label, bytes } = describeMedia(file_data);
      return [{ noun: "file", label: label || textOr(filename) || textOr(file_id), bytes }];
    }
    default:
      return [];
  }
}

function toToolWish(wish: unknown): ToolWish {
  if (wish === "none" || wish === "required") return { kind: wish };
  const name = textOr(objectOr(objectOr(wish).function).name);
  return name === "" ? { kind: "auto" } : { kind: "named", name };
}

function toForm(format: JSONObject): TextForm {
  if (format.type === "json_object") return { kind: "json" };
  if (format.type !== "json_schema") return { kind: "plain" };
  return { kind: "schema", schema: objectOr(objectOr(format.json_schema).schema) };
}
