import { isObject, type JSONObject, objectOr, objectsIn, textOr, textsIn } from "../json.ts";
import { anything, either, findIssue, flag, list, object, type Shape, text } from "../shape.ts";
import { issueRefusal, refused } from "./failures.ts";
import { canCall, canThink, isThere } from "./models.ts";

const open = (fields: Readonly<Record<string, Shape>>): Shape => object(fields, true);

const request: Shape = open({
  model: text,
  messages: list(
    open({
      role: text,
      content: text,
      thinking: text,
      images: list(text),
      tool_name: text,
      tool_call_id: text,
      tool_calls: list(open({ id: text, function: open({ name: text, arguments: anything }) })),
    }),
  ),
  tools: list(open({ type: text, function: open({ name: text, description: text }) })),
  stream: flag,
  think: either(flag, text),
  format: anything,
  options: open({}),
});

const wholeOptions: readonly string[] = [
  ...["num_ctx", "num_predict", "num_keep", "num_batch", "num_gpu", "num_thread", "seed"],
  ...["top_k", "repeat_last_n", "main_gpu"],
];
const decimalOptions: readonly string[] = [
  ...["temperature", "top_p", "min_p", "typical_p", "repeat_penalty", "presence_penalty"],
  "frequency_penalty",
];
const thinkLevels: readonly string[] = ["high", "medium", "low", "max"];

/** Checks a request as the server does: unknown fields and roles pass. Throws Refusal. */
export function checkRequest(body: JSONObject, model: string): void {
  const issue = findIssue(body, request);
  if (issue) throw issueRefusal(issue);
  if (model === "") throw refused("model is required");
  if (!isThere(model)) throw refused(`model '${model}' not found`, 404);
  const messages = objectsIn(body.messages);
  for (const call of messages.flatMap((message) => objectsIn(message.tool_calls))) {
    const given = objectOr(call.function).arguments;
    if (given === undefined || given === null || isObject(given)) continue;
    throw refused("Value looks like object, but can't find closing '}' symbol");
  }
  for (const image of messages.flatMap((message) => textsIn(message.images))) {
    if (/^[A-Za-z0-9+/]*={0,2}$/.test(image)) continue;
    throw refused("illegal base64 data at input byte 4");
  }
  checkOptions(objectOr(body.options));
  checkFormat(body.format);
  checkAbilities(body, model);
}

function checkOptions(options: JSONObject): void {
  const check = (names: readonly string[], type: string, isRight: (one: unknown) => boolean) => {
    for (const name of names) {
      const value = options[name] ?? undefined;
      if (value === undefined || isRight(value)) continue;
      throw refused(`option "${name}" must be of type ${type}`, 500);
    }
  };
  check(wholeOptions, "integer", (value) => typeof value === "number");
  check(decimalOptions, "float32", (value) => typeof value === "number");
  check(["stop"], "array", Array.isArray);
}

function checkFormat(format: unknown): void {
  if (format === undefined || format === null || format === "" || format === "json") return;
  if (isObject(format)) return;
  throw refused(
    `invalid format: ${JSON.stringify(JSON.stringify(format))}; expected "json" or a valid JSON ` +
      "Schema object",
    500,
  );
}

function checkAbilities({ tools, think }: JSONObject, model: string): void {
  if (typeof think === "string" && !thinkLevels.includes(think)) {
    throw refused(
      `invalid think value: ${JSON.stringify(think)} (must be "high", "medium", "low", "max", ` +
        "true, or false)",
    );
  }
  if (objectsIn(tools).length > 0 && !canCall(model)) {
    throw refused(`registry.ollama.ai/library/${model} does not support tools`);
  }
  const wantsThoughts = think === true || textOr(think) !== "";
  if (wantsThoughts && !canThink(model)) {
    throw refused(`${JSON.stringify(model)} does not support thinking`);
  }
}
