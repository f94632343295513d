import { chunksAsEvents, messagesOf, type RecordedMessage } from "./event-stream-text.ts";
import { expectAnthropic } from "./expect-anthropic.ts";
import { type Expectation, type ExpectedUsage, parsedArguments } from "./expectation.ts";
import { countOf, isObject, objectOf, objectsOf, type Plain, stringOf } from "./plain.ts";
import type { Recording } from "./recordings.ts";

/** What a recording of Converse says. Undefined: it cannot be judged. */
export function expectConverse(recording: Recording): Expectation | undefined {
  const { bytes, isBinary, json, status } = recording.response;
  if (status >= 400) return failureOf(recording);
  if (json !== undefined) {
    const { message } = objectOf(json.output);
    return isObject(message) ? answerOf(objectsOf(message.content), json) : undefined;
  }
  if (!isBinary) return undefined;
  const messages = messagesOf(bytes);
  const failure = messages.find(({ isException }) => isException);
  if (failure !== undefined) return { kind: "error", status: 200, code: capital(failure.type) };
  const ends = messages.filter(({ type }) => type === "messageStop" || type === "metadata");
  if (ends.length < 2) return undefined;
  return answerOf(blocksOf(messages), Object.assign({}, ...ends.map(({ payload }) => payload)));
}

/** What a recording of InvokeModel says whose body is Claude's. Undefined: it cannot be judged. */
export function expectInvoke(recording: Recording): Expectation | undefined {
  const { bytes, isBinary, json, status } = recording.response;
  if (status >= 400) return failureOf(recording);
  if (json !== undefined) return expectAnthropic(recording);
  if (!isBinary) return undefined;
  const failure = messagesOf(bytes).find(({ isException }) => isException);
  if (failure !== undefined) return { kind: "error", status: 200, code: capital(failure.type) };
  const response = { ...recording.response, text: chunksAsEvents(bytes) };
  return expectAnthropic({ ...recording, response });
}

/** The type stands in a header, with an address behind it; some recorders have left it out. */
function failureOf({ response }: Recording): Expectation {
  const { status, headers, json } = response;
  const named = Object.entries(headers).find(([name]) => /^x-amzn-errortype$/i.test(name));
  const type = named?.[1].split(":")[0] || stringOf(objectOf(json).__type).split("#").at(-1);
  return { kind: "error", status, code: type ?? "" };
}

function capital(type: string): string {
  return type.replace(/^./, (letter) => letter.toUpperCase());
}

function answerOf(blocks: readonly Plain[], { stopReason, usage }: Plain): Expectation {
  const cited = (block: Plain): string =>
    objectsOf(objectOf(block.citationsContent).content)
      .map(({ text }) => stringOf(text))
      .join("");
  const thought = (block: Plain): string =>
    stringOf(objectOf(objectOf(block.reasoningContent).reasoningText).text);
  return {
    kind: "answer",
    text: blocks.map((block) => stringOf(block.text) + cited(block)).join(""),
    thinking: blocks.map(thought).join(""),
    refusal: "",
    toolCalls: blocks
      .map(({ toolUse }) => objectOf(toolUse))
      // Calls of the provider's own tools are made by itself.
      .filter(({ toolUseId, type }) => toolUseId !== undefined && type !== "server_tool_use")
      .map(({ toolUseId, name, input }) => ({
        id: stringOf(toolUseId),
        name: stringOf(name),
        arguments: typeof input === "string" ? parsedArguments(input) : input,
      })),
    stop: stringOf(stopReason),
    usage: usageOf(usage),
  };
}

function usageOf(value: unknown): ExpectedUsage | undefined {
  if (!isObject(value)) return undefined;
  const cacheRead = countOf(value.cacheReadInputTokens);
  const cacheWrite = countOf(value.cacheWriteInputTokens);
  return {
    input: countOf(value.inputTokens) + cacheRead + cacheWrite,
    output: countOf(value.outputTokens),
    cacheRead,
    cacheWrite,
    reasoning: 0,
  };
}

interface Growing {
  text?: string;
  thought?: string;
  call?: Plain;
  input: string;
}

/** The blocks that a stream's events stand for. */
function blocksOf(messages: readonly RecordedMessage[]): readonly Plain[] {
  const blocks = new Map<number, Growing>();
  for (const { payload } of messages) {
    const index = Number(payload.contentBlockIndex ?? 0);
    const block = blocks.get(index) ?? { input: "" };
    if (isObject(payload.start)) {
      const { toolUse } = payload.start;
      blocks.set(index, isObject(toolUse) ? { ...block, call: toolUse } : block);
    } else if (isObject(payload.delta)) {
      const { text, reasoningContent, toolUse } = payload.delta;
      const { text: thought } = objectOf(reasoningContent);
      if (typeof text === "string") block.text = (block.text ?? "") + text;
      if (typeof thought === "string") block.thought = (block.thought ?? "") + thought;
      block.input += stringOf(objectOf(toolUse).input);
      blocks.set(index, block);
    }
  }
  return [...blocks.values()].map(({ text, thought, call, input }) => ({
    ...(text !== undefined && { text }),
    ...(thought !== undefined && { reasoningContent: { reasoningText: { text: thought } } }),
    ...(call !== undefined && { toolUse: { ...call, input } }),
  }));
}
