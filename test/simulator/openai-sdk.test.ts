// Proves that OpenAI's own SDK, unchanged, works against the simulator on both wires: answers,
// streams, tools, thoughts that go back, structured output, token counts, models and typed errors.
import OpenAI, {
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";

const parameters = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer", minimum: 1, maximum: 7 } },
  required: ["city", "days"],
  additionalProperties: false,
};
const chatTool: OpenAI.ChatCompletionTool = {
  type: "function",
  function: { name: "get_weather", parameters, strict: true },
};
const responseTool: OpenAI.Responses.FunctionTool = {
  type: "function",
  name: "get_weather",
  parameters,
  strict: true,
};

let simulator: Simulator;
let client: OpenAI;

beforeAll(async () => {
  simulator = await startSimulator({ seed: 7 });
  client = new OpenAI({ apiKey: "sk-test", baseURL: simulator.baseURLs.openai, maxRetries: 0 });
});
afterAll(() => simulator.close());

describe("OpenAI's SDK on Chat Completions", () => {
  const ask = (
    content: string,
    more: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming> = {},
  ) =>
    client.chat.completions.create({
      model: "gpt-4o",
      messages: [{ role: "user", content }],
      ...more,
    });

  it("gets an answer that says it is simulated and quotes the question", async () => {
    const answer = await ask("Where is Zürich?");
    expect(answer.choices[0]?.message.content).toMatch(/simulated.*Where is Zürich\?/);
    expect(answer.choices[0]?.finish_reason).toBe("stop");
    expect(answer._request_id).toMatch(/^req_/);
    const { prompt_tokens, completion_tokens, total_tokens } = answer.usage ?? {};
    expect(total_tokens).toBe((prompt_tokens ?? 0) + (completion_tokens ?? 0));
  });

  it("streams the very message that it answers whole, and usage where it is wanted", async () => {
    const messages = [{ role: "user" as const, content: "Tell me about rivers." }];
    const stream = client.chat.completions.stream({
      model: "gpt-4o",
      messages,
      stream_options: { include_usage: true },
    });
    const streamed = await stream.finalChatCompletion();
    const whole = await client.chat.completions.create({ model: "gpt-4o", messages });
    expect(streamed.id).toBe(whole.id);
    expect(streamed.choices[0]?.message.content).toBe(whole.choices[0]?.message.content);
    expect(streamed.usage).toEqual(whole.usage);
  });

  it("calls a tool in fragments and goes on from its result", async () => {
    const question: OpenAI.ChatCompletionMessageParam = {
      role: "user",
      content: "call get_weather",
    };
    const first = await client.chat.completions
      .stream({ model: "gpt-4o", messages: [question], tools: [chatTool] })
      .finalChatCompletion();
    const message = first.choices[0]?.message as OpenAI.ChatCompletionMessage;
    expect(first.choices[0]?.finish_reason).toBe("tool_calls");
    expect(message.content).toBeNull();
    const call = message.tool_calls?.[0] as OpenAI.ChatCompletionMessageFunctionToolCall;
    const input = JSON.parse(call.function.arguments);
    expect(input.days).toBeGreaterThanOrEqual(1);
    const second = await ask("", {
      tools: [chatTool],
      messages: [question, message, { role: "tool", tool_call_id: call.id, content: "21 degrees" }],
    });
    expect(second.choices[0]?.message.content).toContain("21 degrees");
  });

  it("ends a call to a named tool with stop, and to any tool with tool_calls", async () => {
    const named = await ask("Hello", {
      tools: [chatTool],
      tool_choice: { type: "function", function: { name: "get_weather" } },
    });
    expect(named.choices[0]).toMatchObject({ finish_reason: "stop", message: { content: null } });
    expect(named.choices[0]?.message.tool_calls).toHaveLength(1);
    const any = await ask("Hello", { tools: [chatTool], tool_choice: "required" });
    expect(any.choices[0]?.finish_reason).toBe("tool_calls");
  });

  it("answers in the form that is asked for", async () => {
    const strict = await ask("Hello", {
      response_format: {
        type: "json_schema",
        json_schema: { name: "forecast", strict: true, schema: parameters },
      },
    });
    expect(Object.keys(JSON.parse(strict.choices[0]?.message.content ?? ""))).toEqual([
      "city",
      "days",
    ]);
    const loose = await ask("Hello, in JSON", { response_format: { type: "json_object" } });
    expect(JSON.parse(loose.choices[0]?.message.content ?? "")).toMatchObject({ simulated: true });
  });

  it("gives several choices, probabilities, and the right ends", async () => {
    const three = await ask("Hello", { n: 3, logprobs: true, top_logprobs: 1 });
    expect(three.choices.map((choice) => choice.index)).toEqual([0, 1, 2]);
    const tokens = three.choices[0]?.logprobs?.content ?? [];
    expect(tokens.map((one) => one.token).join("")).toBe(three.choices[0]?.message.content);
    const cut = await ask("Hello", { max_completion_tokens: 4 });
    expect(cut.choices[0]?.finish_reason).toBe("length");
    expect(cut.usage?.completion_tokens).toBe(4);
    const stopped = await ask("one STOP two", { stop: "STOP" });
    expect(stopped.choices[0]?.finish_reason).toBe("stop");
    expect(stopped.choices[0]?.message.content).not.toContain("STOP");
    const refused = await ask("[[simulate: refusal]] Hello");
    expect(refused.choices[0]?.message).toMatchObject({ content: null });
    expect(refused.choices[0]?.message.refusal).toMatch(/simulated/);
  });

  it("counts thoughts of a thinking model and what was cached", async () => {
    const content = "A long question. ".repeat(400);
    const more = { model: "gpt-5", reasoning_effort: "low" as const };
    const first = await ask(content, more);
    expect(first.usage?.completion_tokens_details?.reasoning_tokens).toBeGreaterThan(0);
    expect(first.usage?.prompt_tokens_details?.cached_tokens).toBe(0);
    const second = await ask(content, more);
    expect(second.usage?.prompt_tokens_details?.cached_tokens).toBeGreaterThanOrEqual(1024);
  });

  it("throws its typed errors", async () => {
    await expect(ask("[[simulate: status=429]] Hi")).rejects.toThrow(RateLimitError);
    await expect(ask("[[simulate: status=503]] Hi")).rejects.toThrow(InternalServerError);
    await expect(ask("Hi", { model: "no-such-model" })).rejects.toThrow(NotFoundError);
    await expect(ask("Hi", { temperature: 3 })).rejects.toMatchObject({
      param: "temperature",
      code: "decimal_above_max_value",
    });
    const spent = ask(
      "[[simulate: status=429 type=insufficient_quota code=insufficient_quota]] Hi",
    );
    await expect(spent).rejects.toMatchObject({ code: "insufficient_quota" });
    const stream = await client.chat.completions.create({
      model: "gpt-4o",
      stream: true,
      messages: [{ role: "user", content: "[[simulate: error-after=2]] Hello" }],
    });
    const drain = async () => {
      for await (const _ of stream);
    };
    await expect(drain()).rejects.toThrow(/had an error/);
  });
});

describe("OpenAI's SDK on Responses", () => {
  const ask = (
    input: OpenAI.Responses.ResponseInput | string,
    more: Partial<OpenAI.Responses.ResponseCreateParamsNonStreaming> = {},
  ) => client.responses.create({ model: "gpt-5", input, ...more });

  it("streams the very response that it answers whole", async () => {
    const input = "Tell me about rivers.";
    const stream = client.responses.stream({ model: "gpt-5", input });
    const { output_text, output, usage, id } = await stream.finalResponse();
    const whole = await ask(input);
    expect(whole.output_text).toMatch(/simulated.*Tell me about rivers\./);
    expect({ output_text, usage, id }).toEqual({
      output_text: whole.output_text,
      usage: whole.usage,
      id: whole.id,
    });
    expect(output).toMatchObject(whole.output);
  });

  it("gets encrypted thoughts with a call, sends both back, and goes on", async () => {
    const more: Partial<OpenAI.Responses.ResponseCreateParamsNonStreaming> = {
      store: false,
      include: ["reasoning.encrypted_content"],
      reasoning: { effort: "low", summary: "auto" },
      tools: [responseTool],
    };
    const question: OpenAI.Responses.ResponseInputItem = {
      role: "user",
      content: "call get_weather",
    };
    const first = await ask([question], more);
    expect(first.output.map((item) => item.type)).toEqual(["reasoning", "function_call"]);
    const [thought, call] = first.output as [
      OpenAI.Responses.ResponseReasoningItem,
      OpenAI.Responses.ResponseFunctionToolCall,
    ];
    expect(thought.summary[0]?.text).toMatch(/call get_weather/);
    expect(first.usage?.output_tokens_details.reasoning_tokens).toBeGreaterThan(0);
    const output: OpenAI.Responses.ResponseInputItem = {
      type: "function_call_output",
      call_id: call.call_id,
      output: "21 degrees",
    };
    const second = await ask([question, thought, call, output], more);
    expect(second.output_text).toContain("21 degrees");

    const forged = {
      ...thought,
      encrypted_content: `${thought.encrypted_content?.slice(0, -8)}AAAAAAAA`,
    };
    await expect(ask([question, forged, call, output], more)).rejects.toMatchObject({
      code: "invalid_encrypted_content",
    });
    const bare = { ...thought, encrypted_content: null };
    await expect(ask([question, bare, call, output], more)).rejects.toThrow(NotFoundError);
    await expect(ask([question, thought], more)).rejects.toThrow(/required following item/);
    await expect(ask([question, output], more)).rejects.toThrow(/No tool call found/);
    await expect(ask([question, call], more)).rejects.toThrow(/No tool output found/);
  });

  it("remembers what it stored", async () => {
    const first = await ask("call get_weather", { tools: [responseTool] });
    const call = first.output.at(-1) as OpenAI.Responses.ResponseFunctionToolCall;
    const output = { type: "function_call_output" as const, call_id: call.call_id, output: "rain" };
    const second = await ask([output], { previous_response_id: first.id, tools: [responseTool] });
    expect(second.output_text).toContain("rain");
    await expect(ask("Hi", { previous_response_id: "resp_0" })).rejects.toMatchObject({
      code: "previous_response_not_found",
    });
  });

  it("searches the web and cites it", async () => {
    const answer = await client.responses
      .stream({ model: "gpt-4o", input: "Search for rivers", tools: [{ type: "web_search" }] })
      .finalResponse();
    expect(answer.output.map((item) => item.type)).toEqual(["web_search_call", "message"]);
    const [part] = (answer.output[1] as OpenAI.Responses.ResponseOutputMessage).content;
    const { text, annotations } = part as OpenAI.Responses.ResponseOutputText;
    const [cited] = annotations as OpenAI.Responses.ResponseOutputText.URLCitation[];
    expect(text.slice(cited?.start_index, cited?.end_index)).toMatch(/The web says: Page 1/);
  });

  it("answers by a schema, ends at the limit, refuses on request", async () => {
    const strict = await ask("Hello", {
      text: { format: { type: "json_schema", name: "forecast", strict: true, schema: parameters } },
    });
    expect(Object.keys(JSON.parse(strict.output_text))).toEqual(["city", "days"]);
    const more = { model: "gpt-4o", max_output_tokens: 16 };
    const cut = await ask("[[simulate: text=50]] Hello", more);
    expect(cut.status).toBe("incomplete");
    expect(cut.incomplete_details).toEqual({ reason: "max_output_tokens" });
    expect(cut.usage?.output_tokens).toBe(16);
    const refused = await ask("[[simulate: refusal]] Hello");
    expect(refused.output).toMatchObject([{ content: [{ type: "refusal" }] }]);
  });

  it("counts tokens as it bills them, and lists models", async () => {
    const { input_tokens } = await client.responses.inputTokens.count({
      model: "gpt-5",
      input: "Hello",
    });
    expect((await ask("Hello")).usage?.input_tokens).toBe(input_tokens);
    const { data } = await client.models.list();
    expect(data.map((one) => one.id)).toContain("gpt-5");
    expect(await client.models.retrieve("gpt-5")).toMatchObject({ id: "gpt-5", object: "model" });
  });

  it("throws its typed errors", async () => {
    await expect(ask("Hi", { model: "no-such-model" })).rejects.toThrow(BadRequestError);
    await expect(
      ask("Hi", { model: "gpt-4o", reasoning: { effort: "low" } }),
    ).rejects.toMatchObject({
      param: "reasoning.effort",
    });
    const locked = await startSimulator({ keys: ["sk-right"] });
    const wrong = new OpenAI({ apiKey: "sk-wrong-0123456789", baseURL: locked.baseURLs.openai });
    await expect(wrong.models.list()).rejects.toThrow(AuthenticationError);
    await expect(wrong.models.list()).rejects.not.toThrow(/sk-wrong-0123456789/);
    const right = new OpenAI({ apiKey: "sk-right", baseURL: locked.baseURLs.openai });
    expect((await right.models.list()).data.length).toBeGreaterThan(0);
    await locked.close();
    const stream = client.responses.stream({
      model: "gpt-4o",
      input: "[[simulate: error-after=2]] Hi",
    });
    await expect(stream.finalResponse()).rejects.toThrow(/had an error/);
  });
});
