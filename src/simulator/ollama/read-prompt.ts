import {
  isObject,
  type JSONObject,
  numberIn,
  objectOr,
  objectsIn,
  textOr,
  textsIn,
} from "../json.ts";
import type { Prompt, TextForm } from "../prompt.ts";
import type { Call } from "../wire.ts";
import { canThink } from "./models.ts";

/** What the user said last. */
export function userText(body: JSONObject): string {
  return textOr(objectsIn(body.messages).findLast(({ role }) => role === "user")?.content);
}

/** What a request asks for. */
export function readPrompt({ body, model, key, userText: said }: Call): Prompt {
  const messages = objectsIn(body.messages);
  const lastOther = messages.findLastIndex(({ role }) => role !== "tool");
  const options = objectOr(body.options);
  const limit = numberIn(options.num_predict);
  return {
    model,
    key,
    userText: said,
    toolResults: messages.slice(lastOther + 1).map(({ content }) => textOr(content)),
    attachments: textsIn(messages.at(-1)?.images ?? []).map((data) => ({
      noun: "image",
      label: "inline",
      bytes: Buffer.byteLength(data, "base64"),
    })),
    sources: [],
    tools: objectsIn(body.tools).map((tool) => {
      const { name, parameters } = objectOr(tool.function);
      return { name: textOr(name), schema: objectOr(parameters) };
    }),
    toolWish: { kind: "auto" },
    parallelTools: true,
    talksBeforeTools: false,
    searchOffered: false,
    thinks: canThink(model) && body.think !== false,
    form: toForm(body.format),
    stopSequences: textsIn(options.stop),
    outputTokensMax: limit === undefined || limit < 0 ? undefined : limit,
  };
}

function toForm(format: unknown): TextForm {
  if (isObject(format)) return { kind: "schema", schema: format };
  return { kind: format === "json" ? "json" : "plain" };
}
