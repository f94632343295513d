import { type Expectation, type ExpectedUsage, parsedArguments } from "./expectation.ts";
import {
  countOf,
  isObject,
  objectOf,
  objectsOf,
  type Plain,
  payloadObjects,
  stringOf,
} from "./plain.ts";
import type { Recording } from "./recordings.ts";

const terminal = new Set(["response.completed", "response.incomplete", "response.failed"]);

/** What a recording of OpenAI's Responses says. Undefined: it cannot be judged. */
export function expectOpenAIResponses({ response }: Recording): Expectation | undefined {
  const { json, status, text } = response;
  if (status >= 400) return errorOf(objectOf(json), status);
  if (json !== undefined) return Array.isArray(json.output) ? answerOf(json) : undefined;
  const events = payloadObjects(text);
  const failure = events.find(({ type }) => type === "error");
  if (failure !== undefined) return errorOf({ error: failure.error ?? failure }, 200);
  const last = events.find(({ type }) => terminal.has(stringOf(type)));
  return last === undefined ? undefined : answerOf(withItems(objectOf(last.response), events));
}

/**
 * Some recordings strip the items from the terminal event; those of the done events are the same.
 */
function withItems(response: Plain, events: readonly Plain[]): Plain {
  if (objectsOf(response.output).length > 0) return response;
  const output = events
    .filter(({ type }) => type === "response.output_item.done")
    .map(({ item }) => objectOf(item));
  return { ...response, output };
}

/** Errors of xAI are flat: their words stand where others have an object. */
function errorOf(body: Plain, status: number): Expectation {
  const { code, type } = typeof body.error === "string" ? body : objectOf(body.error);
  return { kind: "error", status, code: stringOf(code) || stringOf(type) };
}

function answerOf(response: Plain): Expectation {
  if (response.status === "failed") return errorOf(response, 200);
  const items = objectsOf(response.output);
  const contents = items
    .filter(({ type }) => type === "message")
    .flatMap(({ content }) => objectsOf(content));
  const texts = (type: string, member: string): string =>
    contents.map((part) => (part.type === type ? stringOf(part[member]) : "")).join("");
  const reason = objectOf(response.incomplete_details).reason;
  return {
    kind: "answer",
    text: texts("output_text", "text"),
    thinking: items.map(thinkingOf).join(""),
    refusal: texts("refusal", "refusal"),
    toolCalls: items
      .filter((item) => item.type === "function_call" || isCustomCall(item, response))
      .map((item) => ({
        id: stringOf(item.call_id),
        name: stringOf(item.name),
        arguments: parsedArguments(stringOf(item.arguments ?? item.input)),
      })),
    stop: stringOf(reason) || stringOf(response.status),
    usage: usageOf(response.usage),
  };
}

/** xAI's own tools call others, and say so by calls of custom tools that nobody offered. */
function isCustomCall({ type, name }: Plain, { tools }: Plain): boolean {
  if (type !== "custom_tool_call") return false;
  const offered = objectsOf(tools);
  const mayBring = offered.length === 0 || offered.some((tool) => tool.type === "namespace");
  return mayBring || offered.some((tool) => tool.type === "custom" && tool.name === name);
}

/** Summaries of one item are paragraphs of one text. */
function thinkingOf(item: Plain): string {
  if (item.type !== "reasoning") return "";
  const summary = objectsOf(item.summary).map(({ text }) => stringOf(text));
  const content = objectsOf(item.content).map(({ text }) => stringOf(text));
  return (summary.length > 0 ? summary : content).join("\n\n");
}

function usageOf(value: unknown): ExpectedUsage | undefined {
  if (!isObject(value)) return undefined;
  const input = objectOf(value.input_tokens_details);
  const output = objectOf(value.output_tokens_details);
  return {
    input: countOf(value.input_tokens),
    output: countOf(value.output_tokens),
    cacheRead: countOf(input.cached_tokens),
    cacheWrite: countOf(input.cache_write_tokens),
    reasoning: countOf(output.reasoning_tokens),
  };
}
