import {
  type Answer,
  type Complaint,
  textOf,
  tokensOf,
  type Wire,
  type WireEvent,
} from "./wire.ts";

/** The Messages API. */
export const anthropicWire: Wire = {
  adapter: "anthropic",
  dialect: "messages",
  isLines: false,
  streamType: "text/event-stream; charset=utf-8",
  whole: (answer) => JSON.stringify(message(answer, textOf(answer), "end_turn")),
  events,
  failure: (complaint) => JSON.stringify(errorOf(complaint)),
  failureEvent: (complaint) => event("error", errorOf(complaint)),
  ping: event("ping", { type: "ping" }),
  spent: {
    status: 402,
    complaint: { type: "billing_error", message: "Your credit balance is too low" },
  },
  slowDown: { status: 429, complaint: { type: "slow_down", message: "Slow down" } },
  limitHeaders: {
    remaining: "anthropic-ratelimit-requests-remaining",
    reset: "anthropic-ratelimit-requests-reset",
  },
  resetValue: (waitMs, wallTimeMs) => new Date(Math.ceil(wallTimeMs + waitMs)).toISOString(),
};

function message(answer: Answer, text: string, stopReason: string | null): object {
  const { input, output } = tokensOf(answer);
  return {
    id: answer.id,
    type: "message",
    role: "assistant",
    model: answer.model,
    content: text === "" ? [] : [{ type: "text", text }],
    stop_reason: stopReason,
    stop_sequence: null,
    ...(answer.tellsUsage && {
      usage: { input_tokens: input, output_tokens: text === "" ? 1 : output },
    }),
  };
}

function events(answer: Answer): readonly WireEvent[] {
  const all: WireEvent[] = [];
  let told = 0;
  const add = (mark: WireEvent["mark"], name: string, data: object): void => {
    all.push({ text: event(name, { type: name, ...data }), told, mark });
  };
  add("none", "message_start", { message: message(answer, "", null) });
  add("none", "content_block_start", { index: 0, content_block: { type: "text", text: "" } });
  for (const word of answer.words) {
    told += word.length;
    add("delta", "content_block_delta", { index: 0, delta: { type: "text_delta", text: word } });
  }
  add("delta", "content_block_stop", { index: 0 });
  add("logical", "message_delta", {
    delta: { stop_reason: "end_turn", stop_sequence: null },
    ...(answer.tellsUsage && { usage: { output_tokens: tokensOf(answer).output } }),
  });
  add("terminal", "message_stop", {});
  return all;
}

function event(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

function errorOf({ type, code, message: words }: Complaint): object {
  const details = code === undefined ? {} : { details: { error_code: code } };
  return { type: "error", error: { type, message: words, ...details }, request_id: null };
}
