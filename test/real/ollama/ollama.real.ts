// Proves that a real Ollama with real weights works through the server, over its own wire and over
// those of others that it speaks: calls, streams, tools, JSON by schema, thinking, cancel, and what
// it refuses.
import { type Client, Code } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { ConnectorService } from "../../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { type LLMResponse, Role, StopReason } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { clientOver, completeError, connectError, wires } from "../../support/rpc-client.ts";
import { openServer } from "../../support/running-server.ts";
import { startOllama } from "./server.ts";

const closers: (() => Promise<void>)[] = [];
let client: Client<typeof ConnectorService>;

beforeAll(async () => {
  const ollama = await startOllama(inject("ollama"), inject("weights"));
  closers.push(() => ollama.close());
  const target = (name: string, keys: string, path: string) =>
    `  - { name: ${name}, ${keys}, base_url: "${ollama.url}${path}", egress: { allow_private: true } }\n`;
  const yaml = [
    "targets:\n",
    target("ollama", "adapter: llama, dialect: ollama", ""),
    target("openai-chat", "adapter: llama, dialect: openai-chat, preset: ollama", "/v1"),
    target("anthropic-messages", "adapter: custom, dialect: anthropic-messages", ""),
    target("openai-responses", "adapter: custom, dialect: openai-responses", "/v1"),
  ].join("");
  const server = await openServer({ yaml }, (close) => closers.push(close));
  client = clientOver(wires[0]!, server.url);
}, 120_000);

afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

const schema = {
  type: "object",
  properties: { city: { type: "string", maxLength: 12 } },
  required: ["city"],
  additionalProperties: false,
};

function ask(target: string, model: string, more: object = {}) {
  const contents = [{ role: Role.USER, message: "Say hello." }];
  const request = { model, contents, maxOutputTokens: 32, temperature: 0, ...more };
  return { request, options: { target } };
}

/** The answer, unary and streamed. */
async function answers(request: ReturnType<typeof ask>): Promise<readonly LLMResponse[]> {
  const { response } = await client.call(request);
  let streamed: LLMResponse | undefined;
  for await (const { event } of client.streamCall(request)) {
    if (event.case === "finished") streamed = event.value.response;
  }
  if (response === undefined || streamed === undefined) throw new Error("no answer");
  return [response, streamed];
}

describe.each(["ollama", "openai-chat", "anthropic-messages", "openai-responses"])(
  "%s",
  (target) => {
    it("answers, and streams the same answer", async () => {
      const [whole, streamed] = await answers(ask(target, "plain"));
      expect(whole?.content?.message).toMatch(/\w/);
      expect(streamed?.content?.message).toBe(whole?.content?.message);
      for (const answer of [whole, streamed]) {
        expect(answer?.usage?.inputTokens).toBeGreaterThan(3n);
        expect(answer?.usage?.outputTokens).toBeGreaterThan(0n);
      }
    });

    it("says that there is no such model", async () => {
      const error = completeError(await connectError(client.call(ask(target, "no-such-model"))));
      expect(error.reason).toBe("MODEL_NOT_FOUND");
    });

    it("leaves when the caller leaves", async () => {
      const abort = new AbortController();
      const endless = ask(target, "plain", { maxOutputTokens: 900, temperature: 1.5 });
      const failing = (async () => {
        for await (const { event } of client.streamCall(endless, { signal: abort.signal })) {
          if (event.case === "textDelta") abort.abort();
        }
      })();
      expect((await connectError(failing)).code).toBe(Code.Canceled);
    });
  },
);

describe("Ollama's own wire", () => {
  it("answers by a schema", async () => {
    const format = { case: "jsonSchema" as const, value: { name: "place", schema } };
    const request = ask("ollama", "plain", { responseFormat: { format }, maxOutputTokens: 64 });
    for (const { content } of await answers(request)) {
      expect(Object.keys(JSON.parse(content?.message ?? ""))).toEqual(["city"]);
    }
  });

  it("calls a tool, and takes its result", async () => {
    const call = {
      type: "object",
      properties: { name: { const: "get_weather" }, arguments: schema },
      required: ["name", "arguments"],
    };
    const tools = [{ name: "get_weather", description: "Tells the weather", parameters: schema }];
    const contents = [{ role: Role.USER, message: "The weather in Paris?" }];
    // The model is too small to call of itself: it is held to the words of a call.
    const providerOptions = { llama: { format: call } };
    const request = ask("ollama", "tools", {
      contents,
      tools,
      providerOptions,
      maxOutputTokens: 64,
    });
    for (const { stopReason, content } of await answers(request)) {
      expect(stopReason).toBe(StopReason.TOOL_USE);
      const [part] = content?.parts.filter(({ kind }) => kind.case === "toolCall") ?? [];
      if (part?.kind.case !== "toolCall") throw new Error("no tool was called");
      expect(part.kind.value.validJson).toBe(true);
      const value = {
        toolCallId: part.kind.value.id,
        parts: [{ kind: { case: "text" as const, value: { text: "sunny" } } }],
      };
      const result = { role: Role.TOOL, parts: [{ kind: { case: "toolResult" as const, value } }] };
      const after = await client.call(
        ask("ollama", "tools", { tools, contents: [...contents, content, result] }),
      );
      expect(after.response?.warnings).toEqual([]);
    }
  });

  it("tells thinking from the answer", async () => {
    const turn = (role: Role, message: string) => ({ role, message });
    const thought = (text: string, answer: string) => ({
      role: Role.ASSISTANT,
      parts: [
        { kind: { case: "thinking" as const, value: { text, adapter: "llama" } } },
        { kind: { case: "text" as const, value: { text: answer } } },
      ],
    });
    const contents = [
      turn(Role.USER, "What is 1+1?"),
      thought("One and one make two.", "2"),
      turn(Role.USER, "What is 2+2?"),
      thought("Two and two make four.", "4"),
      turn(Role.USER, "What is 3+3?"),
    ];
    const request = ask("ollama", "thinking", {
      contents,
      thinking: { include: true },
      maxOutputTokens: 64,
    });
    for (const { content } of await answers(request)) {
      expect(content?.parts[0]?.kind.case).toBe("thinking");
    }
  });
});
