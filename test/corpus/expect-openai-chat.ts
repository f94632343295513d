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
    thinking:
      stringOf(message.reasoning_content) || stringOf(message.reasoning) || wordsOf(message),
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

/** Words of thinking that stand in its details alone. */
function wordsOf({ reasoning_details: details }: Plain): string {
  return objectsOf(details)
    .map(({ text, summary }) => stringOf(text) || stringOf(summary))
    .join("");
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
    cacheRead: countOf(input.cached_tokens) || countOf(value.cached_tokens),
    cacheWrite: countOf(input.cache_write_tokens),
    // Thinking is a part of the output, even where a gateway counts it anew.
    reasoning: Math.min(countOf(details.reasoning_tokens), output),
  };
}

interface JoinedCall {
  id: string;
  name: string;
  arguments: string;
}

interface Joined {
  readonly message: Record<string, unknown>;
  readonly calls: JoinedCall[];
  /** The call that pieces of an index belong to. */
  readonly open: Map<number, JoinedCall>;
  finish: unknown;
  usage: unknown;
}

/** A stream as the whole answer it stands for; only the first choice is judged. */
function joined(events: readonly Plain[]): Plain {
  const sum: Joined = {
    message: {},
    calls: [],
    open: new Map(),
    finish: undefined,
    usage: undefined,
  };
  for (const event of events) {
    const usage = event.usage ?? objectOf(event.x_groq).usage;
    if (isObject(usage)) sum.usage = usage;
    for (const choice of objectsOf(event.choices)) {
      if ((choice.index ?? 0) === 0) add(choice, sum);
    }
  }
  const calls = sum.calls.map(({ id, ...fn }) => ({ id, function: fn }));
  const message = { ...sum.message, tool_calls: calls };
  return { choices: [{ message, finish_reason: sum.finish }], usage: sum.usage };
}

function add(choice: Plain, sum: Joined): void {
  const { message } = sum;
  sum.finish = choice.finish_reason ?? sum.finish;
  const delta = objectOf(choice.delta);
  for (const member of ["content", "refusal", "reasoning_content", "reasoning"]) {
    if (typeof delta[member] === "string") {
      message[member] = `${message[member] ?? ""}${delta[member]}`;
    }
  }
  const details = objectsOf(delta.reasoning_details);
  message.reasoning_details = [...objectsOf(message.reasoning_details), ...details];
  for (const piece of objectsOf(delta.tool_calls)) addPiece(sum, piece);
}

/**
 * Adds a piece to the call of its index. Some servers number every call 0: another id begins
 * another.
 */
function addPiece({ calls, open }: Joined, piece: Plain): void {
  const fn = objectOf(piece.function ?? piece.custom);
  const id = stringOf(piece.id);
  const index = Number(piece.index ?? 0);
  const known = open.get(index);
  const isOther = id !== "" && known?.id !== "" && id !== known?.id && stringOf(fn.name) !== "";
  const call = known === undefined || isOther ? { id: "", name: "", arguments: "" } : known;
  if (call !== known) {
    calls.push(call);
    open.set(index, call);
  }
  call.id ||= id;
  call.name ||= stringOf(fn.name);
  call.arguments += stringOf(fn.arguments ?? fn.input);
}
