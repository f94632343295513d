import type { JSONObject } from "../json.ts";
import { countPrompt, type PromptTokens, sumTokens } from "../openai/prompt-tokens.ts";
import { createRandom } from "../random.ts";
import type { Script } from "../script.ts";
import { faultyUsage } from "../usage-fault.ts";
import { wantsStream } from "../wants-stream.ts";
import type { Answer, Call } from "../wire.ts";
import { writeScript } from "../write-script.ts";
import { type AnswerParts, toParts } from "./answer-parts.ts";
import { checkCount, checkRequest, type GeminiPlace } from "./check-request.ts";
import { invalid } from "./failures.ts";
import { toGrounding } from "./grounding.ts";
import { contextTokensMax, traitsOf } from "./models.ts";
import { readBlocks, readPrompt } from "./read-prompt.ts";
import { streamBody } from "./stream-body.ts";

/** Reasons for which an answer is held back. */
const blockingReasons: readonly string[] = [
  ...["SAFETY", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY"],
];

/** One candidate: how it is written and how it ends. */
interface Candidate {
  readonly script: Script;
  readonly parts: AnswerParts;
  /** The members that tell of its end. */
  readonly ending: JSONObject;
}

/** Answers `:countTokens`. */
export function countTokens(call: Call, place: GeminiPlace): Answer {
  const totalTokens = sumTokens(readBlocks(checkCount(call, place)));
  const promptTokensDetails = [{ modality: "TEXT", tokenCount: totalTokens }];
  return { kind: "json", body: { totalTokens, promptTokensDetails } };
}

/** Answers `:generateContent` and `:streamGenerateContent`. */
export function generate(call: Call, place: GeminiPlace, isStream: boolean): Answer {
  const { directive, seed, key, model, nowMs } = call;
  const request = checkRequest(call, place);
  const blocks = readBlocks(request);
  const tokens = countPrompt(call, `gemini ${model}`, blocks, tooLong, contextTokensMax);
  const about = {
    modelVersion: model,
    ...(place.isVertex && { createTime: new Date(nowMs).toISOString() }),
    responseId: createRandom(seed, "response id", key).text(23),
  };
  const isStreamed = wantsStream(call, isStream);
  if (directive.blocked !== undefined) {
    const usageMetadata = faultyUsage(toUsage(tokens, [], place), directive);
    const promptFeedback = { blockReason: directive.blocked, ...blockedMessage(place) };
    const body = { promptFeedback, usageMetadata, ...about };
    if (!isStreamed) return { kind: "json", body };
    return { kind: "stream", body: streamBody(call, [{ role: "end", chunk: body }]) };
  }
  const count = Number((request.generationConfig as JSONObject | undefined)?.candidateCount ?? 1);
  const prompt = readPrompt(request, call);
  const candidates = Array.from({ length: count }, (_, index) =>
    toCandidate(writeScript(prompt, directive, seed, index), request, call, place),
  );
  const scripts = candidates.map(({ script }) => script);
  const usageMetadata = faultyUsage(toUsage(tokens, scripts, place), directive);
  if (!isStreamed) {
    const whole = candidates.map(({ parts, ending }, index) => ({
      ...(parts.whole.length > 0 && { content: { parts: parts.whole, role: "model" } }),
      ...ending,
      index,
    }));
    return { kind: "json", body: { candidates: whole, usageMetadata, ...about } };
  }
  const running = faultyUsage(toUsage(tokens, [], place), directive);
  return {
    kind: "stream",
    body: streamBody(call, chunksOf(call, candidates, running, usageMetadata, about)),
  };
}

function* chunksOf(
  { directive }: Call,
  candidates: readonly Candidate[],
  running: JSONObject | null | undefined,
  final: JSONObject | null | undefined,
  about: JSONObject,
): Generator<{ readonly role: "delta" | "end" | "other"; readonly chunk: JSONObject }> {
  const chunk = (parts: readonly JSONObject[], index: number): JSONObject => ({
    candidates: [{ content: { parts, role: "model" }, index }],
    usageMetadata: running,
    ...about,
  });
  if (directive.unknownEvent) {
    yield { role: "other", chunk: { simulatedEvent: { note: "No client knows this." }, ...about } };
  }
  const length = Math.max(...candidates.map(({ parts }) => parts.chunks.length));
  for (let at = 0; at < length; at += 1) {
    for (const [index, { parts }] of candidates.entries()) {
      const pieces = parts.chunks[at];
      if (pieces) yield { role: "delta", chunk: chunk(pieces, index) };
    }
  }
  const ends = candidates.map(({ parts, ending }, index) => ({
    ...(parts.whole.length > 0 && { content: { parts: parts.last, role: "model" } }),
    ...ending,
    index,
  }));
  yield { role: "end", chunk: { candidates: ends, usageMetadata: final, ...about } };
}

function toCandidate(
  script: Script,
  request: JSONObject,
  call: Call,
  { isVertex }: GeminiPlace,
): Candidate {
  const { directive, model } = call;
  const hasIds = traitsOf(model).generation >= 3 && !isVertex;
  const parts = toParts(script, request, call, hasIds);
  const usual = directive.unknownStopReason ? "SIMULATED_FINISH_REASON" : finishReason(script);
  const reason = directive.finish ?? usual;
  const grounding = toGrounding(script);
  const isBlocked = blockingReasons.includes(reason);
  const ending = {
    finishReason: reason,
    ...(parts.callsTools && !isVertex && { finishMessage: "Model generated function call(s)." }),
    ...(isBlocked && { safetyRatings: [safetyRating] }),
    ...(grounding && { groundingMetadata: grounding }),
  };
  return { script, parts, ending };
}

const safetyRating: JSONObject = {
  category: "HARM_CATEGORY_DANGEROUS_CONTENT",
  probability: "HIGH",
  blocked: true,
};

function finishReason({ stop }: Script): string {
  if (stop === "limit") return "MAX_TOKENS";
  return stop === "refusal" ? "SAFETY" : "STOP";
}

function blockedMessage({ isVertex }: GeminiPlace): JSONObject {
  return isVertex ? { blockReasonMessage: "The prompt is blocked, as a directive asked." } : {};
}

function tooLong(tokens: number): Error {
  return invalid(
    `The input token count (${tokens}) exceeds the maximum number of tokens allowed ` +
      `(${contextTokensMax}).`,
  );
}

function toUsage(
  { inputTokens, cachedTokens }: PromptTokens,
  scripts: readonly Script[],
  { isVertex }: GeminiPlace,
): JSONObject {
  const output = scripts.reduce((sum, script) => sum + script.outputTokens, 0);
  const thoughts = scripts.reduce((sum, script) => sum + script.thinkingTokens, 0);
  return {
    promptTokenCount: inputTokens,
    ...(output > thoughts && { candidatesTokenCount: output - thoughts }),
    totalTokenCount: inputTokens + output,
    ...(cachedTokens > 0 && { cachedContentTokenCount: cachedTokens }),
    promptTokensDetails: [{ modality: "TEXT", tokenCount: inputTokens }],
    ...(cachedTokens > 0 && {
      cacheTokensDetails: [{ modality: "TEXT", tokenCount: cachedTokens }],
    }),
    ...(thoughts > 0 && { thoughtsTokenCount: thoughts }),
    ...(isVertex ? { trafficType: "ON_DEMAND" } : { serviceTier: "standard" }),
  };
}
