import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request of OpenAI's chat wire (or Gemini's), as an upstream takes it. */
export interface ChatRequest {
  /** What the user said, word by word: measuring programs put ids and wishes there. */
  readonly words: readonly string[];
  readonly isStream: boolean;
}

/** Answers one request, or does not. */
export type Answer = (request: ChatRequest, response: ServerResponse) => unknown;

/** A provider of OpenAI's chat wire that does exactly what a measuring program says. */
export class ScriptedUpstream {
  /** What is configured as its `base_url`. */
  readonly baseURL: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  }

  /** Listens on a free port of the loopback interface. */
  static async listen(answer: Answer): Promise<ScriptedUpstream> {
    const server = createServer({ noDelay: true, keepAliveTimeout: 60_000 });
    server.on("request", async (request, response) => {
      const chat = await readChat(request);
      if (chat !== undefined) await answer(chat, response);
    });
    server.listen({ host: "127.0.0.1", port: 0, backlog: 1024 });
    await once(server, "listening");
    return new ScriptedUpstream(server);
  }

  /** Ends at once, whatever is under way. */
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** A target for the list `targets` of a configuration. */
export function chatTarget(
  name: string,
  baseURL: string,
  dialect: "openai-chat" | "gemini" = "openai-chat",
): string {
  return `  - { name: ${name}, adapter: custom, dialect: ${dialect}, base_url: "${baseURL}", api_key: sk-measured-key, egress: { allow_private: true } }\n`;
}

/** A whole answer. */
export function chatAnswer(text: string): string {
  return JSON.stringify({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model: "measured",
    choices: [{ index: 0, message: { role: "assistant", content: text }, finish_reason: "stop" }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  });
}

/** An event of a stream with one delta of text; `finish` makes it the last of its choice. */
export function chatEvent(text: string, finish: string | null = null): string {
  const delta = finish === null ? { content: text } : {};
  const choices = [{ index: 0, delta, finish_reason: finish }];
  const chunk = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, choices };
  return `data: ${JSON.stringify({ ...chunk, model: "measured" })}\n\n`;
}

/** The terminal marker of a stream. */
export const chatEnd = "data: [DONE]\n\n";

/** Writes the head of a stream, and sends it. */
export function beginStream(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.flushHeaders();
}

/** Answers with JSON. */
export function answerJSON(
  response: ServerResponse,
  body: string,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(body);
}

/** Undefined: the caller left before it had sent all of it. */
async function readChat(request: IncomingMessage): Promise<ChatRequest | undefined> {
  let text = "";
  try {
    for await (const chunk of request.setEncoding("utf8")) text += chunk;
  } catch {
    return undefined;
  }
  const { messages, contents, stream } = JSON.parse(text);
  const { content, parts = content } = (messages ?? contents).at(-1);
  const said = typeof parts === "string" ? parts : parts[0].text;
  return { words: said.split(" "), isStream: stream === true };
}
