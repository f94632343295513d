// Proves that Anthropic's own SDK, unchanged, works against the simulator: answers, streams, tools,
// thoughts that go back, structured output, prompt caches, token counts, models and typed errors.
import Anthropic, {
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";

const model = "claude-haiku-4-5";
const weather: Anthropic.Tool = {
  name: "get_weather",
  description: "Weather of a city",
  input_schema: {
    type: "object",
    properties: { city: { type: "string" }, unit: { enum: ["celsius", "fahrenheit"] } },
    required: ["city", "unit"],
  },
};
const clock: Anthropic.Tool = { name: "get_time", input_schema: { type: "object" } };

let simulator: Simulator;
let client: Anthropic;

beforeAll(async () => {
  simulator = await startSimulator({ seed: 7 });
  client = new Anthropic({
    apiKey: "sk-test",
    baseURL: simulator.baseURLs.anthropic,
    maxRetries: 0,
  });
});
afterAll(() => simulator.close());

function ask(text: string, more: Partial<Anthropic.MessageCreateParamsNonStreaming> = {}) {
  const messages: Anthropic.MessageParam[] = [{ role: "user", content: text }];
  return client.messages.create({ model, max_tokens: 2000, messages, ...more });
}

describe("Anthropic's SDK", () => {
  it("gets an answer that says it is simulated and quotes the question", async () => {
    const answer = await ask("Where is Zürich? 🏔️");
    const [block] = answer.content;
    expect(block).toMatchObject({ type: "text" });
    expect((block as Anthropic.TextBlock).text).toMatch(/simulated/);
    expect((block as Anthropic.TextBlock).text).toContain("Where is Zürich? 🏔️");
    expect(answer.stop_reason).toBe("end_turn");
    expect(answer.model).toBe("claude-haiku-4-5-20251001");
    expect(answer._request_id).toMatch(/^req_011C/);
  });

  it("streams the very message that it answers whole", async () => {
    const text = "Tell me about rivers.";
    const params = { model, max_tokens: 500, messages: [{ role: "user" as const, content: text }] };
    const stream = client.messages.stream(params);
    const streamed = await stream.finalMessage();
    const { _request_id, ...whole } = await client.messages.create(params);
    expect(streamed).toMatchObject(whole);
  });

  it("gets signed thoughts, sends them back with a tool's result, and goes on", async () => {
    const thinking = { type: "enabled" as const, budget_tokens: 1024 };
    const question: Anthropic.MessageParam = { role: "user", content: "Please call get_weather." };
    const first = await client.messages
      .stream({ model, max_tokens: 2000, thinking, tools: [weather], messages: [question] })
      .finalMessage();
    expect(first.content.map((block) => block.type)).toEqual(["thinking", "text", "tool_use"]);
    expect(first.stop_reason).toBe("tool_use");
    expect(first.usage.output_tokens).toBeGreaterThan(0);
    const call = first.content.at(-1) as Anthropic.ToolUseBlock;
    const input = call.input as { city: string; unit: string };
    expect(typeof input.city).toBe("string");
    expect(["celsius", "fahrenheit"]).toContain(input.unit);

    const result: Anthropic.MessageParam = {
      role: "user",
      content: [{ type: "tool_result", tool_use_id: call.id, content: "21 degrees" }],
    };
    const turns = (content: Anthropic.ContentBlockParam[]): Anthropic.MessageParam[] => [
      question,
      { role: "assistant", content },
      result,
    ];
    const more = { thinking, tools: [weather] };
    const second = await ask("", { ...more, messages: turns(first.content) });
    expect(second.stop_reason).toBe("end_turn");
    expect(JSON.stringify(second.content)).toContain("21 degrees");

    const [thought, ...rest] = first.content as [
      Anthropic.ThinkingBlock,
      ...Anthropic.ToolUseBlock[],
    ];
    const forged = [{ ...thought, thinking: "Something else." }, ...rest];
    await expect(ask("", { ...more, messages: turns(forged) })).rejects.toThrow(
      /messages\.1\.content\.0: Invalid `signature` in `thinking` block/,
    );
    await expect(ask("", { ...more, messages: turns(rest) })).rejects.toThrow(
      /Expected `thinking` or `redacted_thinking`/,
    );
  });

  it("sends no thoughts, but their signature, where they are to be omitted", async () => {
    const thinking = { type: "adaptive" as const, display: "omitted" as const };
    const answer = await ask("Hello", { model: "claude-opus-4-8", thinking });
    const [thought] = answer.content as [Anthropic.ThinkingBlock];
    expect(thought).toMatchObject({ type: "thinking", thinking: "" });
    expect(thought.signature.length).toBeGreaterThan(100);
  });

  it("hides thoughts on request and takes them back", async () => {
    const question: Anthropic.MessageParam = {
      role: "user",
      content: "[[simulate: thinking=redacted]] Hello",
    };
    const first = await ask("", { messages: [question] });
    expect(first.content[0]).toMatchObject({ type: "redacted_thinking" });
    const again = await ask("", {
      messages: [
        question,
        { role: "assistant", content: first.content },
        { role: "user", content: "And?" },
      ],
    });
    expect(again.stop_reason).toBe("end_turn");
  });

  it("calls several tools at once, and one where that is not wanted", async () => {
    const both = await ask("call get_time and get_weather", { tools: [weather, clock] });
    const calls = both.content.filter((block) => block.type === "tool_use");
    expect(calls.map((call) => call.name)).toEqual(["get_time", "get_weather"]);
    const one = await ask("call get_time and get_weather", {
      tools: [weather, clock],
      tool_choice: { type: "auto", disable_parallel_tool_use: true },
    });
    expect(one.content.filter((block) => block.type === "tool_use")).toHaveLength(1);
  });

  it("obeys tool_choice", async () => {
    const tools = [weather, clock];
    const any = await ask("Hello", { tools, tool_choice: { type: "any" } });
    expect(any.content).toMatchObject([{ type: "tool_use", name: "get_weather" }]);
    const named = await ask("Hello", { tools, tool_choice: { type: "tool", name: "get_time" } });
    expect(named.content).toMatchObject([{ type: "tool_use", name: "get_time", input: {} }]);
    const none = await ask("call get_time", { tools, tool_choice: { type: "none" } });
    expect(none.content).toMatchObject([{ type: "text" }]);
  });

  it("answers in the form that a schema asks for", async () => {
    const schema = {
      type: "object",
      properties: { name: { type: "string" }, age: { type: "integer", minimum: 1 } },
      required: ["name", "age"],
      additionalProperties: false,
    };
    const answer = await ask("Hello", {
      output_config: { format: { type: "json_schema", schema } },
    });
    const value = JSON.parse((answer.content[0] as Anthropic.TextBlock).text);
    expect(typeof value.name).toBe("string");
    expect(value.age).toBeGreaterThanOrEqual(1);
  });

  it("searches the web with its own tool, cites it, and takes the results back", async () => {
    const tools: Anthropic.ToolUnion[] = [{ type: "web_search_20250305", name: "web_search" }];
    const question: Anthropic.MessageParam = { role: "user", content: "Search for rivers" };
    const first = await client.messages
      .stream({ model, max_tokens: 500, tools, messages: [question] })
      .finalMessage();
    const types = first.content.map((block) => block.type);
    expect(types).toEqual(["server_tool_use", "web_search_tool_result", "text", "text"]);
    expect((first.content[0] as Anthropic.ServerToolUseBlock).input).toEqual({
      query: "Search for rivers",
    });
    const cited = first.content.at(-1) as Anthropic.TextBlock;
    expect(cited.citations).toMatchObject([{ type: "web_search_result_location" }]);
    expect(first.usage.server_tool_use).toMatchObject({ web_search_requests: 1 });
    const next = [question, { role: "assistant" as const, content: first.content }];
    const again = await ask("", {
      tools,
      messages: [...next, { role: "user", content: "Thanks" }],
    });
    expect(again.stop_reason).toBe("end_turn");
  });

  it("cites the documents of the caller", async () => {
    const answer = await ask("", {
      messages: [
        {
          role: "user",
          content: [
            {
              type: "document",
              title: "Notes",
              source: { type: "text", media_type: "text/plain", data: "Rivers run. Hills stand." },
              citations: { enabled: true },
            },
            { type: "text", text: "What do rivers do?" },
          ],
        },
      ],
    });
    const cited = answer.content.at(-1) as Anthropic.TextBlock;
    expect(cited.citations).toMatchObject([
      {
        type: "char_location",
        cited_text: "Rivers run.",
        document_title: "Notes",
        start_char_index: 0,
        end_char_index: 11,
      },
    ]);
  });

  it("names the images it was given", async () => {
    const data = Buffer.alloc(300).toString("base64");
    const answer = await ask("", {
      messages: [
        {
          role: "user",
          content: [
            { type: "image", source: { type: "base64", media_type: "image/png", data } },
            { type: "text", text: "What is this?" },
          ],
        },
      ],
    });
    expect(JSON.stringify(answer.content)).toContain("image (image/png, 300 bytes)");
  });

  it("stops at stop sequences and at the limit of tokens", async () => {
    const stopped = await ask("one STOP two", { stop_sequences: ["never", "STOP"] });
    expect(stopped).toMatchObject({ stop_reason: "stop_sequence", stop_sequence: "STOP" });
    expect(JSON.stringify(stopped.content)).not.toContain("STOP");
    const cut = await ask("Hello", { max_tokens: 5 });
    expect(cut).toMatchObject({ stop_reason: "max_tokens", usage: { output_tokens: 5 } });
    const half = await ask("", {
      messages: [{ role: "user", content: "Hello" }],
      max_tokens: 3,
      tools: [weather],
      tool_choice: { type: "any" },
    });
    expect(half).toMatchObject({ stop_reason: "max_tokens", content: [{ input: {} }] });
  });

  it("refuses on request", async () => {
    const answer = await ask("[[simulate: refusal]] Hello");
    expect(answer).toMatchObject({ stop_reason: "refusal", content: [] });
  });

  it("counts tokens as it bills them, and what was cached apart", async () => {
    const cached = "This is a long preface. ".repeat(50);
    const params = {
      model,
      system: [
        { type: "text" as const, text: cached, cache_control: { type: "ephemeral" as const } },
      ],
      messages: [{ role: "user" as const, content: "Hello" }],
    };
    const { input_tokens } = await client.messages.countTokens(params);
    const first = await client.messages.create({ ...params, max_tokens: 50 });
    const second = await client.messages.create({ ...params, max_tokens: 50 });
    const counts = ({ usage }: Anthropic.Message) => [
      usage.input_tokens,
      usage.cache_creation_input_tokens,
      usage.cache_read_input_tokens,
    ];
    const [fresh, written] = counts(first) as [number, number];
    expect(written).toBeGreaterThan(200);
    expect(counts(first)).toEqual([fresh, written, 0]);
    expect(counts(second)).toEqual([fresh, 0, written]);
    expect(fresh + written).toBe(input_tokens);
  });

  it("lists models", async () => {
    const { data } = await client.models.list();
    expect(data.map((one) => one.id)).toContain("claude-haiku-4-5-20251001");
    expect(await client.models.retrieve("claude-haiku-4-5")).toMatchObject({
      id: "claude-haiku-4-5-20251001",
      type: "model",
    });
  });

  it("throws its typed errors", async () => {
    const simulate = (words: string) => ask(`[[simulate: ${words}]] Hello`);
    await expect(simulate("status=429 retry-after=2")).rejects.toThrow(RateLimitError);
    await expect(simulate("status=529")).rejects.toThrow(InternalServerError);
    await expect(simulate("status=529")).rejects.toMatchObject({
      status: 529,
      type: "overloaded_error",
    });
    await expect(ask("Hello", { model: "claude-2.1" })).rejects.toThrow(NotFoundError);
    await expect(ask("Hello", { max_tokens: 0 })).rejects.toThrow(BadRequestError);
    const keyless = new Anthropic({ apiKey: "", baseURL: simulator.url, maxRetries: 0 });
    const params = { model, max_tokens: 5, messages: [{ role: "user" as const, content: "Hi" }] };
    await expect(keyless.messages.create(params)).rejects.toThrow(AuthenticationError);
    const stream = client.messages.stream({
      model,
      max_tokens: 50,
      messages: [{ role: "user", content: "[[simulate: error-after=2]] Hello" }],
    });
    await expect(stream.finalMessage()).rejects.toThrow(/Overloaded/);
  });

  it("retries by itself and succeeds where the fault holds for one request", async () => {
    const patient = client.withOptions({ maxRetries: 1 });
    const before = simulator.requests.length;
    const answer = await patient.messages.create({
      model,
      max_tokens: 50,
      messages: [
        { role: "user", content: "[[simulate: status=529 retry-after-ms=1 times=1]] Hello" },
      ],
    });
    expect(answer.stop_reason).toBe("end_turn");
    expect(simulator.requests.length - before).toBe(2);
  });
});
