// Proves every wire against a mock that others wrote (aimock): a text, a tool call and its result,
// unary and streamed, an error of each status, and a stream that is broken off, through a running
// server.

import type { Client } from "@connectrpc/connect";
import { LLMock } from "@copilotkit/aimock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { type LLMResponse, Role, StopReason } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { clientOver, completeError, connectError, wires } from "../support/rpc-client.ts";
import { openServer } from "../support/running-server.ts";

const text = "Grüße from a mock 👋, long enough to be cut into some pieces.";
const tools = [
  {
    name: "get_weather",
    description: "Tells the weather of a city",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
];

/** A target for each wire that the mock speaks: its keys besides those that all have. */
const targets: Readonly<Record<string, string>> = {
  "anthropic messages": "adapter: anthropic, base_url: URL",
  "openai chat": "adapter: openai, dialect: chat, base_url: URL/v1",
  "openai responses": "adapter: openai, dialect: responses, base_url: URL/v1",
  google: "adapter: google, base_url: URL",
  "google on vertex":
    "adapter: google, host: vertex, base_url: URL, region: us-central1, project: p",
  mistral: "adapter: mistral, base_url: URL",
  "llama openai-chat": "adapter: llama, base_url: URL/v1",
  "llama at openrouter": "adapter: llama, preset: openrouter, base_url: URL/api/v1",
  "llama ollama": "adapter: llama, dialect: ollama, base_url: URL",
  "custom cohere": "adapter: custom, dialect: cohere, base_url: URL",
  "custom gemini": "adapter: custom, dialect: gemini, base_url: URL",
  "custom bedrock-converse": "adapter: custom, dialect: bedrock-converse, base_url: URL",
  "anthropic on bedrock, converse":
    "adapter: anthropic, host: bedrock, dialect: bedrock-converse, base_url: URL, region: us-east-1",
  "anthropic on bedrock, invoke":
    "adapter: anthropic, host: bedrock, dialect: messages, base_url: URL, region: us-east-1",
  "openai on azure, deployments":
    "adapter: openai, host: azure, base_url: URL, api_version: 2024-10-21",
  "openai on azure, v1": "adapter: openai, host: azure, base_url: URL",
};

const mock = new LLMock({ port: 0, chunkSize: 7 });
let client: Client<typeof ConnectorService>;
const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  mock.onMessage("hello", { content: text });
  mock.onMessage("weather", {
    toolCalls: [{ name: "get_weather", arguments: '{"city":"Paris"}' }],
  });
  await mock.start();
  closers.push(() => mock.stop());
  const lines = Object.values(targets).map((keys, index) => {
    const where = keys.replaceAll("URL", mock.url);
    return `  - { name: t${index}, ${where}, api_key: sk-mock, egress: { allow_private: true } }\n`;
  });
  const server = await openServer({ yaml: `targets:\n${lines.join("")}` }, (close) =>
    closers.push(close),
  );
  client = clientOver(wires[0]!, server.url);
});

afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

function ask(target: string, message: string, more: object = {}) {
  const name = `t${Object.keys(targets).indexOf(target)}`;
  const contents = [{ role: Role.USER, message }];
  return {
    request: { model: "some-model", maxOutputTokens: 64, contents, ...more },
    options: { target: name },
  };
}

/** The answer, unary and streamed; what the stream delivered is what its end says. */
async function answers(request: ReturnType<typeof ask>): Promise<readonly LLMResponse[]> {
  const { response } = await client.call(request);
  let streamed: LLMResponse | undefined;
  let delivered = "";
  for await (const { event } of client.streamCall(request)) {
    if (event.case === "textDelta") delivered += event.value.text;
    if (event.case === "finished") streamed = event.value.response;
  }
  expect(delivered).toBe(streamed?.content?.message);
  return [response, streamed].map((answer) => {
    if (answer === undefined) throw new Error("no answer");
    return answer;
  });
}

describe.each(Object.keys(targets))("%s", (target) => {
  it("answers with the text", async () => {
    for (const answer of await answers(ask(target, "hello"))) {
      expect(answer.content?.message).toBe(text);
      expect(answer.stopReason).toBe(StopReason.END_TURN);
    }
  });

  it("calls a tool, and takes its result", async () => {
    for (const answer of await answers(ask(target, "weather?", { tools }))) {
      expect(answer.stopReason).toBe(StopReason.TOOL_USE);
      const calls = answer.content?.parts.filter(({ kind }) => kind.case === "toolCall") ?? [];
      expect(calls).toHaveLength(1);
      const call = calls[0]?.kind;
      if (call?.case !== "toolCall") throw new Error("no call");
      expect([call.value.name, JSON.parse(call.value.arguments)]).toEqual([
        "get_weather",
        { city: "Paris" },
      ]);
      const result = {
        toolCallId: call.value.id,
        parts: [{ kind: { case: "text" as const, value: { text: "sunny" } } }],
      };
      const contents = [
        { role: Role.USER, message: "hello, how is the weather?" },
        answer.content,
        { role: Role.TOOL, parts: [{ kind: { case: "toolResult" as const, value: result } }] },
        { role: Role.USER, message: "hello again" },
      ];
      const after = await client.call(ask(target, "", { tools, contents }));
      expect(after.response?.content?.message).toBe(text);
    }
  });

  it("fails with the status of the failure", async () => {
    mock.nextRequestError(429, { message: "slow down", type: "rate_limit_error" });
    const { request, options } = ask(target, "hello");
    const once = { request, options: { ...options, retry: { maxAttempts: 1 } } };
    const error = completeError(await connectError(client.call(once)));
    expect([error.reason, error.fields.metadata?.http_status]).toEqual([
      "PROVIDER_RATE_LIMITED",
      "429",
    ]);
  });
});
