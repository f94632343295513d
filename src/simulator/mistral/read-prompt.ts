import { type JSONObject, numberIn, objectOr, objectsIn, textOr, textsIn } from "../json.ts";
import { describeMedia } from "../openai/prompt-tokens.ts";
import type { Attachment, Prompt, TextForm, ToolWish } from "../prompt.ts";
import type { Call } from "../wire.ts";
import { thinks } from "./models.ts";

/** What the user said last; the prompt where a middle is to be filled in. */
export function userText(body: JSONObject): string {
  if (typeof body.prompt === "string") return body.prompt;
  return textOf(objectsIn(body.messages).findLast(({ role }) => role === "user")?.content);
}

/** What a request asks for. */
export function readPrompt({ body, model, key, userText: said }: Call): Prompt {
  const messages = objectsIn(body.messages);
  const lastOther = messages.findLastIndex(({ role }) => role !== "tool");
  const functions = objectsIn(body.tools).flatMap((tool) => objectsIn([tool.function]));
  return {
    model,
    key,
    userText: said,
    toolResults: messages.slice(lastOther + 1).map(({ content }) => textOf(content)),
    attachments: objectsIn(messages.at(-1)?.content).flatMap(toAttachment),
    sources: [],
    tools: functions.map(({ name, parameters }) => ({
      name: textOr(name),
      schema: objectOr(parameters),
    })),
    toolWish: toToolWish(body.tool_choice),
    parallelTools: body.parallel_tool_calls !== false,
    talksBeforeTools: false,
    searchOffered: false,
    thinks: thinks(body, model),
    form: toForm(objectOr(body.response_format)),
    stopSequences: textsIn(body.stop),
    outputTokensMax: numberIn(body.max_tokens),
  };
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return objectsIn(content)
    .map(({ text }) => textOr(text))
    .filter((text) => text !== "")
    .join("\n");
}

function toAttachment(chunk: JSONObject): Attachment[] {
  switch (chunk.type) {
    case "image_url": {
      const { image_url } = chunk;
      const url = typeof image_url === "string" ? image_url : objectOr(image_url).url;
      return [{ noun: "image", ...describeMedia(url) }];
    }
    case "document_url":
      return [{ noun: "document", ...describeMedia(chunk.document_url) }];
    case "input_audio":
      return [{ noun: "audio", label: "inline", bytes: undefined }];
    case "file":
      return [{ noun: "file", label: textOr(chunk.file_id), bytes: undefined }];
    default:
      return [];
  }
}

function toToolWish(wish: unknown): ToolWish {
  if (wish === "none") return { kind: "none" };
  if (wish === "any" || wish === "required") return { kind: "required" };
  const name = textOr(objectOr(objectOr(wish).function).name);
  return name === "" ? { kind: "auto" } : { kind: "named", name };
}

function toForm({ type, json_schema }: JSONObject): TextForm {
  if (type === "json_object") return { kind: "json" };
  if (type !== "json_schema") return { kind: "plain" };
  return { kind: "schema", schema: objectOr(objectOr(json_schema).schema) };
}
