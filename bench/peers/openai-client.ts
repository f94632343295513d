import OpenAI from "openai";
import type { Heard, InProcessClient } from "./in-process-client.ts";

const messages = [{ role: "user" as const, content: "Hello" }];

/** The npm package `openai`, with no retries. */
export function openaiClient(baseURL: string): InProcessClient {
  const client = new OpenAI({ baseURL, apiKey: "sk-bench", maxRetries: 0 });
  return {
    async call(model): Promise<Heard> {
      const { choices } = await client.chat.completions.create({ model, messages });
      const [choice] = choices;
      return { text: choice?.message.content ?? "", isWhole: choice?.finish_reason === "stop" };
    },
    async stream(model, onText): Promise<Heard> {
      const events = await client.chat.completions.create({
        model,
        messages,
        stream: true,
        stream_options: { include_usage: true },
      });
      let text = "";
      let isWhole = false;
      for await (const { choices } of events) {
        const [choice] = choices;
        if (choice?.delta.content) {
          onText(choice.delta.content.length);
          text += choice.delta.content;
        }
        isWhole ||= choice?.finish_reason === "stop";
      }
      return { text, isWhole };
    },
  };
}
