import { expectOpenAIChat } from "./expect-openai-chat.ts";
import type { Expectation, ExpectedUsage } from "./expectation.ts";
import { countOf, isObject, objectOf, type Plain, payloadObjects, stringOf } from "./plain.ts";
import type { Recording } from "./recordings.ts";

/** How a host counts tokens, where it does so in another way than OpenAI. */
export type UsageReader = (usage: Plain, read: ExpectedUsage) => Partial<ExpectedUsage>;

/**
 * What a recording of a host of Chat Completions says. Hosts may leave out `[DONE]`, have errors
 * without an object, and count in ways of their own.
 */
export function expectChatHost(
  usageOf: UsageReader = () => ({}),
): (recording: Recording) => Expectation | undefined {
  return (recording) => {
    const { status, json, text } = recording.response;
    if (status >= 400 && typeof json?.error === "string") {
      return { kind: "error", status, code: stringOf(json.code) };
    }
    const isStream = json === undefined && /"finish_reason"\s*:\s*"/.test(text);
    const whole = isStream ? `${text}\n\ndata: [DONE]\n\n` : text;
    const response = { ...recording.response, text: whole };
    const expected = expectOpenAIChat({ ...recording, response });
    if (expected?.kind !== "answer" || expected.usage === undefined) return expected;
    const raw = json === undefined ? lastUsage(text) : objectOf(json.usage);
    return { ...expected, usage: { ...expected.usage, ...usageOf(raw, expected.usage) } };
  };
}

function lastUsage(text: string): Plain {
  return objectOf(payloadObjects(text).findLast(({ usage }) => isObject(usage))?.usage);
}

/** xAI counts thinking beside the output, and in the total. */
export const usageOfXAI: UsageReader = (usage) => ({
  output: countOf(usage.total_tokens) - countOf(usage.prompt_tokens),
  reasoning: countOf(objectOf(usage.completion_tokens_details).reasoning_tokens),
});

/** DeepSeek has a name of its own for what was cached. */
export const usageOfDeepSeek: UsageReader = ({ prompt_cache_hit_tokens: hit }) => ({
  cacheRead: countOf(hit),
});

/**
 * Grok at Azure counts more tokens from the cache than it counts at all: they are beside the
 * others.
 */
export const usageOfAzure: UsageReader = (_, { input, cacheRead }) => ({
  input: cacheRead > input ? input + cacheRead : input,
});
