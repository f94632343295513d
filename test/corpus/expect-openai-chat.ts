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

/** What a recording of OpenAI's Chat Completions says. Undefined: it cannot be judged. */
export function expectOpenAIChat({ response }: Recording): Expectation | undefined {
  const { json, status, text } = response;
  if (status >= 400) return errorOf(objectOf(json), status);
  if (json !== undefined) return Array.isArray(json.choices) ? answerOf(json) : undefined;
  const events = payloadObjects(text);
  const failure = events.find(({ error }) => isObject(error));
  if (failure !== undefined) return errorOf(failure, 200);
  if (text.trim() === "") return { kind: "error", status, code: "" };
  return payloadsOf(text).includes("[DONE]") || events.some(isLast)
    ? answerOf(joined(events))
    : undefined;
}

/** Whether an event says why the answer ended: some servers send no mark behind it. */
function isLast({ choices }: Plain): boolean {
  return objectsOf(choices).some(({ finish_reason: reason }) => stringOf(reason) !== "");
}

function errorOf(body: Plain, status: number): Expectation {
  const { code, type } = objectOf(body.error);
  // Servers that give the status again as their code say more with the type.
  const words = stringOf(code) || stringOf(type);
  return { kind: "error", status, code: words || (typeof code === "number" ? String(code) : "") };
}

function answerOf(body: Plain): Expectation {
  const choice = objectsOf(body.choices)[0] ?? {};
  const message = objectOf(choice.message);
  return {
    kind: "answer",
    text: stringOf(message.content),
    thinking: stringOf(message.reasoning_content) || stringOf(message.reasoning),
    refusal: stringOf(message.refusal),
    toolCalls: callsOf(message).map((call) => {
      const fn = objectOf(call.function ?? call.custom);
      const written = stringOf(fn.arguments ?? fn.input);
      return {
        id: stringOf(call.id),
        name: stringOf(fn.name),
        arguments: parsedArguments(written),
      };
    }),
    stop: stringOf(choice.finish_reason),
    usage: usageOf(body.usage),
  };
}

/** Tool calls, or the one call of the older API, which has no id. */
function callsOf(message: Plain): readonly Plain[] {
  const calls = objectsOf(message.tool_calls);
  return calls.length === 0 && isObject(message.function_call)
    ? [{ function: message.function_call }]
    : calls;
}

function usageOf(value: unknown): ExpectedUsage | undefined {
  if (!isObject(value)) return undefined;
  const input = objectOf(value.prompt_tokens_details);
  const details = objectOf(value.completion_tokens_details);
  const output = countOf(value.completion_tokens);
  return {
    input: countOf(value.prompt_tokens),
    output,
    cacheRead: countOf(input.cached_tokens),
    cacheWrite: countOf(input.cache_write_tokens),
    // Thinking is a part of the output, even where a gateway counts it anew.
    reasoning: Math.min(countOf(details.reasoning_tokens), output),
  };
}

interface Joined {
  readonly message: Record<string, unknown>;
  readonly calls: Map<number, { id: string; name: string; arguments: string }>;
  finish: unknown;
  usage: unknown;
}

/** A stream as the whole answer it stands for; only the first choice is judged. */
function joined(events: readonly Plain[]): Plain {
  const sum: Joined = { message: {}, calls: new Map(), finish: undefined, usage: undefined };
  for (const event of events) {
    if (isObject(event.usage)) sum.usage = event.usage;
    for (const choice of objectsOf(event.choices)) {
      if ((choice.index ?? 0) === 0) add(choice, sum);
    }
  }
  const calls = [...sum.calls.values()].map(({ id, ...fn }) => ({ id, function: fn }));
  const message = { ...sum.message, tool_calls: calls };
  return { choices: [{ message, finish_reason: sum.finish }], usage: sum.usage };
}

function add(choice: Plain, sum: Joined): void {
  const { message, calls } = sum;
  sum.finish = choice.finish_reason ?? sum.finish;
  const delta = objectOf(choice.delta);
  for (const member of ["content", "refusal", "reasoning_content", "reasoning"]) {
    if (typeof delta[member] === "string") {
      message[member] = `${message[member] ?? ""}${delta[member]}`;
    }
  }
  for (const piece of objectsOf(delta.tool_calls)) addPiece(calls, piece);
}

function addPiece(
  calls: Map<number, { id: string; name: string; arguments: string }>,
  piece: Plain,
): void {
  const index = Number(piece.index ?? 0);
  const call = calls.get(index) ?? { id: "", name: "", arguments: "" };
  const fn = objectOf(piece.function ?? piece.custom);
  calls.set(index, {
    id: call.id || stringOf(piece.id),
    name: call.name || stringOf(fn.name),
    arguments: call.arguments + stringOf(fn.arguments ?? fn.input),
  });
}
