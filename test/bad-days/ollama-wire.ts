import { openAIWire } from "./openai-wire.ts";
import { type Answer, textOf, tokensOf, type Wire, type WireEvent } from "./wire.ts";

/** Ollama's own wire: JSON lines. */
export const ollamaWire: Wire = {
  ...openAIWire,
  adapter: "llama",
  dialect: "ollama",
  isLines: true,
  streamType: "application/x-ndjson",
  whole: (answer) => lastLine(answer, textOf(answer)),
  events,
  failureEvent: ({ type, message }) => `${JSON.stringify({ error: { type, message } })}\n`,
  // It has none; an empty line says as little.
  ping: "\n",
};

function line(answer: Answer, content: string, rest: object): string {
  return JSON.stringify({
    model: answer.model,
    created_at: "2026-01-01T00:00:00.000000000Z",
    message: { role: "assistant", content },
    done: false,
    ...rest,
  });
}

function lastLine(answer: Answer, content: string): string {
  const { input, output } = tokensOf(answer);
  const usage = answer.tellsUsage ? { prompt_eval_count: input, eval_count: output } : {};
  return line(answer, content, { done: true, done_reason: "stop", ...usage });
}

function events(answer: Answer): readonly WireEvent[] {
  const all: WireEvent[] = [];
  let told = 0;
  const add = (mark: WireEvent["mark"], text: string): void => {
    all.push({ text: `${text}\n`, told, mark });
  };
  add("none", line(answer, "", {}));
  for (const word of answer.words) {
    told += word.length;
    add("delta", line(answer, word, {}));
  }
  add("terminal", lastLine(answer, ""));
  return all;
}
