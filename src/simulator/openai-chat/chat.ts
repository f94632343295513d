import { type JSONObject, objectOr, objectsIn } from "../json.ts";
import { failureBody, invalid } from "../openai/failures.ts";
import { contextTokensMax } from "../openai/models.ts";
import { countPrompt, type PromptTokens, toBlocks } from "../openai/prompt-tokens.ts";
import { createRandom } from "../random.ts";
import type { Script } from "../script.ts";
import { sseContentType, sseItem } from "../sse.ts";
import { faultyUsage } from "../usage-fault.ts";
import { wantsStream } from "../wants-stream.ts";
import type { Answer, Call, Route, StreamBody, StreamItem } from "../wire.ts";
import { writeScript } from "../write-script.ts";
import { checkRequest, thinks } from "./check-request.ts";
import { type Choice, type ChoiceChunk, toChoice } from "./choice.ts";
import { readPrompt, userText } from "./read-prompt.ts";

/** Most characters of the field that hides the length of a chunk. */
const obfuscationMax = 16;

/** `/v1/chat/completions`. */
export const chatRoutes: readonly Route[] = [
  {
    wire: "openai-chat",
    method: "POST",
    path: /^\/v1\/chat\/completions$/,
    userText,
    answer: (call) => createCompletion(call, openaiServer),
  },
];

/** Everything that an answer is put together from. */
interface Draft {
  readonly call: Call;
  readonly choices: readonly Choice[];
  readonly usage: JSONObject;
  /** The fields that every chunk repeats. */
  readonly about: { readonly id: string; readonly created: number; readonly model: string };
}

const tail: JSONObject = { service_tier: "default", system_fingerprint: "fp_simulated0" };

/** A server that speaks this wire. */
export interface ChatServer {
  /** Checks a request, and returns the name of the model it reports. Throws Refusal. */
  check(body: JSONObject): string;
  /** Whether the model thinks before it answers. */
  thinks(body: JSONObject, model: string): boolean;
  /** Member of messages and deltas that holds thoughts. Unset: they stay hidden. */
  thoughtMember(model: string): string | undefined;
}

/** OpenAI's own, which hides thoughts. */
export const openaiServer: ChatServer = {
  check: checkRequest,
  thinks,
  thoughtMember: () => undefined,
};

/** Answers `/v1/chat/completions`, and the same wire elsewhere. Throws Refusal. */
export function createCompletion(call: Call, server: ChatServer): Answer {
  const { body, directive, seed, key, nowMs } = call;
  const model = server.check(body);
  const blocks = toBlocks([...objectsIn(body.tools), ...objectsIn(body.messages)]);
  const tokens = countPrompt(call, `openai ${model}`, blocks, tooLong);
  const prompt = { ...readPrompt(call, model), thinks: server.thinks(body, model) };
  const member = server.thoughtMember(model);
  const scripts = Array.from({ length: Number(body.n ?? 1) }, (_, index) =>
    writeScript(prompt, directive, seed, index),
  );
  const draft: Draft = {
    call,
    choices: scripts.map((script, index) => toChoice(script, prompt, call, index, member)),
    usage: toUsage(tokens, scripts),
    about: {
      id: `chatcmpl-${createRandom(seed, "completion id", key).text(29)}`,
      created: Math.floor(nowMs / 1000),
      model,
    },
  };
  return wantsStream(call)
    ? { kind: "stream", body: streamBody(draft) }
    : { kind: "json", body: wholeCompletion(draft) };
}

function tooLong(tokens: number): Error {
  return invalid(
    `This model's maximum context length is ${contextTokensMax} tokens. However, your ` +
      `messages resulted in ${tokens} tokens. Please reduce the length of the messages.`,
    { param: "messages", code: "context_length_exceeded" },
  );
}

function wholeCompletion({ call, choices, usage, about }: Draft): JSONObject {
  const { id, ...rest } = about;
  return {
    id,
    object: "chat.completion",
    ...rest,
    choices: choices.map(({ message, logprobs, finishReason }, index) => ({
      index,
      message,
      logprobs,
      finish_reason: finishReason,
    })),
    usage: faultyUsage(usage, call.directive),
    ...tail,
  };
}

function streamBody(draft: Draft): StreamBody {
  return {
    contentType: sseContentType,
    items: streamItems(draft),
    failure: (failure) => [sseItem("other", "", failureBody(failure))],
    ping: { role: "other", text: ": keep-alive\n\n" },
  };
}

function* streamItems({ call, choices, usage, about }: Draft): Generator<StreamItem> {
  const { directive, body, seed, key } = call;
  const options = objectOr(body.stream_options);
  const random = createRandom(seed, "obfuscation", key);
  const { id, ...rest } = about;
  const item = (
    role: StreamItem["role"],
    parts: readonly JSONObject[],
    count?: JSONObject | null,
  ) =>
    sseItem(role, "", {
      id,
      object: "chat.completion.chunk",
      ...rest,
      ...tail,
      choices: parts,
      ...(options.include_usage === true && { usage: count === undefined ? null : count }),
      ...(options.include_obfuscation !== false && {
        obfuscation: random.text(random.integer(obfuscationMax)),
      }),
    });
  for (const { index, chunk } of interleave(choices)) {
    const { delta, logprobs, isPiece } = chunk;
    const role = isPiece ? "delta" : "other";
    yield item(role, [{ index, delta, logprobs, finish_reason: null }]);
    if (directive.unknownEvent && index === 0 && delta.role) {
      yield sseItem("other", "", { object: "simulated.event", note: "No client knows this." });
    }
  }
  for (const [index, choice] of choices.entries()) {
    const { finishReason } = choice;
    yield item("other", [{ index, delta: {}, logprobs: null, finish_reason: finishReason }]);
  }
  if (options.include_usage === true && directive.usage !== "missing") {
    yield item("other", [], faultyUsage(usage, directive));
  }
  yield { role: "end", text: "data: [DONE]\n\n" };
}

/** The chunks of all choices, in turn: one of each until all are at their end. */
function* interleave(
  choices: readonly Choice[],
): Generator<{ readonly index: number; readonly chunk: ChoiceChunk }> {
  const length = Math.max(...choices.map((choice) => choice.chunks.length));
  for (let at = 0; at < length; at += 1) {
    for (const [index, choice] of choices.entries()) {
      const chunk = choice.chunks[at];
      if (chunk) yield { index, chunk };
    }
  }
}

function toUsage(
  { inputTokens, cachedTokens }: PromptTokens,
  scripts: readonly Script[],
): JSONObject {
  const outputTokens = scripts.reduce((sum, script) => sum + script.outputTokens, 0);
  const thinkingTokens = scripts.reduce((sum, script) => sum + script.thinkingTokens, 0);
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: thinkingTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
