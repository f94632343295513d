import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as Library from "../../src/index.ts";
import { root } from "../harness/machine.ts";
import type { Heard, InProcessClient } from "./in-process-client.ts";

/** This project in the caller's process, as it is published: from `dist`. */
export async function connectorsClient(baseURL: string): Promise<InProcessClient> {
  process.env.OPENAI_API_KEY = "sk-bench";
  process.env.OPENAI_BASE_URL = baseURL;
  const published = pathToFileURL(join(root, "dist/src/index.js")).href;
  const { newLLM, StopReason }: typeof Library = await import(published);
  const request = { contents: [{ role: "user" as const, message: "Hello" }] };
  const models = new Map<string, ReturnType<typeof newLLM>>();
  const llm = (model: string): ReturnType<typeof newLLM> => {
    const known = models.get(model) ?? newLLM(`openai/${model}`);
    models.set(model, known);
    return known;
  };
  return {
    async call(model): Promise<Heard> {
      const { content, stopReason } = await llm(model).call(request);
      return { text: content.message, isWhole: stopReason === StopReason.END_TURN };
    },
    async stream(model, onText): Promise<Heard> {
      const stream = llm(model).stream(request);
      let text = "";
      for await (const piece of stream.textStream) {
        onText(piece.length);
        text += piece;
      }
      const { stopReason } = await stream.finalResponse();
      return { text, isWhole: stopReason === StopReason.END_TURN };
    },
  };
}
