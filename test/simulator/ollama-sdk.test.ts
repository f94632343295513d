// Proves that Ollama's own SDK, unchanged, works against the simulator: answers, streams by default
// of the wire, tools with object arguments, thoughts, images, schemas, loading, lists and errors.
import { type ChatRequest, type Message, Ollama } from "ollama";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";

const model = "llama3.2:3b";
const thinker = "qwen3:4b";
const city = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const tools = [
  { type: "function", function: { name: "get_weather", description: "", parameters: city } },
];

let simulator: Simulator;
let client: Ollama;
beforeAll(async () => {
  simulator = await startSimulator({ seed: 7 });
  client = new Ollama({ host: simulator.baseURLs.ollama });
});
afterAll(() => simulator.close());

function ask(said: string | Message[], more: Partial<ChatRequest> = {}) {
  const messages = typeof said === "string" ? [{ role: "user", content: said }] : said;
  return client.chat({ model, messages, ...more, stream: false });
}

async function post(body: object): Promise<Response> {
  return await fetch(`${simulator.url}/api/chat`, { method: "POST", body: JSON.stringify(body) });
}

describe("Ollama's SDK", () => {
  it("gets an answer that says it is simulated and quotes the question", async () => {
    const answer = await ask("Where is Zürich? 🏔️");
    expect(answer.message.content).toMatch(/simulated.*Where is Zürich\? 🏔️/);
    expect(answer).toMatchObject({ model, done: true, done_reason: "stop" });
    expect(answer.eval_count).toBeGreaterThan(0);
    expect(answer.prompt_eval_count).toBeGreaterThan(0);
  });

  it("streams the very text that it answers whole, and streams unless told not to", async () => {
    let text = "";
    let done = 0;
    const messages = [{ role: "user", content: "Rivers & <lakes>?" }];
    for await (const part of await client.chat({ model, messages, stream: true })) {
      text += part.message.content;
      done += part.done ? 1 : 0;
    }
    expect(done).toBe(1);
    expect(text).toBe((await ask("Rivers & <lakes>?")).message.content);
    const reply = await post({ model, messages });
    expect(reply.headers.get("content-type")).toBe("application/x-ndjson");
    const lines = (await reply.text()).trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.map((line) => JSON.parse(line).done).lastIndexOf(false)).toBe(lines.length - 2);
    expect(lines.join("")).not.toContain("<");
  });

  it("calls a tool whole, stops with stop, and takes the result", async () => {
    const first = await ask("call get_weather", { tools });
    expect(first.done_reason).toBe("stop");
    const [call] = first.message.tool_calls ?? [];
    expect(call?.function).toMatchObject({
      name: "get_weather",
      arguments: { city: expect.any(String) },
    });
    const result = { role: "tool", tool_name: "get_weather", content: "21 degrees" };
    const question = { role: "user", content: "call get_weather" };
    const second = await ask([question, first.message, result], { tools });
    expect(second.message.content).toContain("21 degrees");
    const cut = await ask("call get_weather", { tools, options: { num_predict: 2 } });
    expect(cut).toMatchObject({ done_reason: "length" });
    expect(cut.message.tool_calls).toBeUndefined();
    expect(cut.message.content).toContain('"name": "get_weather"');
  });

  it("thinks with a model that can, unless told not to", async () => {
    const { message } = await ask("Hello", { model: thinker, think: true });
    expect(message.thinking).toContain("Hello");
    let thoughts = "";
    const messages = [{ role: "user", content: "Hello" }];
    for await (const part of await client.chat({ model: thinker, messages, stream: true })) {
      thoughts += part.message.thinking ?? "";
    }
    expect(thoughts).toBe(message.thinking);
    const plain = await ask("Hello", { model: thinker, think: false });
    expect(plain.message.thinking).toBeUndefined();
  });

  it("sees images, answers by a schema, stops at words", async () => {
    const seen = await ask([{ role: "user", content: "What is it?", images: ["AAAA"] }]);
    expect(seen.message.content).toMatch(/image \(inline, 3 bytes\)/);
    const form = await ask("Hi", { format: city });
    expect(JSON.parse(form.message.content)).toEqual({ city: expect.any(String) });
    const stopped = await ask("one STOP two", { options: { stop: ["STOP"] } });
    expect(stopped.message.content).not.toContain("two");
  });

  it("loads and unloads a model, and lists what is there", async () => {
    expect(await ask([])).toMatchObject({ done: true, done_reason: "load" });
    expect(await ask([], { keep_alive: 0 })).toMatchObject({ done_reason: "unload" });
    const { models } = await client.list();
    expect(models.map(({ name }) => name)).toContain(model);
    expect((await client.show({ model: thinker })).capabilities).toContain("thinking");
    expect((await client.version()).version).toMatch(/^\d/);
  });

  it.each<[string, number, RegExp, object]>([
    ["an unknown model", 404, /^model 'nope:1b' not found$/, { model: "nope:1b" }],
    ["no model", 400, /^model is required$/, { model: "" }],
    [
      "thoughts of a model without",
      400,
      /^"llama3.2:3b" does not support thinking/,
      { think: true },
    ],
    ["tools of a model without", 400, /does not support tools$/, { model: "smollm2:1b", tools }],
    ["a wrong option", 500, /^option "temperature" must be/, { options: { temperature: "hot" } }],
    ["a wrong format", 500, /^invalid format: /, { format: "yaml" }],
    [
      "content in parts",
      400,
      /unmarshal array into Go struct field ChatRequest\.messages\.content of type string/,
      { messages: [{ role: "user", content: [{ type: "text", text: "x" }] }] },
    ],
    [
      "arguments as text",
      400,
      /Value looks like object/,
      {
        messages: [
          {
            role: "assistant",
            content: "",
            tool_calls: [{ function: { name: "f", arguments: "{}" } }],
          },
        ],
      },
    ],
  ])("throws its typed error for %s", async (_title, status, words, more) => {
    const failed = ask("Hi", more as Partial<ChatRequest>);
    await expect(failed).rejects.toMatchObject({ name: "ResponseError", status_code: status });
    await expect(failed).rejects.toThrow(words);
  });

  it("throws what breaks a stream, and knows plain 404 and 405", async () => {
    const messages = [{ role: "user", content: "[[simulate: error-after=2]] Hi" }];
    const stream = await client.chat({ model, messages, stream: true });
    const read = async () => {
      for await (const part of stream) expect(part.done).toBe(false);
    };
    await expect(read()).rejects.toThrow(/error was encountered/);
    const lost = await fetch(`${simulator.url}/api/nope`, { method: "POST" });
    expect([lost.status, await lost.text()]).toEqual([404, "404 page not found"]);
    const wrong = await fetch(`${simulator.url}/api/chat`);
    expect([wrong.status, await wrong.text()]).toEqual([405, "405 method not allowed"]);
  });
});
