import type { JSONObject } from "../json.ts";
import type { CacheUse } from "../prompt-cache.ts";
import { createRandom } from "../random.ts";
import type { Script, Stop } from "../script.ts";
import { faultyUsage } from "../usage-fault.ts";
import { wantsStream } from "../wants-stream.ts";
import type { Answer, Call, StreamBody, StreamItem } from "../wire.ts";
import { writeScript } from "../write-script.ts";
import { checkConverse } from "./check-request.ts";
import { type ConverseBlock, toBlocks } from "./content-blocks.ts";
import { eventItem, eventStreamType, packItem } from "./event-stream.ts";
import { invalid, streamException } from "./failures.ts";
import { contextTokensMax } from "./models.ts";
import { readCacheBlocks, readPrompt } from "./read-prompt.ts";

/** What hides the length of an event. */
const padding = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

const stopReasons: Readonly<Record<Stop, string>> = {
  end: "end_turn",
  limit: "max_tokens",
  "stop-sequence": "stop_sequence",
  "tool-call": "tool_use",
  refusal: "content_filtered",
};

/** Everything that an answer is put together from. */
interface Draft {
  readonly call: Call;
  readonly blocks: readonly ConverseBlock[];
  readonly stopReason: string;
  readonly usage: JSONObject | null | undefined;
}

const metrics: JSONObject = { latencyMs: 420 };

/** Answers `/converse` and `/converse-stream`. */
export function converse(call: Call, isStream: boolean): Answer {
  const { body, directive, seed, model, nowMs, state } = call;
  checkConverse(call);
  const prompt = readCacheBlocks(body);
  const tokens = prompt.reduce((sum, block) => sum + block.tokens, 0);
  if (tokens > contextTokensMax) throw invalid("Input is too long for requested model.");
  const script = writeScript(readPrompt(call), directive, seed, 0);
  const use = state.cache.use(`bedrock ${model}`, prompt, nowMs);
  const usual = directive.unknownStopReason ? "simulated_stop_reason" : stopReasons[script.stop];
  const isBlocked = directive.blocked !== undefined;
  const draft: Draft = {
    call,
    blocks: isBlocked ? [blockedBlock] : toBlocks(script, call),
    stopReason: directive.finish ?? (isBlocked ? "guardrail_intervened" : usual),
    usage: faultyUsage(toUsage(use, script), directive),
  };
  if (wantsStream(call, isStream)) return { kind: "stream", body: streamBody(draft) };
  const { blocks, stopReason, usage } = draft;
  const content = blocks.map(({ whole }) => whole);
  const output = { message: { role: "assistant", content } };
  return { kind: "json", body: { output, stopReason, usage, metrics } };
}

/** What a guardrail says in place of the model. */
const blockedBlock: ConverseBlock = {
  whole: { text: "Sorry, the model cannot answer this question." },
  start: undefined,
  deltas: [{ text: "Sorry, the model cannot answer this question." }],
};

function streamBody(draft: Draft): StreamBody {
  return {
    contentType: eventStreamType,
    items: streamItems(draft),
    failure: streamException,
    ping: eventItem("other", "initial-response", "{}"),
    itemEnd: "",
    pack: packItem,
  };
}

function* streamItems({ call, blocks, stopReason, usage }: Draft): Generator<StreamItem> {
  const { directive, seed, key } = call;
  const random = createRandom(seed, "padding", key);
  const item = (role: StreamItem["role"], name: string, data: JSONObject): StreamItem => {
    const p = padding.slice(0, 2 + random.integer(padding.length - 2));
    return eventItem(role, name, JSON.stringify({ ...data, p }));
  };
  yield item("other", "messageStart", { role: "assistant" });
  if (directive.unknownEvent) yield item("other", "simulatedEvent", { note: "unknown" });
  for (const [contentBlockIndex, { start, deltas }] of blocks.entries()) {
    if (start) yield item("other", "contentBlockStart", { contentBlockIndex, start });
    for (const delta of deltas) {
      yield item("delta", "contentBlockDelta", { contentBlockIndex, delta });
    }
    yield item("other", "contentBlockStop", { contentBlockIndex });
  }
  yield item("other", "messageStop", { stopReason });
  yield item("end", "metadata", { usage, metrics });
}

function toUsage(use: CacheUse, script: Script): JSONObject {
  const written = use.written5mTokens + use.written1hTokens;
  const { uncachedTokens, readTokens } = use;
  const { outputTokens } = script;
  return {
    inputTokens: uncachedTokens,
    outputTokens,
    totalTokens: uncachedTokens + readTokens + written + outputTokens,
    cacheReadInputTokens: readTokens,
    cacheWriteInputTokens: written,
    ...(written > 0 && {
      cacheDetails: [
        { ttl: "5m", inputTokens: use.written5mTokens },
        { ttl: "1h", inputTokens: use.written1hTokens },
      ].filter(({ inputTokens }) => inputTokens > 0),
    }),
  };
}
