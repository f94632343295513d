import { type JSONObject, objectsIn } from "../json.ts";
import { countPrompt, type PromptTokens, toBlocks } from "../openai/prompt-tokens.ts";
import { createRandom } from "../random.ts";
import type { Script } from "../script.ts";
import { sseContentType, sseItem } from "../sse.ts";
import { faultyUsage } from "../usage-fault.ts";
import { wantsStream } from "../wants-stream.ts";
import type { Answer, Call, Route, StreamBody, StreamItem } from "../wire.ts";
import { writeScript } from "../write-script.ts";
import { checkChat, checkFill } from "./check-request.ts";
import { type Choice, toChoice } from "./choice.ts";
import { broken, failureBody } from "./failures.ts";
import { contextTokensMax } from "./models.ts";
import { readPrompt, userText } from "./read-prompt.ts";

/** What fills the padding of a chunk, which hides the length of what is said. */
const padding = "abcdefghijklmnopqrstuvwxyz0123456789";

/** `/v1/chat/completions` and `/v1/fim/completions`. */
export const chatRoutes: readonly Route[] = [
  {
    wire: "mistral-chat",
    method: "POST",
    path: /^\/v1\/chat\/completions$/,
    userText,
    answer: (call) => {
      checkChat(call.body);
      return complete(call);
    },
  },
  {
    wire: "mistral-fim",
    method: "POST",
    path: /^\/v1\/fim\/completions$/,
    userText,
    answer: (call) => {
      checkFill(call.body);
      return complete(call);
    },
  },
];

/** Everything that an answer is put together from. */
interface Draft {
  readonly call: Call;
  readonly choices: readonly Choice[];
  readonly usage: JSONObject | null | undefined;
  readonly about: { readonly id: string; readonly created: number; readonly model: string };
}

function complete(call: Call): Answer {
  const { body, directive, seed, key, nowMs, model } = call;
  const { tools, messages, prompt, suffix } = body;
  const parts = [
    ...objectsIn(tools),
    ...objectsIn(messages),
    ...(prompt ? [{ prompt, suffix }] : []),
  ];
  const tokens = countPrompt(call, `mistral ${model}`, toBlocks(parts), tooLong, contextTokensMax);
  const asked = readPrompt(call);
  const scripts = Array.from({ length: Number(body.n ?? 1) }, (_, index) =>
    writeScript(asked, directive, seed, index),
  );
  const draft: Draft = {
    call,
    choices: scripts.map((script, index) => toChoice(script, call, index)),
    usage: faultyUsage(toUsage(tokens, scripts), directive),
    about: {
      id: createRandom(seed, "completion id", key).text(32, "0123456789abcdef"),
      created: Math.floor(nowMs / 1000),
      model,
    },
  };
  return wantsStream(call)
    ? { kind: "stream", body: streamBody(draft) }
    : { kind: "json", body: wholeCompletion(draft) };
}

function tooLong(tokens: number): Error {
  return broken(
    "invalid_request_prompt",
    "3210",
    `Prompt contains ${tokens} tokens and 0 draft tokens, too large for model with ` +
      `${contextTokensMax} maximum context length`,
  );
}

function wholeCompletion({ choices, usage, about }: Draft): JSONObject {
  return {
    ...about,
    usage,
    object: "chat.completion",
    choices: choices.map(({ message, finishReason }, index) => ({
      index,
      finish_reason: finishReason,
      message,
    })),
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
  const { directive, seed, key } = call;
  const { id, created, model } = about;
  const random = createRandom(seed, "padding", key);
  const item = (
    role: StreamItem["role"],
    index: number,
    delta: JSONObject,
    finish_reason: string | null = null,
    more: JSONObject = {},
  ): StreamItem =>
    sseItem(role, "", {
      id,
      object: "chat.completion.chunk",
      created,
      model,
      choices: [{ index, delta, finish_reason }],
      ...more,
      p: padding.slice(0, 1 + random.integer(padding.length)),
    });
  for (const index of choices.keys()) {
    yield item("other", index, { role: "assistant", content: "" });
  }
  if (directive.unknownEvent) {
    yield sseItem("other", "", { object: "simulated.event", note: "No client knows this." });
  }
  for (const [index, { deltas, lastDelta, finishReason }] of choices.entries()) {
    for (const delta of deltas) yield item("delta", index, delta);
    const isLast = index === choices.length - 1;
    const role = lastDelta.tool_calls === undefined ? "other" : "delta";
    yield item(role, index, lastDelta, finishReason, isLast ? { usage } : {});
  }
  yield { role: "end", text: "data: [DONE]\n\n" };
}

function toUsage(
  { inputTokens, cachedTokens }: PromptTokens,
  scripts: readonly Script[],
): JSONObject {
  const outputTokens = scripts.reduce((sum, script) => sum + script.outputTokens, 0);
  return {
    prompt_tokens: inputTokens,
    total_tokens: inputTokens + outputTokens,
    completion_tokens: outputTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  };
}
