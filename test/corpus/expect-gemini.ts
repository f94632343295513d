import type { Expectation, ExpectedUsage } from "./expectation.ts";
import { countOf, objectOf, objectsOf, type Plain, payloadObjects, stringOf } from "./plain.ts";
import type { Recording } from "./recordings.ts";

/**
 * What a recording of `generateContent` says, whole or streamed. Undefined: it cannot be judged.
 */
export function expectGemini({ response }: Recording): Expectation | undefined {
  const { json, status, text } = response;
  if (status >= 400) return errorOf(json ?? objectOf(elementsOf(text)[0]), status);
  const chunks = json === undefined ? elementsOf(text) : [json];
  const failure = chunks.find(({ error }) => error !== undefined);
  if (failure !== undefined) return errorOf(failure, 200);
  const stop = chunks.map(stopOf).findLast((word) => word !== "");
  return stop === undefined ? undefined : answerOf(chunks, stop);
}

/** Elements of a stream: of server-sent events, or of one list. */
function elementsOf(text: string): readonly Plain[] {
  const trimmed = text.trim();
  if (trimmed.startsWith("[")) return objectsOf(JSON.parse(trimmed));
  return trimmed.startsWith("{") ? [JSON.parse(trimmed) as Plain] : payloadObjects(text);
}

function errorOf(body: Plain, status: number): Expectation {
  return { kind: "error", status, code: stringOf(objectOf(body.error).status) };
}

function stopOf(chunk: Plain): string {
  const { finishReason } = objectOf(objectsOf(chunk.candidates)[0]);
  const { blockReason } = objectOf(chunk.promptFeedback);
  return finishReason === undefined || finishReason === null
    ? stringOf(blockReason)
    : String(finishReason);
}

function answerOf(chunks: readonly Plain[], stop: string): Expectation {
  const parts = chunks.flatMap(({ candidates }) =>
    objectsOf(objectOf(objectOf(objectsOf(candidates)[0]).content).parts),
  );
  const texts = (isThought: boolean): string =>
    parts
      .filter(({ thought }) => (thought === true) === isThought)
      .map(({ text }) => stringOf(text))
      .join("");
  return {
    kind: "answer",
    text: texts(false),
    thinking: texts(true),
    refusal: "",
    toolCalls: callsOf(parts),
    stop,
    usage: usageOf(chunks),
  };
}

interface Call {
  readonly id: string;
  readonly name: string;
  arguments: Record<string, unknown>;
}

/** Whole calls, and those whose arguments come as texts at paths of one name (`$.name`). */
function callsOf(parts: readonly Plain[]): readonly Call[] {
  const calls: Call[] = [];
  for (const { functionCall } of parts) {
    const { id, name, args, partialArgs } = objectOf(functionCall);
    if (name !== undefined) {
      calls.push({ id: stringOf(id), name: stringOf(name), arguments: { ...objectOf(args) } });
    }
    const call = calls.at(-1);
    for (const { jsonPath, stringValue } of objectsOf(partialArgs)) {
      const path = stringOf(jsonPath).slice("$.".length);
      if (call) call.arguments[path] = `${call.arguments[path] ?? ""}${stringOf(stringValue)}`;
    }
  }
  return calls;
}

function usageOf(chunks: readonly Plain[]): ExpectedUsage | undefined {
  const reports = chunks.map(({ usageMetadata }) => objectOf(usageMetadata));
  const report = reports.findLast((one) => Object.keys(one).some((name) => /Count$/.test(name)));
  if (report === undefined) return undefined;
  const last = (name: string): number => countOf(report[name]);
  const reasoning = last("thoughtsTokenCount");
  return {
    input: last("promptTokenCount") + last("toolUsePromptTokenCount"),
    output: last("candidatesTokenCount") + reasoning,
    cacheRead: last("cachedContentTokenCount"),
    cacheWrite: 0,
    reasoning,
  };
}
