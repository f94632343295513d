import { openAIWire } from "./openai-wire.ts";
import { type Answer, textOf, tokensOf, type Wire, type WireEvent } from "./wire.ts";

const created = 1_767_225_600;

/** The Responses API. */
export const responsesWire: Wire = {
  ...openAIWire,
  dialect: "responses",
  whole: (answer) => JSON.stringify(responseOf(answer, true)),
  events,
  failureEvent: ({ type, code, message }) =>
    event("error", { code: code ?? type, message, param: null }),
};

function responseOf(answer: Answer, isDone: boolean): object {
  const { input, output } = tokensOf(answer);
  return {
    id: answer.id,
    object: "response",
    created_at: created,
    status: isDone ? "completed" : "in_progress",
    model: answer.model,
    output: isDone ? [itemOf(answer, true)] : [],
    ...(isDone &&
      answer.tellsUsage && {
        usage: { input_tokens: input, output_tokens: output, total_tokens: input + output },
      }),
  };
}

function itemOf(answer: Answer, isDone: boolean): object {
  return {
    id: `msg-${answer.id}`,
    type: "message",
    status: isDone ? "completed" : "in_progress",
    role: "assistant",
    content: isDone ? [partOf(textOf(answer))] : [],
  };
}

function partOf(text: string): object {
  return { type: "output_text", text, annotations: [] };
}

function events(answer: Answer): readonly WireEvent[] {
  const all: WireEvent[] = [];
  let told = 0;
  const add = (mark: WireEvent["mark"], name: string, data: object): void => {
    all.push({ text: event(name, data), told, mark });
  };
  const item = { item_id: `msg-${answer.id}`, output_index: 0 };
  const part = { ...item, content_index: 0 };
  add("none", "response.created", { response: responseOf(answer, false) });
  add("none", "response.output_item.added", { output_index: 0, item: itemOf(answer, false) });
  add("none", "response.content_part.added", { ...part, part: partOf("") });
  for (const word of answer.words) {
    told += word.length;
    add("delta", "response.output_text.delta", { ...part, delta: word });
  }
  const text = textOf(answer);
  add("delta", "response.output_text.done", { ...part, text });
  add("delta", "response.content_part.done", { ...part, part: partOf(text) });
  add("delta", "response.output_item.done", { output_index: 0, item: itemOf(answer, true) });
  add("terminal", "response.completed", { response: responseOf(answer, true) });
  return all;
}

function event(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
}
