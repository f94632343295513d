import type { JSONObject } from "../json.ts";
import type { CacheUse } from "../prompt-cache.ts";
import { createRandom } from "../random.ts";
import type { Script, Stop } from "../script.ts";
import { sseContentType, sseItem } from "../sse.ts";
import { faultyUsage } from "../usage-fault.ts";
import { wantsStream } from "../wants-stream.ts";
import type { Answer, Call, Failure, Route, StreamBody, StreamItem } from "../wire.ts";
import { writeScript } from "../write-script.ts";
import { type Block, toBlocks } from "./blocks.ts";
import { checkRequest } from "./check-request.ts";
import { invalid } from "./failures.ts";
import { contextTokensMax } from "./models.ts";
import { readCacheBlocks, readPrompt, userText } from "./read-prompt.ts";

/** Most spaces that stand before the last brace of an event, as the provider sends them. */
const paddingMax = 16;

const stopReasons: Readonly<Record<Stop, string>> = {
  end: "end_turn",
  limit: "max_tokens",
  "stop-sequence": "stop_sequence",
  "tool-call": "tool_use",
  refusal: "refusal",
};

/** `/v1/messages` and `/v1/messages/count_tokens`. */
export const messageRoutes: readonly Route[] = [
  {
    wire: "anthropic",
    method: "POST",
    path: /^\/v1\/messages$/,
    userText,
    answer: (call) => createMessage(call),
  },
  {
    wire: "anthropic",
    method: "POST",
    path: /^\/v1\/messages\/count_tokens$/,
    userText,
    answer: countTokens,
  },
];

/** Everything that an answer is put together from. */
interface Draft {
  readonly call: Call;
  readonly script: Script;
  readonly blocks: readonly Block[];
  readonly cacheUse: CacheUse;
  /** The fields that do not change while the answer is streamed. */
  readonly about: JSONObject;
}

/** Answers `/v1/messages/count_tokens`, and the same wire elsewhere. Throws Refusal. */
export function countTokens(call: Call): Answer {
  checkRequest(call, "count");
  const tokens = readCacheBlocks(call.body).map((block) => block.tokens);
  return { kind: "json", body: { input_tokens: tokens.reduce((sum, one) => sum + one, 0) } };
}

/**
 * Answers `/v1/messages`, and the same wire elsewhere. Throws Refusal.
 *
 * @param mark What a cloud puts into ids, such as "vrtx_". Default: nothing.
 */
export function createMessage(call: Call, mark = ""): Answer {
  const model = checkRequest(call, "create");
  const prompt = readCacheBlocks(call.body);
  const tokens = prompt.reduce((sum, block) => sum + block.tokens, 0);
  if (tokens > contextTokensMax) {
    throw invalid(`prompt is too long: ${tokens} tokens > ${contextTokensMax} maximum`);
  }
  const script = writeScript(readPrompt(call, model), call.directive, call.seed, 0);
  const id = `msg_${mark}01${createRandom(call.seed, "message id", call.key).text(22)}`;
  const draft: Draft = {
    call,
    script,
    blocks: toBlocks(script, call, mark),
    cacheUse: call.state.cache.use(`anthropic ${model}`, prompt, call.nowMs),
    about: { model, id, type: "message", role: "assistant" },
  };
  return wantsStream(call)
    ? { kind: "stream", body: streamBody(draft) }
    : { kind: "json", body: wholeMessage(draft) };
}

function wholeMessage({ call, script, blocks, cacheUse, about }: Draft): JSONObject {
  const content = blocks.map((block) => block.whole);
  const usage = { ...inputUsage(cacheUse), ...outputUsage(script), ...tier };
  return { ...about, content, ...ending(script, call), usage: faultyUsage(usage, call.directive) };
}

function streamBody(draft: Draft): StreamBody {
  return {
    contentType: sseContentType,
    items: streamItems(draft),
    failure: ({ type, message }: Failure) => [
      sseItem("other", "error", { type: "error", error: { type, message } }),
    ],
    ping: sseItem("other", "ping", { type: "ping" }),
  };
}

function* streamItems({ call, script, blocks, cacheUse, about }: Draft): Generator<StreamItem> {
  const { directive, seed, key } = call;
  const random = createRandom(seed, "padding", key);
  const item = (role: StreamItem["role"], data: JSONObject & { type: string }): StreamItem =>
    sseItem(role, data.type, data, random.integer(paddingMax));
  const input = inputUsage(cacheUse);
  const open = { content: [], stop_reason: null, stop_sequence: null, stop_details: null };
  const usage = faultyUsage({ ...input, output_tokens: 1, ...tier }, directive);
  yield item("other", { type: "message_start", message: { ...about, ...open, usage } });
  if (directive.unknownEvent) {
    yield item("other", { type: "simulated_event", note: "No client knows this event." });
  }
  for (const [index, block] of blocks.entries()) {
    yield item("other", { type: "content_block_start", index, content_block: block.start });
    if (index === 0) yield sseItem("other", "ping", { type: "ping" });
    for (const delta of block.deltas) {
      yield item("delta", { type: "content_block_delta", index, delta });
    }
    yield item("other", { type: "content_block_stop", index });
  }
  const { cache_creation: _detail, ...counts } = input;
  yield item("other", {
    type: "message_delta",
    delta: ending(script, call),
    usage: faultyUsage({ ...counts, ...outputUsage(script) }, directive),
  });
  yield item("end", { type: "message_stop" });
}

const tier: JSONObject = { service_tier: "standard", inference_geo: "not_available" };

function inputUsage(use: CacheUse): JSONObject {
  return {
    input_tokens: use.uncachedTokens,
    cache_creation_input_tokens: use.written5mTokens + use.written1hTokens,
    cache_read_input_tokens: use.readTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: use.written5mTokens,
      ephemeral_1h_input_tokens: use.written1hTokens,
    },
  };
}

function outputUsage(script: Script): JSONObject {
  const searches = script.parts.filter((part) => part.kind === "search").length;
  const { outputTokens, thinkingTokens } = script;
  return {
    output_tokens: outputTokens,
    ...(thinkingTokens > 0 && { output_tokens_details: { thinking_tokens: thinkingTokens } }),
    ...(searches > 0 && {
      server_tool_use: { web_search_requests: searches, web_fetch_requests: 0 },
    }),
  };
}

function ending(script: Script, { directive }: Call): JSONObject {
  const usual = directive.unknownStopReason ? "simulated_stop_reason" : stopReasons[script.stop];
  const explanation = "This refusal is simulated.";
  const isRefusal = script.stop === "refusal";
  return {
    stop_reason: directive.finish ?? usual,
    stop_sequence: script.stopSequence ?? null,
    stop_details: isRefusal ? { type: "refusal", category: "cyber", explanation } : null,
  };
}
