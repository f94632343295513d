// Proves that Mistral's own SDK, unchanged, works against the simulator: answers, streams, tools,
// thoughts, images, schemas, filling in the middle, models and typed errors.
import { Mistral } from "@mistralai/mistralai";
import type {
  AssistantMessage,
  ChatCompletionRequest,
  ChatCompletionRequestMessage,
  ChatCompletionRequestTool,
} from "@mistralai/mistralai/models/components";
import { HTTPValidationError, SDKError } from "@mistralai/mistralai/models/errors";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";

const model = "mistral-small-latest";
const parameters = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const tools: ChatCompletionRequestTool[] = [
  { type: "function", function: { name: "get_weather", parameters } },
  { type: "function", function: { name: "get_time", parameters: { type: "object" } } },
];

let simulator: Simulator;
let client: Mistral;
beforeAll(async () => {
  simulator = await startSimulator({ seed: 7 });
  const { mistral } = simulator.baseURLs;
  client = new Mistral({ apiKey: "test", serverURL: mistral, retryConfig: { strategy: "none" } });
});
afterAll(() => simulator.close());

const says = (content: string): ChatCompletionRequestMessage => ({ role: "user", content });

async function ask(
  said: string | ChatCompletionRequestMessage[],
  more: Partial<ChatCompletionRequest> = {},
) {
  const messages = typeof said === "string" ? [says(said)] : said;
  const answer = await client.chat.complete({ model, messages, ...more });
  const [choice] = answer.choices;
  if (!choice?.message) throw new Error("no message");
  return { ...choice, message: choice.message, usage: answer.usage };
}

describe("Mistral's SDK", () => {
  it("gets an answer that says it is simulated and quotes the question", async () => {
    const { message, finishReason, usage } = await ask("Where is Zürich? 🏔️");
    expect(message.content).toMatch(/simulated.*Where is Zürich\? 🏔️/);
    expect(finishReason).toBe("stop");
    expect(usage.totalTokens).toBe((usage.promptTokens ?? 0) + (usage.completionTokens ?? 0));
  });

  it("streams the very text that it answers whole, and the usage last", async () => {
    const stream = await client.chat.stream({ model, messages: [says("Rivers?")] });
    let text = "";
    const usages: unknown[] = [];
    for await (const { data } of stream) {
      text += data.choices[0]?.delta.content ?? "";
      usages.push(data.usage);
    }
    const whole = await ask("Rivers?");
    expect(text).toBe(whole.message.content);
    expect(usages.at(-1)).toMatchObject({ totalTokens: whole.usage.totalTokens });
    expect(usages.slice(0, -1).every((usage) => usage === undefined)).toBe(true);
  });

  it("calls tools with ids of nine characters, and takes their results", async () => {
    const { message, finishReason } = await ask("call get_weather and get_time", { tools });
    expect(finishReason).toBe("tool_calls");
    const calls = message.toolCalls ?? [];
    expect(calls.map((call) => call.function.name)).toEqual(["get_weather", "get_time"]);
    for (const { id } of calls) expect(id).toMatch(/^[A-Za-z0-9]{9}$/);
    const made: ChatCompletionRequestMessage = { role: "assistant", toolCalls: calls };
    const results = calls.map(
      ({ id }): ChatCompletionRequestMessage => ({
        role: "tool",
        toolCallId: id ?? "",
        content: "21 degrees",
      }),
    );
    const turns = [says("Hi"), made, ...results];
    expect((await ask(turns, { tools })).message.content).toContain("21 degrees");
    await expect(ask(turns.slice(0, -1), { tools })).rejects.toThrow(
      /Not the same number of function calls and responses/,
    );
    const [call] = calls;
    const foreign = { ...call, id: "call_0123456789", function: { name: "f", arguments: "{}" } };
    await expect(
      ask([says("Hi"), { role: "assistant", toolCalls: [foreign] }, says("And?")]),
    ).rejects.toThrow(/must be a-z, A-Z, 0-9, with a length of 9/);
  });

  it("streams calls whole", async () => {
    const stream = await client.chat.stream({
      model,
      messages: [says("Hi")],
      tools,
      toolChoice: { type: "function", function: { name: "get_weather" } },
    });
    const calls: unknown[] = [];
    for await (const { data } of stream) {
      const { delta, finishReason } = data.choices[0] ?? {};
      if (!delta?.toolCalls) continue;
      expect(finishReason).toBe("tool_calls");
      calls.push(...delta.toolCalls.map((call) => JSON.parse(String(call.function.arguments))));
    }
    expect(calls).toEqual([{ city: expect.any(String) }]);
  });

  it("thinks with a model of reasoning, and takes its thoughts back", async () => {
    const reasoner = { model: "magistral-medium-latest" };
    const { message } = await ask("Hello", reasoner);
    expect(message.content).toMatchObject([
      { type: "thinking", thinking: [{ type: "text" }] },
      { type: "text" },
    ]);
    const stream = await client.chat.stream({ ...reasoner, messages: [says("Hello")] });
    const kinds = new Set<string>();
    for await (const { data } of stream) {
      const content = data.choices[0]?.delta.content;
      if (Array.isArray(content)) for (const chunk of content) kinds.add(String(chunk.type));
      else if (content) kinds.add("plain");
    }
    expect([...kinds]).toEqual(["thinking", "plain"]);
    const answer = message as AssistantMessage & { role: "assistant" };
    expect((await ask([says("Hello"), answer, says("And?")], reasoner)).finishReason).toBe("stop");
  });

  it("sees images, answers by a schema, ends at the limit", async () => {
    const imageUrl = "data:image/png;base64,AAAA";
    const seen = await ask([
      {
        role: "user",
        content: [
          { type: "image_url", imageUrl },
          { type: "text", text: "What is it?" },
        ],
      },
    ]);
    expect(seen.message.content).toMatch(/image \(image\/png, 3 bytes\)/);
    const jsonSchema = { name: "place", schemaDefinition: parameters, strict: true };
    const form = await ask("Hi", { responseFormat: { type: "json_schema", jsonSchema } });
    expect(Object.keys(JSON.parse(String(form.message.content)))).toEqual(["city"]);
    const cut = await ask("[[simulate: text=50]] Hi", { maxTokens: 7 });
    expect([cut.finishReason, cut.usage.completionTokens]).toEqual(["length", 7]);
  });

  it("fills in the middle and lists models", async () => {
    const filled = await client.fim.complete({
      model: "codestral-latest",
      prompt: "def f(",
      suffix: "return a",
    });
    expect(filled.choices[0]?.message?.content).toMatch(/simulated/);
    const { data = [] } = await client.models.list();
    expect(data).toContainEqual(expect.objectContaining({ id: "codestral-latest" }));
  });

  it("throws its typed errors", async () => {
    await expect(ask("Hi", { temperature: 1.7 })).rejects.toThrow(HTTPValidationError);
    await expect(ask("Hi", { model: "gpt-4o" })).rejects.toThrow(SDKError);
    await expect(ask("[[simulate: status=429]] Hi")).rejects.toMatchObject({ statusCode: 429 });
    const locked = await startSimulator({ keys: ["right"] });
    const wrong = new Mistral({ apiKey: "wrong", serverURL: locked.baseURLs.mistral });
    await expect(wrong.models.list()).rejects.toMatchObject({
      statusCode: 401,
      body: '{"detail":"Invalid API Key"}',
    });
    await locked.close();
  });
});
