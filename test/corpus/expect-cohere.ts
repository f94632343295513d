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

/** What a recording of Cohere's Chat (second version) says. Undefined: it cannot be judged. */
export function expectCohere({ response }: Recording): Expectation | undefined {
  const { json, status, text } = response;
  if (status >= 400) {
    return { kind: "error", status, code: stringOf(objectOf(json).error_type) };
  }
  if (json !== undefined) return isObject(json.message) ? answerOf(json) : undefined;
  const events = payloadObjects(text);
  const last = events.find(({ type }) => type === "message-end");
  return last && answerOf({ ...objectOf(last.delta), message: joined(events) });
}

function answerOf({ message, finish_reason: stop, usage }: Plain): Expectation {
  if (stop === "ERROR" || stop === "TIMEOUT") {
    return { kind: "error", status: 200, code: stringOf(stop) };
  }
  const { content, tool_plan: plan, tool_calls: calls } = objectOf(message);
  const texts = (type: string): string =>
    objectsOf(content)
      .map((item) => (item.type === type ? stringOf(item[type]) : ""))
      .join("");
  return {
    kind: "answer",
    text: texts("text"),
    thinking: texts("thinking") + stringOf(plan),
    refusal: "",
    toolCalls: objectsOf(calls).map(({ id, function: fn }) => ({
      id: stringOf(id),
      name: stringOf(objectOf(fn).name),
      arguments: parsedArguments(stringOf(objectOf(fn).arguments)),
    })),
    stop: stringOf(stop),
    usage: usageOf(usage),
  };
}

/** Images are counted beside the input where more of it is billed than is told. */
function usageOf(value: unknown): ExpectedUsage | undefined {
  if (!isObject(value)) return undefined;
  const { tokens, billed_units: billed } = value;
  const { input_tokens, output_tokens, reasoning_tokens, image_tokens } = objectOf(tokens);
  const input = countOf(input_tokens);
  const images = countOf(objectOf(billed).input_tokens) > input ? countOf(image_tokens) : 0;
  return {
    input: input + images,
    output: countOf(output_tokens),
    cacheRead: countOf(value.cached_tokens),
    cacheWrite: 0,
    reasoning: countOf(reasoning_tokens),
  };
}

/** The message that the events of a stream stand for. */
function joined(events: readonly Plain[]): Plain {
  const content: Record<string, unknown>[] = [];
  const calls: Record<string, unknown>[] = [];
  let plan = "";
  for (const { type, index, delta } of events) {
    const message = objectOf(objectOf(delta).message);
    const place = Number(index ?? 0);
    const item = objectOf(message.content);
    const call = objectOf(message.tool_calls);
    if (type === "content-start") content[place] = { ...item };
    else if (type === "content-delta") append(content[place], item);
    else if (type === "tool-plan-delta") plan += stringOf(message.tool_plan);
    else if (type === "tool-call-start") calls[place] = { ...call };
    else if (type === "tool-call-delta") {
      append(objectOf(calls[place]?.function), objectOf(call.function));
    }
  }
  return { content, tool_calls: calls, tool_plan: plan };
}

function append(whole: Record<string, unknown> | undefined, piece: Plain): void {
  if (whole === undefined) return;
  for (const [name, value] of Object.entries(piece)) {
    whole[name] = stringOf(whole[name]) + stringOf(value);
  }
}
