import {
  isObject,
  type JSONObject,
  numberIn,
  objectOr,
  objectsIn,
  textOr,
  textsIn,
} from "../json.ts";
import type { Attachment, CitableSource, Prompt, TextForm, ToolWish } from "../prompt.ts";
import { type CacheBlock, cacheBlock } from "../prompt-cache.ts";
import type { Call } from "../wire.ts";

const quoteCharacters = 120;
const tokensOfImage = 1500;
const tokensOfFile = 2500;
const fiveMinutesMs = 300_000;
const hourMs = 3_600_000;

/** What the user said last, in the last message of the user that says something. */
export function userText(body: JSONObject): string {
  const messages = objectsIn(body.messages);
  const said = messages
    .filter((message) => message.role === "user")
    .map((message) => textOf(message.content));
  return said.findLast((text) => text !== "") ?? "";
}

/** What a request asks for. */
export function readPrompt({ body, userText: said, key }: Call, model: string): Prompt {
  const last = objectsIn(body.messages).findLast((message) => message.role !== "system");
  const blocks = blocksOf(last?.content);
  const results = blocks.filter((block) => block.type === "tool_result");
  const inResults = results.flatMap((block) => objectsIn(block.content));
  const wish = objectOr(body.tool_choice);
  const tools = objectsIn(body.tools);
  const isCustom = (tool: JSONObject): boolean => (tool.type ?? "custom") === "custom";
  return {
    model,
    key,
    userText: said,
    toolResults: results.map((block) => textOf(block.content)),
    attachments: [...blocks, ...inResults].flatMap(toAttachment),
    sources: readSources(objectsIn(body.messages)),
    tools: tools.filter(isCustom).map((tool) => ({
      name: textOr(tool.name),
      schema: objectOr(tool.input_schema),
    })),
    toolWish: toToolWish(wish),
    parallelTools: wish.disable_parallel_tool_use !== true,
    talksBeforeTools: true,
    searchOffered: tools.some((tool) => textOr(tool.type).startsWith("web_search_")),
    thinks: ["enabled", "adaptive"].includes(textOr(objectOr(body.thinking).type)),
    form: toForm(body),
    stopSequences: textsIn(body.stop_sequences),
    outputTokensMax: numberIn(body.max_tokens),
  };
}

/** The prompt in the order the model reads it: tools, system, messages. */
export function readCacheBlocks(body: JSONObject): CacheBlock[] {
  const { system, messages, tools } = body;
  const all: readonly JSONObject[] = [
    ...objectsIn(tools),
    ...blocksOf(system),
    ...objectsIn(messages).flatMap((message) =>
      blocksOf(message.content).map((block) => ({ role: message.role, ...block })),
    ),
  ];
  return all.map((block, index) => {
    const isLast = index === all.length - 1;
    const mark = block.cache_control ?? (isLast ? body.cache_control : undefined);
    const { cache_control: _mark, ...content } = block;
    const keepMs = objectOr(mark).ttl === "1h" ? hourMs : fiveMinutesMs;
    const kept = cacheBlock(content, isObject(mark) ? keepMs : undefined);
    return { ...kept, tokens: fixedTokens(content) ?? kept.tokens };
  });
}

function fixedTokens(block: JSONObject): number | undefined {
  if (block.type === "image") return tokensOfImage;
  const isFile = block.type === "document" && objectOr(block.source).type === "base64";
  return isFile ? tokensOfFile : undefined;
}

function blocksOf(content: unknown): readonly JSONObject[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : objectsIn(content);
}

function textOf(content: unknown): string {
  return blocksOf(content)
    .filter((block) => block.type === "text")
    .map((block) => textOr(block.text))
    .join("\n");
}

function toAttachment(block: JSONObject): Attachment[] {
  const noun = textOr(block.type);
  if (noun !== "image" && noun !== "document") return [];
  const source = objectOr(block.source);
  const { data, media_type, url, file_id } = source;
  const label = textOr(media_type) || textOr(url) || textOr(file_id) || textOr(source.type);
  const encoding = source.type === "base64" ? "base64" : "utf8";
  const bytes = typeof data === "string" ? Buffer.byteLength(data, encoding) : undefined;
  return [{ noun, label, bytes }];
}

function toToolWish(wish: JSONObject): ToolWish {
  switch (wish.type) {
    case "none":
      return { kind: "none" };
    case "any":
      return { kind: "required" };
    case "tool":
      return { kind: "named", name: textOr(wish.name) };
    default:
      return { kind: "auto" };
  }
}

function toForm(body: JSONObject): TextForm {
  const format = objectOr(objectOr(body.output_config).format ?? body.output_format);
  const { schema } = format;
  return isObject(schema) ? { kind: "schema", schema } : { kind: "plain" };
}

/** The beginning of each document and search result whose citing was asked for. */
function readSources(messages: readonly JSONObject[]): CitableSource[] {
  const blocks = messages.flatMap((message) => blocksOf(message.content));
  const all = blocks.flatMap((block) => [block, ...objectsIn(block.content)]);
  const isCited = (block: JSONObject): boolean => objectOr(block.citations).enabled === true;
  const documents = all.filter((block) => block.type === "document");
  const results = all.filter((block) => block.type === "search_result");
  return [
    ...documents.flatMap((block, index) => (isCited(block) ? [fromDocument(block, index)] : [])),
    ...results.flatMap((block, index) => (isCited(block) ? [fromResult(block, index)] : [])),
  ];
}

function fromDocument(block: JSONObject, document_index: number): CitableSource {
  const source = objectOr(block.source);
  const about = { document_index, document_title: block.title ?? null, file_id: null };
  if (source.type === "text") {
    const quote = beginning(textOr(source.data));
    const range = { start_char_index: 0, end_char_index: quote.length };
    return { quote, citation: { type: "char_location", cited_text: quote, ...about, ...range } };
  }
  if (source.type === "content") {
    const quote = beginning(textOf(source.content));
    const range = { start_block_index: 0, end_block_index: 1 };
    const type = "content_block_location";
    return { quote, citation: { type, cited_text: quote, ...about, ...range } };
  }
  const quote = "The first page, which was not read.";
  const range = { start_page_number: 1, end_page_number: 2 };
  return { quote, citation: { type: "page_location", cited_text: quote, ...about, ...range } };
}

function fromResult(block: JSONObject, search_result_index: number): CitableSource {
  const quote = beginning(textOf(block.content));
  const { source = "", title = "" } = block;
  const range = { search_result_index, start_block_index: 0, end_block_index: 1 };
  const type = "search_result_location";
  return { quote, citation: { type, cited_text: quote, source, title, ...range } };
}

/** The first sentence, or as much of it as a quote may hold. */
function beginning(text: string): string {
  const [sentence = ""] = /^[^.!?\n]*[.!?]?/.exec(text) ?? [];
  return sentence.slice(0, quoteCharacters);
}
