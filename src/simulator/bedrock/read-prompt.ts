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
import { parseSchema } from "./check-request.ts";
import { thinksUnasked } from "./models.ts";

const quoteCharacters = 120;
const tokensOfFile = 1500;
const fiveMinutesMs = 300_000;
const hourMs = 3_600_000;

/** What the user said last. */
export function userText(body: JSONObject): string {
  const users = objectsIn(body.messages).filter(({ role }) => role === "user");
  const said = users.map(({ content }) => textOf(content));
  return said.findLast((text) => text !== "") ?? "";
}

/** What a checked request asks for. */
export function readPrompt({ body, model, key, userText: said }: Call): Prompt {
  const last = objectsIn(objectsIn(body.messages).at(-1)?.content);
  const results = last.flatMap(({ toolResult }) => objectsIn([toolResult]));
  const config = objectOr(body.inferenceConfig);
  const specs = objectsIn(objectOr(body.toolConfig).tools).flatMap((tool) =>
    objectsIn([tool.toolSpec]),
  );
  return {
    model,
    key,
    userText: said,
    // Words behind results are what is to be answered: turns of one role stand in one message here.
    toolResults: textOf(last) === "" ? results.map(({ content }) => resultText(content)) : [],
    attachments: [...last, ...results.flatMap(({ content }) => objectsIn(content))].flatMap(
      toAttachment,
    ),
    sources: last.flatMap(toSource),
    tools: specs.map(({ name, inputSchema }) => ({
      name: textOr(name),
      schema: objectOr(objectOr(inputSchema).json),
    })),
    toolWish: toToolWish(objectOr(objectOr(body.toolConfig).toolChoice)),
    parallelTools: true,
    talksBeforeTools: true,
    searchOffered: false,
    thinks: thinks(body, model),
    form: toForm(body),
    stopSequences: textsIn(config.stopSequences),
    outputTokensMax: numberIn(config.maxTokens),
  };
}

/** The prompt in the order the model reads it. A cache point keeps what stands before it. */
export function readCacheBlocks(body: JSONObject): CacheBlock[] {
  const all: readonly JSONObject[] = [
    ...objectsIn(objectOr(body.toolConfig).tools),
    ...objectsIn(body.system),
    ...objectsIn(body.messages).flatMap(({ role, content }) =>
      objectsIn(content).map((block) => ({ role, ...block })),
    ),
  ];
  const blocks: CacheBlock[] = [];
  for (const block of all) {
    const before = blocks.at(-1);
    if (!isObject(block.cachePoint)) {
      const kept = cacheBlock(block, undefined);
      const isFile = [block.image, block.document, block.video].some((one) => one !== undefined);
      blocks.push(isFile ? { ...kept, tokens: tokensOfFile } : kept);
    } else if (before) {
      const keepMs = block.cachePoint.ttl === "1h" ? hourMs : fiveMinutesMs;
      blocks.splice(-1, 1, { ...before, keepMs });
    }
  }
  return blocks;
}

function textOf(content: unknown): string {
  return objectsIn(content)
    .flatMap(({ text }) => (typeof text === "string" ? [text] : []))
    .join("\n");
}

function resultText(content: unknown): string {
  const [first] = objectsIn(content);
  return first?.json === undefined ? textOf(content) : JSON.stringify(first.json);
}

function toAttachment(block: JSONObject): Attachment[] {
  const noun = ["image", "document", "video", "audio"].find((key) => isObject(block[key]));
  if (noun === undefined) return [];
  const { format, name, source } = objectOr(block[noun]);
  const { bytes, s3Location } = objectOr(source);
  const label = textOr(format) || textOr(name) || textOr(objectOr(s3Location).uri);
  const length = typeof bytes === "string" ? Buffer.byteLength(bytes, "base64") : undefined;
  return [{ noun, label, bytes: length }];
}

/** The first sentence of a text document that may be cited. */
function toSource({ document }: JSONObject, documentIndex: number): CitableSource[] {
  const { citations, source, name } = objectOr(document);
  const { text, bytes, content } = objectOr(source);
  const decoded = typeof bytes === "string" ? Buffer.from(bytes, "base64").toString("utf8") : "";
  const whole = textOr(text) || textOf(content) || decoded;
  if (objectOr(citations).enabled !== true || whole === "") return [];
  const quote = (/^[^.!?]*[.!?]?/.exec(whole)?.[0] ?? whole).slice(0, quoteCharacters);
  const location = { documentChar: { documentIndex, start: 0, end: quote.length } };
  return [{ quote, citation: { title: textOr(name), sourceContent: [{ text: quote }], location } }];
}

function toToolWish(wish: JSONObject): ToolWish {
  if (isObject(wish.any)) return { kind: "required" };
  const name = textOr(objectOr(wish.tool).name);
  return name === "" ? { kind: "auto" } : { kind: "named", name };
}

function thinks(body: JSONObject, model: string): boolean {
  const { thinking, reasoningConfig, reasoning_config } = objectOr(
    body.additionalModelRequestFields,
  );
  const type = objectOr(thinking ?? reasoningConfig ?? reasoning_config).type;
  return thinksUnasked(model) || type === "enabled" || type === "adaptive";
}

function toForm(body: JSONObject): TextForm {
  const format = objectOr(objectOr(body.outputConfig).textFormat);
  const schema = parseSchema(textOr(objectOr(objectOr(format.structure).jsonSchema).schema));
  return schema ? { kind: "schema", schema } : { kind: "plain" };
}
