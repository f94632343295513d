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

/** What a recording of Anthropic's Messages says. Undefined: it cannot be judged. */
export function expectAnthropic({ response }: Recording): Expectation | undefined {
  const { json, status, text } = response;
  if (status >= 400) return errorOf(objectOf(json), status);
  if (json !== undefined) return json.type === "message" ? answerOf(json) : undefined;
  const events = payloadObjects(text);
  const failure = events.find(({ type }) => type === "error");
  if (failure !== undefined) return errorOf(failure, 200);
  return events.some(({ type }) => type === "message_stop") ? answerOf(joined(events)) : undefined;
}

function errorOf(body: Plain, status: number): Expectation {
  return { kind: "error", status, code: stringOf(objectOf(body.error).type) };
}

function answerOf(message: Plain): Expectation {
  const blocks = objectsOf(message.content);
  const texts = (type: string, member: string): string =>
    blocks.map((block) => (block.type === type ? stringOf(block[member]) : "")).join("");
  return {
    kind: "answer",
    text: texts("text", "text"),
    thinking: texts("thinking", "thinking"),
    refusal: "",
    toolCalls: blocks
      .filter(({ type }) => type === "tool_use")
      .map(({ id, name, input }) => ({ id: stringOf(id), name: stringOf(name), arguments: input })),
    stop: stringOf(message.stop_reason),
    usage: usageOf(message.usage),
  };
}

function usageOf(value: unknown): ExpectedUsage | undefined {
  if (!isObject(value)) return undefined;
  const cacheRead = countOf(value.cache_read_input_tokens);
  const cacheWrite = countOf(value.cache_creation_input_tokens);
  return {
    input: countOf(value.input_tokens) + cacheRead + cacheWrite,
    output: countOf(value.output_tokens),
    cacheRead,
    cacheWrite,
    reasoning: countOf(objectOf(value.output_tokens_details).thinking_tokens),
  };
}

interface Joined {
  readonly blocks: Map<number, Record<string, unknown>>;
  readonly inputs: Map<number, string>;
  usage: Plain;
  stop: unknown;
}

/** A stream as the whole message it stands for. */
function joined(events: readonly Plain[]): Plain {
  const start = objectOf(events.find(({ type }) => type === "message_start")?.message);
  const sum: Joined = {
    blocks: new Map(),
    inputs: new Map(),
    usage: objectOf(start.usage),
    stop: start.stop_reason,
  };
  for (const event of events) add(event, sum);
  for (const [index, block] of sum.blocks) {
    const text = sum.inputs.get(index) ?? "";
    if (block.type === "tool_use" && text !== "") block.input = parsedArguments(text);
  }
  return { content: [...sum.blocks.values()], stop_reason: sum.stop, usage: sum.usage };
}

function add(event: Plain, sum: Joined): void {
  const index = Number(event.index ?? 0);
  if (event.type === "content_block_start") {
    sum.blocks.set(index, { ...objectOf(event.content_block) });
  } else if (event.type === "content_block_delta") {
    addDelta(objectOf(event.delta), index, sum);
  } else if (event.type === "message_delta") {
    sum.stop = objectOf(event.delta).stop_reason ?? sum.stop;
    const later = Object.entries(objectOf(event.usage)).filter(([, value]) => value !== null);
    sum.usage = { ...sum.usage, ...Object.fromEntries(later) };
  }
}

function addDelta(delta: Plain, index: number, { blocks, inputs }: Joined): void {
  const block = blocks.get(index) ?? {};
  for (const member of ["text", "thinking"]) {
    if (typeof delta[member] === "string") block[member] = `${block[member] ?? ""}${delta[member]}`;
  }
  inputs.set(index, (inputs.get(index) ?? "") + stringOf(delta.partial_json));
}
