import { type Expectation, type ExpectedToolCall, parsedArguments } from "./expectation.ts";
import { isObject, objectOf, objectsOf, type Plain, stringOf } from "./plain.ts";
import type { Recording } from "./recordings.ts";

/** What a recording of Ollama's own chat says. Undefined: it cannot be judged. */
export function expectOllama({ response }: Recording): Expectation | undefined {
  const { status, text, json } = response;
  const lines = json === undefined ? linesOf(text) : [json];
  const hasFailed = lines.some(({ error }) => error !== undefined);
  if (status >= 400 || hasFailed) return { kind: "error", status, code: "" };
  return lines.at(-1)?.done === true ? answerOf(lines) : undefined;
}

function linesOf(text: string): readonly Plain[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Plain);
}

/** A whole answer is one line; of several, each adds to what came before. */
function answerOf(lines: readonly Plain[]): Expectation {
  const messages = lines.map(({ message }) => objectOf(message));
  const joined = (member: string): string =>
    messages.map((message) => stringOf(message[member])).join("");
  const last = lines.at(-1) ?? {};
  const { prompt_eval_count: input, eval_count: output } = last;
  const isCounted = typeof input === "number" && typeof output === "number";
  return {
    kind: "answer",
    text: joined("content"),
    thinking: joined("thinking"),
    refusal: "",
    toolCalls: messages.flatMap(({ tool_calls: calls }) => objectsOf(calls).map(callOf)),
    stop: stringOf(last.done_reason),
    usage: isCounted ? { input, output, cacheRead: 0, cacheWrite: 0, reasoning: 0 } : undefined,
  };
}

function callOf({ id, function: fn }: Plain): ExpectedToolCall {
  const { name, arguments: args } = objectOf(fn);
  const value = isObject(args) ? args : parsedArguments(stringOf(args));
  return { id: stringOf(id), name: stringOf(name), arguments: value };
}
