import { type Expectation, type ExpectedUsage, parsedArguments } from "./expectation.ts";
import {
  countOf,
  isObject,
  objectOf,
  objectsOf,
  type Plain,
  payloadObjects,
  payloadsOf,
  stringOf,
} from "./plain.ts";
import type { Recording } from "./recordings.ts";

/**
 * What a recording of Mistral's chat, agents or code to fill in says. Undefined: it cannot be
 * judged.
 */
export function expectMistral({ response }: Recording): Expectation | undefined {
  const { json, status, text } = response;
  if (status >= 400) return errorOf(objectOf(json), status);
  if (json?.object === "error") return errorOf(json, status);
  if (json !== undefined)
    return Array.isArray(json.choices) ? answerOf(json, "message") : undefined;
  const events = payloadObjects(text);
  const failure = events.find(({ object, error }) => object === "error" || isObject(error));
  if (failure !== undefined) return errorOf(failure, 200);
  return isWhole(text, events) ? answerOf(joined(events), "delta") : undefined;
}

/**
 * Some recorders leave out the marker; then the reason of the end shows that nothing is missing.
 */
function isWhole(text: string, events: readonly Plain[]): boolean {
  const last = objectsOf(events.at(-1)?.choices)[0];
  return payloadsOf(text).includes("[DONE]") || stringOf(last?.finish_reason) !== "";
}

function errorOf(body: Plain, status: number): Expectation {
  const { code, type } = isObject(body.error) ? body.error : body;
  return { kind: "error", status, code: stringOf(code) || stringOf(type) };
}

interface Sum {
  text: string;
  thinking: string;
  stop: string;
  usage: ExpectedUsage | undefined;
  readonly calls: { key: unknown; id: string; name: string; text: string }[];
}

/** All chunks of the first choice, as one list of messages or deltas. */
function joined(events: readonly Plain[]): Plain {
  const choices = events.flatMap((event) => objectsOf(event.choices));
  const usage = events.findLast((event) => isObject(event.usage))?.usage;
  return { choices: choices.filter(({ index }) => (index ?? 0) === 0), usage };
}

function answerOf({ choices, usage }: Plain, member: "message" | "delta"): Expectation {
  const sum: Sum = { text: "", thinking: "", stop: "", usage: usageOf(usage), calls: [] };
  const all = objectsOf(choices);
  for (const choice of member === "message" ? all.slice(0, 1) : all) {
    sum.stop = stringOf(choice.finish_reason) || sum.stop;
    add(objectOf(choice[member]), sum);
  }
  const toolCalls = sum.calls.map(({ id, name, text }) => {
    return { id, name, arguments: parsedArguments(text) };
  });
  const { text, thinking, stop } = sum;
  return { kind: "answer", text, thinking, refusal: "", toolCalls, stop, usage: sum.usage };
}

function add({ content, tool_calls: calls }: Plain, sum: Sum): void {
  sum.text += stringOf(content);
  for (const chunk of objectsOf(content)) {
    if (chunk.type === "text") sum.text += stringOf(chunk.text);
    const { thinking } = chunk;
    sum.thinking += typeof thinking === "string" ? thinking : textsOf(thinking);
  }
  for (const { id, index, function: fn } of objectsOf(calls)) {
    const { name, arguments: args } = objectOf(fn);
    const text = isObject(args) ? JSON.stringify(args) : stringOf(args);
    const known = sum.calls.find(({ key }) => key === (index ?? id));
    if (known === undefined) {
      sum.calls.push({ key: index ?? id, id: stringOf(id), name: stringOf(name), text });
    } else known.text += text;
  }
}

function textsOf(list: unknown): string {
  return objectsOf(list)
    .map(({ text }) => stringOf(text))
    .join("");
}

function usageOf(value: unknown): ExpectedUsage | undefined {
  if (!isObject(value)) return undefined;
  const details = objectOf(value.prompt_tokens_details ?? value.prompt_token_details);
  const [prompt, output] = [countOf(value.prompt_tokens), countOf(value.completion_tokens)];
  const audio = countOf(details.audio_tokens);
  // The sum shows whether the words of the prompt are counted alone.
  const isApart = countOf(value.total_tokens) === prompt + output + audio;
  return {
    input: prompt + (isApart ? audio : 0),
    output,
    cacheRead: countOf(details.cached_tokens) || countOf(value.num_cached_tokens),
    cacheWrite: 0,
    reasoning: countOf(objectOf(value.completion_tokens_details).reasoning_tokens),
  };
}
