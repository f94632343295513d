import {
  isObject,
  type JSONObject,
  type JSONValue,
  numberIn,
  objectOr,
  objectsIn,
  textOr,
  textsIn,
} from "../json.ts";
import { describeMedia } from "../openai/prompt-tokens.ts";
import type { CitableSource, Prompt, TextForm, ToolWish } from "../prompt.ts";
import type { Call } from "../wire.ts";

const quoteCharacters = 120;
const thinkers = /reasoning|command-a-plus/;

/** What the user said last. */
export function userText(body: JSONObject): string {
  return textOf(objectsIn(body.messages).findLast(({ role }) => role === "user")?.content);
}

/** What a checked request asks for. */
export function readPrompt({ body, model, key, userText: said }: Call): Prompt {
  const messages = objectsIn(body.messages);
  const lastOther = messages.findLastIndex(({ role }) => role !== "tool");
  const isThinker = thinkers.test(model);
  const documents = Array.isArray(body.documents) ? body.documents : [];
  return {
    model,
    key,
    userText: said,
    toolResults: messages.slice(lastOther + 1).map(({ content }) => textOf(content)),
    attachments: objectsIn(messages.at(-1)?.content)
      .filter(({ type }) => type === "image_url")
      .map(({ image_url }) => ({ noun: "image", ...describeMedia(objectOr(image_url).url) })),
    sources: documents.map(toSource),
    tools: objectsIn(body.tools).map((tool) => {
      const { name, parameters } = objectOr(tool.function);
      return { name: textOr(name), schema: objectOr(parameters) };
    }),
    toolWish: toToolWish(body.tool_choice),
    parallelTools: true,
    talksBeforeTools: !isThinker,
    searchOffered: false,
    thinks: isThinker && objectOr(body.thinking).type !== "disabled",
    form: toForm(objectOr(body.response_format)),
    stopSequences: textsIn(body.stop_sequences),
    outputTokensMax: numberIn(body.max_tokens),
  };
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  const texts = objectsIn(content).map(({ text, document }) =>
    document === undefined ? textOr(text) : JSON.stringify(objectOr(document).data),
  );
  return texts.filter((text) => text !== "").join("\n");
}

/** The beginning of a document, with what a citation of it names. */
function toSource(document: JSONValue, index: number): CitableSource {
  const { id, data } = objectOr(document);
  const name = textOr(id, `doc:${index}`);
  const fields = isObject(data) ? data : { text: typeof document === "string" ? document : data };
  const quote = textOr(fields.text ?? fields.snippet ?? fields.content, name);
  const source = { type: "document", id: name, document: { id: name, ...fields } };
  return { quote: quote.slice(0, quoteCharacters), citation: source };
}

function toToolWish(wish: unknown): ToolWish {
  if (wish === "REQUIRED") return { kind: "required" };
  return { kind: wish === "NONE" ? "none" : "auto" };
}

function toForm({ type, json_schema }: JSONObject): TextForm {
  if (type !== "json_object") return { kind: "plain" };
  return isObject(json_schema) ? { kind: "schema", schema: json_schema } : { kind: "json" };
}
