// Proves that Cohere's own SDK, unchanged, works against the simulator: answers, streams of named
// events, tools with plans, thoughts, images, documents that are cited, schemas and typed errors.
import { CohereClientV2, CohereError } from "cohere-ai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";

const model = "command-a-03-2025";
const thinker = "command-a-reasoning-08-2025";
const parameters = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
};
const tools = [{ type: "function" as const, function: { name: "get_weather", parameters } }];

type ChatRequest = Parameters<CohereClientV2["chat"]>[0];
type StreamRequest = Parameters<CohereClientV2["chatStream"]>[0];
type Messages = ChatRequest["messages"];

let simulator: Simulator;
let client: CohereClientV2;
beforeAll(async () => {
  simulator = await startSimulator({ seed: 7 });
  client = new CohereClientV2({
    token: "test-0123456789",
    environment: simulator.baseURLs.cohere,
    maxRetries: 0,
  });
});
afterAll(() => simulator.close());

const says = (content: string): Messages => [{ role: "user", content }];

async function ask(said: string | Messages, more: Partial<ChatRequest> = {}) {
  const messages = typeof said === "string" ? says(said) : said;
  const answer = await client.chat({ model, messages, ...more });
  const text = (answer.message.content ?? [])
    .map((part) => (part.type === "text" ? part.text : ""))
    .join("");
  return { ...answer, text };
}

async function events(said: string, more: Partial<StreamRequest> = {}) {
  const all: unknown[] = [];
  for await (const event of await client.chatStream({ model, messages: says(said), ...more })) {
    all.push(event);
  }
  return all as { type: string; delta?: { message?: Record<string, unknown> } }[];
}

describe("Cohere's SDK", () => {
  it("gets an answer that says it is simulated and quotes the question", async () => {
    const answer = await ask("Where is Zürich? 🏔️");
    expect(answer.text).toMatch(/simulated.*Where is Zürich\? 🏔️/);
    expect(answer.finishReason).toBe("COMPLETE");
    expect(answer.usage?.tokens?.outputTokens).toBeGreaterThan(0);
  });

  it("streams the very text that it answers whole", async () => {
    const all = await events("Rivers?");
    const text = all
      .map(({ delta }) => (delta?.message?.content as { text?: string } | undefined)?.text ?? "")
      .join("");
    expect(text).toBe((await ask("Rivers?")).text);
    expect(all[0]?.type).toBe("message-start");
    expect(all.at(-1)).toMatchObject({ type: "message-end", delta: { finishReason: "COMPLETE" } });
  });

  it("plans and calls tools, and takes their results", async () => {
    const first = await ask("call get_weather", { tools });
    expect(first.finishReason).toBe("TOOL_CALL");
    expect(first.message.toolPlan).toMatch(/get_weather/);
    const [call] = first.message.toolCalls ?? [];
    expect(JSON.parse(call?.function?.arguments ?? "")).toEqual({ city: expect.any(String) });
    const made = { role: "assistant" as const, toolCalls: first.message.toolCalls ?? [] };
    const result = { role: "tool" as const, toolCallId: call?.id ?? "", content: "21 degrees" };
    const second = await ask([...says("Hi"), made, result], { tools });
    expect(second.text).toContain("21 degrees");
    await expect(ask([...says("Hi"), result], { tools })).rejects.toThrow(/does not match any/);
    const types = (await events("call get_weather", { tools })).map(({ type }) => type);
    for (const type of ["tool-plan-delta", "tool-call-start", "tool-call-delta", "tool-call-end"]) {
      expect(types).toContain(type);
    }
    const forced = await ask("Hello", { tools, toolChoice: "REQUIRED" });
    expect(forced.message.toolCalls).toHaveLength(1);
  });

  it("thinks with a model of reasoning, unless told not to", async () => {
    const whole = await ask("Hello", { model: thinker });
    expect(whole.message.content?.map(({ type }) => type)).toEqual(["thinking", "text"]);
    const quiet = await ask("Hello", { model: thinker, thinking: { type: "disabled" } });
    expect(quiet.message.content?.map(({ type }) => type)).toEqual(["text"]);
  });

  it("sees images, cites documents, answers by a schema, ends at the limit", async () => {
    const imageUrl = { url: "data:image/png;base64,AAAA" };
    const seen = await ask([
      {
        role: "user",
        content: [
          { type: "image_url", imageUrl },
          { type: "text", text: "What is it?" },
        ],
      },
    ]);
    expect(seen.text).toMatch(/image \(image\/png, 3 bytes\)/);
    const documents = [{ id: "notes", data: { text: "A river runs." } }];
    const cited = await ask("And?", { documents });
    const [citation] = cited.message.citations ?? [];
    expect(cited.text.slice(citation?.start, citation?.end)).toContain("A river runs.");
    const form = await ask("Hi", {
      responseFormat: { type: "json_object", jsonSchema: parameters },
    });
    expect(JSON.parse(form.text)).toEqual({ city: expect.any(String) });
    const cut = await ask("[[simulate: text=50]] Hi", { maxTokens: 7 });
    expect([cut.finishReason, cut.usage?.tokens?.outputTokens]).toEqual(["MAX_TOKENS", 7]);
  });

  it("throws its typed errors, and ends a broken stream with one", async () => {
    const failure = async (promise: Promise<unknown>): Promise<CohereError> => {
      const thrown: unknown = await promise.then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(thrown).toBeInstanceOf(CohereError);
      return thrown as CohereError;
    };
    expect((await failure(ask("Hi", { model: "gpt-4o" }))).statusCode).toBe(404);
    expect((await failure(ask("[[simulate: status=429]] Hi"))).statusCode).toBe(429);
    expect((await failure(ask("Hi", { temperature: 2 }))).statusCode).toBe(400);
    const raw = await fetch(`${simulator.url}/v2/chat`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer k" },
      body: JSON.stringify({ model, messages: says("Hi"), top_p: 1 }),
    });
    expect([raw.status, ((await raw.json()) as { message: string }).message]).toEqual([
      422,
      "unknown field: parameter 'top_p' is not a valid field",
    ]);
    expect((await events("[[simulate: error-after=2]] Hi")).at(-1)).toMatchObject({
      type: "message-end",
      delta: { finishReason: "ERROR" },
    });
  });
});
