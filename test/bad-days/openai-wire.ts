import {
  type Answer,
  type Complaint,
  textOf,
  tokensOf,
  type Wire,
  type WireEvent,
} from "./wire.ts";

const created = 1_767_225_600;

/** Chat Completions. */
export const openAIWire: Wire = {
  adapter: "openai",
  dialect: "chat",
  isLines: false,
  streamType: "text/event-stream; charset=utf-8",
  whole,
  events,
  failure: (complaint) => JSON.stringify({ error: errorOf(complaint) }),
  failureEvent: (complaint) => `data: ${JSON.stringify({ error: errorOf(complaint) })}\n\n`,
  ping: ": keep-alive\n\n",
  spent: {
    status: 429,
    complaint: {
      type: "insufficient_quota",
      code: "insufficient_quota",
      message: "You exceeded your current quota",
    },
  },
  slowDown: { status: 429, complaint: { type: "slow_down", message: "Slow down" } },
  limitHeaders: {
    remaining: "x-ratelimit-remaining-requests",
    reset: "x-ratelimit-reset-requests",
  },
  resetValue: (waitMs) => `${waitMs}ms`,
};

function whole(answer: Answer): string {
  return JSON.stringify({
    id: answer.id,
    object: "chat.completion",
    created,
    model: answer.model,
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: textOf(answer) },
        finish_reason: "stop",
      },
    ],
    ...(answer.tellsUsage && { usage: usageOf(answer) }),
  });
}

function events(answer: Answer): readonly WireEvent[] {
  const all: WireEvent[] = [];
  let told = 0;
  const add = (mark: WireEvent["mark"], choices: readonly object[], rest: object = {}): void => {
    all.push({ text: `data: ${chunk(answer, choices, rest)}\n\n`, told, mark });
  };
  add("none", [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }]);
  for (const word of answer.words) {
    told += word.length;
    add("delta", [{ index: 0, delta: { content: word }, finish_reason: null }]);
  }
  add("logical", [{ index: 0, delta: {}, finish_reason: "stop" }]);
  if (answer.tellsUsage) add("logical", [], { usage: usageOf(answer) });
  all.push({ text: "data: [DONE]\n\n", told, mark: "terminal" });
  return all;
}

function chunk({ id, model }: Answer, choices: readonly object[], rest: object): string {
  return JSON.stringify({ id, object: "chat.completion.chunk", created, model, choices, ...rest });
}

function usageOf(answer: Answer): object {
  const { input, output } = tokensOf(answer);
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

function errorOf({ type, code, message }: Complaint): object {
  return { message, type, param: null, code: code ?? null };
}
