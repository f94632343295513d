import { type JSONObject, objectsIn } from "../json.ts";
import { countPrompt, type PromptTokens, toBlocks } from "../openai/prompt-tokens.ts";
import { createRandom } from "../random.ts";
import type { Script } from "../script.ts";
import { sseContentType, sseItem } from "../sse.ts";
import { faultyUsage } from "../usage-fault.ts";
import { wantsStream } from "../wants-stream.ts";
import type { Answer, Call, StreamBody, StreamItem } from "../wire.ts";
import { writeScript } from "../write-script.ts";
import { type CohereAnswer, toAnswer } from "./answer.ts";
import { checkRequest, contextTokensMax } from "./check-request.ts";
import { refused } from "./failures.ts";
import { readPrompt } from "./read-prompt.ts";

/** Everything that an answer is put together from. */
interface Draft {
  readonly call: Call;
  readonly id: string;
  readonly answer: CohereAnswer;
  readonly usage: JSONObject | null | undefined;
}

/** Answers `/v2/chat`. */
export function chat(call: Call): Answer {
  const { body, directive, seed, key, model } = call;
  checkRequest(body);
  const documents = Array.isArray(body.documents) ? [{ documents: body.documents }] : [];
  const blocks = toBlocks([...objectsIn(body.tools), ...documents, ...objectsIn(body.messages)]);
  const tokens = countPrompt(call, `cohere ${model}`, blocks, tooLong, contextTokensMax);
  const script = writeScript(readPrompt(call), directive, seed, 0);
  const random = createRandom(seed, "answer id", key);
  const draft: Draft = {
    call,
    id: [8, 4, 4, 4, 12].map((length) => random.text(length, "0123456789abcdef")).join("-"),
    answer: toAnswer(script, call),
    usage: faultyUsage(toUsage(tokens, script), directive),
  };
  return wantsStream(call)
    ? { kind: "stream", body: streamBody(draft) }
    : { kind: "json", body: wholeAnswer(draft) };
}

function tooLong(tokens: number): Error {
  return refused(
    `too many tokens: size limit exceeded by ${tokens - contextTokensMax} tokens. Try using ` +
      `shorter or fewer inputs. The limit for this model is ${contextTokensMax} tokens.`,
    400,
    "TOO_MANY_TOKENS",
  );
}

function wholeAnswer({ call, id, answer, usage }: Draft): JSONObject {
  const { content, plan, calls, citations, finishReason } = answer;
  const parts = content.map(({ type, deltas }) => ({ type, [type]: deltas.join("") }));
  const unknown = call.directive.unknownBlock ? [{ type: "simulated_part", note: "unknown" }] : [];
  const all = [...unknown, ...parts];
  return {
    id,
    message: {
      role: "assistant",
      ...(all.length > 0 && { content: all }),
      ...(calls.length > 0 && {
        tool_calls: calls.map((one) => ({
          id: one.id,
          type: "function",
          function: { name: one.name, arguments: one.deltas.join("") },
        })),
        ...(plan.length > 0 && { tool_plan: plan.join("") }),
      }),
      ...(citations.length > 0 && { citations }),
    },
    finish_reason: finishReason,
    usage,
  };
}

function streamBody(draft: Draft): StreamBody {
  return {
    contentType: sseContentType.replace(/;.*/, ""),
    items: streamItems(draft),
    failure: ({ message }) => [
      item("other", "message-end", { delta: { error: message, finish_reason: "ERROR" } }),
    ],
    ping: { role: "other", text: ": keep-alive\n\n" },
  };
}

function item(role: StreamItem["role"], type: string, data: JSONObject): StreamItem {
  return sseItem(role, type, { type, ...data });
}

function* streamItems({ call, id, answer, usage }: Draft): Generator<StreamItem> {
  const empty = { role: "assistant", content: [], tool_plan: "", tool_calls: [], citations: [] };
  yield item("other", "message-start", { id, delta: { message: empty } });
  if (call.directive.unknownEvent) yield item("other", "simulated-event", { note: "unknown" });
  if (call.directive.unknownBlock) {
    yield item("other", "content-start", {
      index: 9,
      delta: { message: { content: { type: "simulated_part" } } },
    });
  }
  for (const tool_plan of answer.plan) {
    yield item("delta", "tool-plan-delta", { delta: { message: { tool_plan } } });
  }
  for (const [index, { type, deltas }] of answer.content.entries()) {
    const start = { type, [type]: "" };
    yield item("other", "content-start", { index, delta: { message: { content: start } } });
    for (const delta of deltas) {
      const content = { [type]: delta };
      yield item("delta", "content-delta", { index, delta: { message: { content } } });
    }
    if (type === "text") yield* citationItems(answer.citations);
    yield item("other", "content-end", { index });
  }
  yield* callItems(answer);
  yield item("other", "message-end", { delta: { finish_reason: answer.finishReason, usage } });
  yield { role: "end", text: "data: [DONE]\n\n" };
}

function* citationItems(citations: readonly JSONObject[]): Generator<StreamItem> {
  for (const [index, citation] of citations.entries()) {
    yield item("other", "citation-start", { index, delta: { message: { citations: citation } } });
    yield item("other", "citation-end", { index });
  }
}

function* callItems({ calls }: CohereAnswer): Generator<StreamItem> {
  for (const [index, { id, name, deltas }] of calls.entries()) {
    const start = { id, type: "function", function: { name, arguments: "" } };
    const of = (tool_calls: JSONObject): JSONObject => ({
      index,
      delta: { message: { tool_calls } },
    });
    yield item("other", "tool-call-start", of(start));
    for (const piece of deltas) {
      yield item("delta", "tool-call-delta", of({ function: { arguments: piece } }));
    }
    yield item("other", "tool-call-end", { index });
  }
}

function toUsage({ inputTokens, cachedTokens }: PromptTokens, script: Script): JSONObject {
  const { outputTokens, thinkingTokens } = script;
  return {
    billed_units: { input_tokens: inputTokens, output_tokens: outputTokens },
    tokens: {
      input_tokens: inputTokens,
      output_tokens: outputTokens,
      ...(thinkingTokens > 0 && { reasoning_tokens: thinkingTokens }),
    },
    cached_tokens: cachedTokens,
  };
}
