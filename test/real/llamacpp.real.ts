// Proves that a real llama.cpp with real weights works through the server, as the dialect
// openai-chat, and as anthropic-messages and openai-responses of Custom: calls, streams, tools,
// JSON by schema, thinking, cancel, a full context, and errors in the middle of a stream. The model
// is small: what it says is never looked at.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Client, Code } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import {
  type LLMRequestSchema,
  PartSchema,
  Role,
  StopReason,
  ToolChoiceMode,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { clientOver, completeError, connectError, wires } from "../support/rpc-client.ts";
import { openServer, type StartedServer } from "../support/running-server.ts";
import { type LlamaCppOptions, type LlamaCppServer, startLlamaCpp } from "./llamacpp-server.ts";

type Ask = Omit<MessageInitShape<typeof LLMRequestSchema>, "model" | "$typeName">;

const grpc = wires[0]!;
const closers: (() => Promise<void>)[] = [];
const weather = {
  name: "get_weather",
  description: "Tells the weather of a city",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const hello: Ask = {
  contents: [{ role: Role.USER, message: "Say hello." }],
  maxOutputTokens: 24,
  temperature: 0,
};

interface Scene {
  readonly llama: LlamaCppServer;
  readonly server: StartedServer;
  readonly client: Client<typeof ConnectorService>;
}

async function scene(options: LlamaCppOptions): Promise<Scene> {
  const llama = await startLlamaCpp(inject("llamaPython"), options);
  closers.push(() => llama.close());
  const target = (name: string, wire: string, path: string) =>
    `  - { name: ${name}, ${wire}, base_url: "${llama.url}${path}", egress: { allow_private: true } }\n`;
  const yaml = [
    "targets:\n",
    target("openai-chat", "adapter: llama, dialect: openai-chat", "/v1"),
    target("anthropic-messages", "adapter: custom, dialect: anthropic-messages", ""),
    target("openai-responses", "adapter: custom, dialect: openai-responses", "/v1"),
  ].join("");
  const server = await openServer({ yaml }, (close) => closers.push(close));
  return { llama, server, client: clientOver(grpc, server.url) };
}

afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

/** The events of a stream to its end; a failure is thrown. */
async function eventsOf(stream: AsyncIterable<StreamCallResponse>) {
  const events: StreamCallResponse["event"][] = [];
  for await (const { event } of stream) events.push(event);
  return events;
}

function finishedOf(events: Awaited<ReturnType<typeof eventsOf>>) {
  const last = events.at(-1);
  if (last?.case !== "finished" || last.value.response === undefined)
    throw new Error("no finished");
  return last.value.response;
}

describe.each(["openai-chat", "anthropic-messages", "openai-responses"])("%s", (target) => {
  let at: Scene;
  beforeAll(async () => {
    at = await scene({});
  });
  const ask = (request: Ask) => ({
    request: { model: "smollm2-135m-instruct", ...request },
    options: { target },
  });

  it("answers, and streams the same answer", async () => {
    const { response } = await at.client.call(ask(hello));
    expect(response?.content?.message).toMatch(/\w/);
    expect(response?.usage?.inputTokens).toBeGreaterThan(3n);
    expect(response?.usage?.outputTokens).toBeGreaterThan(0n);
    const events = await eventsOf(at.client.streamCall(ask(hello)));
    const streamed = finishedOf(events);
    expect(streamed.content?.message).toBe(response?.content?.message);
    expect(streamed.stopReason).toBe(response?.stopReason);
    expect(streamed.usage?.outputTokens).toBe(response?.usage?.outputTokens);
    const deltas = events.map((event) => (event.case === "textDelta" ? event.value.text : ""));
    expect(deltas.join("")).toBe(streamed.content?.message);
    expect(deltas.filter((text) => text !== "").length).toBeGreaterThan(1);
  });

  it("says that the prompt does not fit", async () => {
    const long = { ...hello, contents: [{ role: Role.USER, message: "word ".repeat(3000) }] };
    for (const start of [
      () => at.client.call(ask(long)),
      () => eventsOf(at.client.streamCall(ask(long))),
    ]) {
      const error = completeError(await connectError(start()));
      expect(error.reason).toBe("CONTEXT_LENGTH_EXCEEDED");
    }
  });

  it("frees the model when the caller leaves", async () => {
    const abort = new AbortController();
    const endless = { ...hello, maxOutputTokens: 900, temperature: 1.5 };
    const stream = at.client.streamCall(ask(endless), { signal: abort.signal });
    const failing = (async () => {
      for await (const { event } of stream) if (event.case === "textDelta") abort.abort();
    })();
    expect((await connectError(failing)).code).toBe(Code.Canceled);
    await expect.poll(() => at.llama.busySlots(), { timeout: 5_000 }).toBe(0);
  });
});

describe("what the chat wire can", () => {
  let at: Scene;
  beforeAll(async () => {
    at = await scene({ template: "tools" });
  });
  const ask = (request: Ask) => ({
    request: { model: "smollm2-135m-instruct", ...request },
    options: { target: "openai-chat" },
  });
  const wantsTool: Ask = {
    contents: [{ role: Role.USER, message: "What is the weather in Paris?" }],
    tools: [weather],
    toolChoice: { mode: ToolChoiceMode.REQUIRED },
    parallelToolCalls: false,
    maxOutputTokens: 64,
    temperature: 0,
  };

  it("calls a tool, unary and streamed, and takes its result", async () => {
    const { response } = await at.client.call(ask(wantsTool));
    const streamed = finishedOf(await eventsOf(at.client.streamCall(ask(wantsTool))));
    for (const answer of [response, streamed]) {
      expect(answer?.stopReason).toBe(StopReason.TOOL_USE);
      const [part] = answer?.content?.parts ?? [];
      if (part?.kind.case !== "toolCall") throw new Error("no tool was called");
      const { id, name, arguments: json, validJson } = part.kind.value;
      expect([name, validJson, id === ""]).toEqual(["get_weather", true, false]);
      expect(JSON.parse(json)).toHaveProperty("city");
      const result = create(PartSchema, {
        kind: {
          case: "toolResult",
          value: { toolCallId: id, parts: [{ kind: { case: "text", value: { text: "sunny" } } }] },
        },
      });
      const after = await at.client.call(
        ask({
          ...wantsTool,
          contents: [
            ...(wantsTool.contents ?? []),
            answer?.content ?? {},
            { role: Role.TOOL, parts: [result] },
          ],
        }),
      );
      expect(after.response?.warnings).toEqual([]);
    }
  });

  it("answers by a schema", async () => {
    const schema = {
      type: "object",
      properties: { city: { type: "string", maxLength: 12 }, days: { type: "integer" } },
      required: ["city", "days"],
      additionalProperties: false,
    };
    const { response } = await at.client.call(
      ask({
        ...hello,
        maxOutputTokens: 80,
        responseFormat: { format: { case: "jsonSchema", value: { name: "trip", schema } } },
      }),
    );
    expect(Object.keys(JSON.parse(response?.content?.message ?? ""))).toEqual(["city", "days"]);
  });

  it("fails in the middle of a stream with a status, and what had come", async () => {
    const failing = eventsOf(
      at.client.streamCall(ask({ ...wantsTool, toolChoice: { mode: ToolChoiceMode.AUTO } })),
    );
    const error = completeError(await connectError(failing));
    expect(error.reason).toBe("PROVIDER_INTERNAL");
    expect(error.fields.metadata?.http_status).toBe("200");
    expect(error.fields.progress).toBeDefined();
  });
});

describe("thinking", () => {
  it("is told apart from the answer", async () => {
    const { client } = await scene({ template: "reasoning", pingSeconds: 1 });
    const grammar = 'root ::= [a-z ]{10,30} "\\n</think>\\n\\n" [A-Za-z ]{5,20}';
    const request = {
      request: {
        model: "smollm2-135m-instruct",
        ...hello,
        providerOptions: { llama: { grammar } },
      },
      options: { target: "openai-chat" },
    };
    const { response } = await client.call(request);
    const streamed = finishedOf(await eventsOf(client.streamCall(request)));
    for (const answer of [response, streamed]) {
      const parts = answer?.content?.parts ?? [];
      expect(parts.map(({ kind }) => kind.case)).toEqual(["thinking", "text"]);
      const [thought] = parts;
      expect(thought?.kind.case === "thinking" && thought.kind.value.text).toMatch(/^[a-z ]{5,}/);
    }
  });
});
