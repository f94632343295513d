import { type JSONObject, numberIn, objectOr, objectsIn, textOr, textsIn } from "../json.ts";
import type { Attachment, Prompt, TextForm, ToolWish } from "../prompt.ts";
import { type CacheBlock, cacheBlock } from "../prompt-cache.ts";
import type { Call } from "../wire.ts";
import { toJSONSchema } from "./check-schema.ts";
import { traitsOf } from "./models.ts";

const keepMs = 300_000;
const tokensOfMedia = 258;

/** What the user said last, of a request that may be written in either spelling. */
export function userText(body: JSONObject): string {
  const { contents } = objectOr(body.generateContentRequest ?? body);
  const list = Array.isArray(contents) ? contents : [contents];
  const said = objectsIn(list).findLast(
    ({ role, parts }) => role !== "model" && textsOf(parts).length > 0,
  );
  return textsOf(said?.parts).join("\n");
}

function textsOf(parts: unknown): string[] {
  const list = Array.isArray(parts) ? parts : [parts];
  return objectsIn(list).flatMap(({ text }) => (typeof text === "string" ? [text] : []));
}

/** What a checked request asks for. */
export function readPrompt(request: JSONObject, { model, key, userText: said }: Call): Prompt {
  const tools = objectsIn(request.tools);
  const last = objectsIn(request.contents).at(-1);
  const config = objectOr(request.generationConfig);
  const results = objectsIn(last?.parts).flatMap((part) => objectsIn([part.functionResponse]));
  const declared = tools.flatMap((tool) => objectsIn(tool.functionDeclarations));
  const wish = objectOr(objectOr(request.toolConfig).functionCallingConfig);
  const allowed = textsIn(wish.allowedFunctionNames);
  return {
    model,
    key,
    userText: said,
    toolResults: results.map(({ response }) => resultText(objectOr(response))),
    attachments: objectsIn(last?.parts).flatMap(toAttachment),
    sources: [],
    tools: declared
      .filter(({ name }) => allowed.length === 0 || allowed.includes(textOr(name)))
      .map(({ name, parameters, parametersJsonSchema }) => ({
        name: textOr(name),
        schema:
          parameters === undefined
            ? objectOr(parametersJsonSchema)
            : toJSONSchema(objectOr(parameters)),
      })),
    toolWish: toToolWish(wish.mode),
    parallelTools: true,
    talksBeforeTools: false,
    searchOffered: tools.some((tool) => tool.googleSearch !== undefined),
    thinks: thinks(objectOr(config.thinkingConfig), model),
    form: toForm(config),
    stopSequences: textsIn(config.stopSequences),
    outputTokensMax: numberIn(config.maxOutputTokens),
  };
}

/** What a tool said: its only member of a usual name, or all of it. */
function resultText(response: JSONObject): string {
  const { result, output, error } = response;
  const only = Object.keys(response).length === 1 ? (result ?? output ?? error) : undefined;
  return typeof only === "string" ? only : JSON.stringify(response);
}

function thinks(thinking: JSONObject, model: string): boolean {
  const { canThink, thinksUnasked } = traitsOf(model);
  const budget = numberIn(thinking.thinkingBudget);
  if (!canThink || budget === 0) return false;
  return thinksUnasked || budget !== undefined;
}

function toAttachment(part: JSONObject): Attachment[] {
  if (part.inlineData !== undefined) {
    const { mimeType, data } = objectOr(part.inlineData);
    const label = textOr(mimeType);
    const noun = label.startsWith("image/") ? "image" : (label.split("/")[0] ?? "file");
    const bytes = Buffer.byteLength(textOr(data), "base64");
    return [{ noun: noun === "application" ? "file" : noun, label, bytes }];
  }
  if (part.fileData === undefined) return [];
  const { fileUri } = objectOr(part.fileData);
  return [{ noun: "file", label: textOr(fileUri).slice(0, 200), bytes: undefined }];
}

function toToolWish(mode: unknown): ToolWish {
  if (mode === "ANY") return { kind: "required" };
  return { kind: mode === "NONE" ? "none" : "auto" };
}

function toForm(config: JSONObject): TextForm {
  const { responseSchema, responseJsonSchema, responseMimeType } = config;
  if (responseSchema !== undefined) {
    return { kind: "schema", schema: toJSONSchema(objectOr(responseSchema)) };
  }
  if (responseJsonSchema !== undefined) {
    return { kind: "schema", schema: objectOr(responseJsonSchema) };
  }
  return { kind: responseMimeType === "application/json" ? "json" : "plain" };
}

/** The parts of a request as the model reads them. Media count as a fixed number of tokens. */
export function readBlocks(request: JSONObject): CacheBlock[] {
  const { tools, systemInstruction, contents } = request;
  const all = [...objectsIn(tools), ...objectsIn([systemInstruction]), ...objectsIn(contents)];
  return all.map((one) => {
    const media = objectsIn(one.parts).filter((part) => part.inlineData ?? part.fileData).length;
    const block = cacheBlock(one, keepMs);
    if (media === 0) return block;
    const parts = objectsIn(one.parts).filter((part) => !(part.inlineData ?? part.fileData));
    const { tokens } = cacheBlock({ ...one, parts }, keepMs);
    return { ...block, tokens: tokens + media * tokensOfMedia };
  });
}
