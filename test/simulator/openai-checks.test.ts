// Proves that the simulated OpenAI refuses wrong requests, on both wires, with the provider's
// status, code, parameter and words.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";
import { chat, post, responses } from "./client.ts";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

const user = { role: "user", content: "Hi" };
const call = { id: "call_1", type: "function", function: { name: "get_time", arguments: "{}" } };
const result = { role: "tool", tool_call_id: "call_1", content: "noon" };
const open = { type: "object", properties: { a: {} } };
const closed = { ...open, additionalProperties: false };
const turns = (...messages: object[]) => chat("", { messages });
const fn = (more: object) => ({ tools: [{ type: "function", function: { name: "f", ...more } }] });
const tool = (more: object) => ({ tools: [{ type: "function", name: "f", ...more }] });

type Case = readonly [
  title: string,
  body: object,
  param: string | null,
  code: string | null,
  words: RegExp,
];

const tooLong = "x".repeat(1_700_000);
const chatCases: readonly Case[] = [
  ["no model", { messages: [user] }, null, null, /provide a model parameter/],
  ["no messages", { model: "gpt-4o" }, "messages", "missing_required_parameter", /'messages'/],
  ["empty messages", turns(), "messages", "empty_array", /Expected an array with minimum length 1/],
  [
    "an unknown field",
    chat("Hi", { foo: 1 }),
    null,
    null,
    /Unrecognized request argument supplied: foo/,
  ],
  ["an unknown role", turns({ role: "bot" }), "messages[0].role", "invalid_value", /'bot'/],
  [
    "a field of no message",
    turns({ ...user, foo: 1 }),
    "messages[0].foo",
    "unknown_parameter",
    /foo/,
  ],
  [
    "heat",
    chat("Hi", { temperature: 3 }),
    "temperature",
    "decimal_above_max_value",
    /<= 2, but got 3/,
  ],
  [
    "cold",
    chat("Hi", { temperature: -1 }),
    "temperature",
    "decimal_below_min_value",
    />= 0, but got -1/,
  ],
  [
    "messages as text",
    { model: "gpt-4o", messages: "Hi" },
    "messages",
    "invalid_type",
    /but got a string/,
  ],
  ["too many choices", chat("Hi", { n: 200 }), "n", "integer_above_max_value", /<= 128/],
  [
    "no tokens",
    chat("Hi", { max_tokens: 0 }),
    "max_tokens",
    "integer_below_min_value",
    />= 1, but got 0/,
  ],
  [
    "a result without a call",
    turns(user, result),
    "messages.[1].role",
    null,
    /must be a response to/,
  ],
  [
    "a call without a result",
    turns(user, { role: "assistant", tool_calls: [call] }, user),
    "messages.[2].role",
    null,
    /did not have response messages: call_1/,
  ],
  [
    "a choice without tools",
    chat("Hi", { tool_choice: "auto" }),
    "tool_choice",
    null,
    /'tools' are/,
  ],
  [
    "options without a stream",
    chat("Hi", { stream_options: {} }),
    "stream_options",
    null,
    /'stream' is/,
  ],
  [
    "a strict tool that is open",
    chat("Hi", fn({ parameters: open, strict: true })),
    "tools[0].function.parameters",
    "invalid_function_parameters",
    /In context=\(\), 'additionalProperties' is required to be supplied and to be false/,
  ],
  [
    "a strict tool that requires too little",
    chat("Hi", fn({ parameters: closed, strict: true })),
    "tools[0].function.parameters",
    "invalid_function_parameters",
    /Missing 'a'/,
  ],
  [
    "a strict form that is open within",
    chat("Hi", {
      response_format: {
        type: "json_schema",
        json_schema: {
          name: "x",
          strict: true,
          schema: { ...closed, properties: { a: open }, required: ["a"] },
        },
      },
    }),
    "response_format",
    null,
    /In context=\('properties', 'a'\)/,
  ],
  [
    "JSON that nobody spoke of",
    chat("Hi", { response_format: { type: "json_object" } }),
    "messages",
    null,
    /word 'json'/,
  ],
  [
    "old limits of a thinking model",
    chat("Hi", { model: "gpt-5", max_tokens: 9 }),
    "max_tokens",
    "unsupported_parameter",
    /max_completion_tokens/,
  ],
  [
    "knobs of a thinking model",
    chat("Hi", { model: "o4-mini", temperature: 0 }),
    "temperature",
    "unsupported_value",
    /Only the default \(1\)/,
  ],
  [
    "stops of a thinking model",
    chat("Hi", { model: "gpt-5", stop: "x" }),
    "stop",
    "unsupported_parameter",
    /'stop' is not supported/,
  ],
  [
    "five stop sequences",
    chat("Hi", { stop: ["a", "b", "c", "d", "e"] }),
    "stop",
    "array_above_max_length",
    /maximum length 4/,
  ],
  [
    "an effort of newer models",
    chat("Hi", { model: "o4-mini", reasoning_effort: "minimal" }),
    "reasoning_effort",
    "unsupported_value",
    /Supported values are: 'low', 'medium', and 'high'/,
  ],
  [
    "a picture of no known kind",
    turns({
      role: "user",
      content: [{ type: "image_url", image_url: { url: "data:image/tiff;base64,AAAA" } }],
    }),
    null,
    "invalid_image_format",
    /unsupported image/,
  ],
  [
    "a prompt that is too long",
    chat(tooLong),
    "messages",
    "context_length_exceeded",
    /maximum context length is 400000 tokens/,
  ],
];

const responseCases: readonly Case[] = [
  ["no model", { input: "Hi" }, "model", "missing_required_parameter", /'model'/],
  [
    "an unknown field",
    responses("Hi", { foo: 1 }),
    "foo",
    "unknown_parameter",
    /Unknown parameter: 'foo'/,
  ],
  ["heat", responses("Hi", { temperature: 3 }), "temperature", "decimal_above_max_value", /<= 2/],
  [
    "few tokens",
    responses("Hi", { max_output_tokens: 5 }),
    "max_output_tokens",
    "integer_below_min_value",
    />= 16/,
  ],
  [
    "an unknown item",
    { model: "gpt-4o", input: [{ type: "song" }] },
    "input[0].type",
    "invalid_value",
    /'song'/,
  ],
  [
    "an unknown part",
    { model: "gpt-4o", input: [{ role: "user", content: [{ type: "text", text: "" }] }] },
    "input[0].content[0].type",
    "invalid_value",
    /'text'/,
  ],
  [
    "an unknown model",
    responses("Hi", { model: "no-such" }),
    "model",
    "model_not_found",
    /'no-such' does not exist/,
  ],
  [
    "a strict tool that is open",
    responses("Hi", tool({ parameters: open, strict: true })),
    "tools[0].parameters",
    "invalid_function_parameters",
    /additionalProperties/,
  ],
  [
    "a choice of no tool",
    responses("Hi", { ...tool({}), tool_choice: { type: "function", name: "g" } }),
    "tool_choice",
    null,
    /not found/,
  ],
  [
    "thoughts of a model that has none",
    responses("Hi", { reasoning: { effort: "low" } }),
    "reasoning.effort",
    "unsupported_parameter",
    /not supported/,
  ],
  [
    "a thought of somebody else",
    {
      model: "gpt-5",
      input: [{ type: "reasoning", id: "rs_1", summary: [], encrypted_content: "x" }],
    },
    null,
    "invalid_encrypted_content",
    /could not be verified/,
  ],
  [
    "an effort of newer models",
    responses("Hi", { model: "o4-mini", reasoning: { effort: "minimal" } }),
    "reasoning.effort",
    "unsupported_value",
    /Supported values are/,
  ],
  [
    "a prompt that is too long",
    responses(tooLong),
    "input",
    "context_length_exceeded",
    /exceeds the context window/,
  ],
  [
    "work in the background",
    responses("Hi", { background: true }),
    "background",
    null,
    /not simulated/,
  ],
];

describe.each([
  ["/v1/chat/completions", chatCases],
  ["/v1/responses", responseCases],
])("the simulated OpenAI on %s", (path, cases) => {
  it.each(cases)("refuses %s", async (_title, body, param, code, words) => {
    const reply = await post(simulator, path, body);
    expect(reply.status).toBe(400);
    const { error } = reply.json();
    expect(error).toMatchObject({ type: "invalid_request_error", param, code });
    expect(error.message).toMatch(words);
    expect(reply.headers.get("x-request-id")).toMatch(/^req_[0-9a-f]{32}$/);
    expect(reply.headers.get("openai-processing-ms")).toMatch(/^\d+$/);
  });

  it("wants a key, JSON, and a path and method it has", async () => {
    const body = path.endsWith("responses") ? responses("Hi") : chat("Hi");
    const status = async (sent: unknown, headers: Record<string, string>, where = path) =>
      (await post(simulator, where, sent, headers)).status;
    expect(await status(body, {})).toBe(200);
    expect(await status(body, { authorization: "Bearer " })).toBe(401);
    expect(await status("{", {})).toBe(400);
    expect(await status(body, { "content-type": "text/plain" })).toBe(415);
    expect(await status(body, {}, "/v1/nothing")).toBe(404);
    const headers = { authorization: "Bearer k" };
    expect((await fetch(simulator.url + path, { headers })).status).toBe(405);
  });

  it("tells what is left of the limits", async () => {
    const body = path.endsWith("responses") ? responses("Hi") : chat("Hi");
    const { headers } = await post(simulator, path, body);
    expect(headers.get("x-ratelimit-remaining-requests")).toBe("4999");
    expect(headers.get("x-ratelimit-reset-tokens")).toMatch(/^\d+ms$/);
  });
});

describe("the simulated OpenAI", () => {
  it.each(["no-such-model", "gpt-4-nonexistent", "claude-haiku-4-5", "text-davinci-003"])(
    "does not know the model %s",
    async (model) => {
      const reply = await post(simulator, "/v1/chat/completions", chat("Hi", { model }));
      expect(reply.status).toBe(404);
      expect(reply.json().error).toMatchObject({ code: "model_not_found", param: null });
    },
  );

  it("says of a retired model that it is retired", async () => {
    const reply = await post(
      simulator,
      "/v1/chat/completions",
      chat("Hi", { model: "gpt-3.5-turbo-0613" }),
    );
    expect([reply.status, reply.json().error.message]).toEqual([
      404,
      "The model `gpt-3.5-turbo-0613` has been deprecated.",
    ]);
  });

  it.each([
    "gpt-4",
    "gpt-4-turbo",
    "gpt-3.5-turbo",
    "gpt-4o",
    "gpt-4.1-nano",
    "gpt-5.6-sol",
    "o3-mini",
    "chatgpt-4o-latest",
    "ft:gpt-4o:me::id",
  ])("knows the model %s", async (model) => {
    expect((await post(simulator, "/v1/chat/completions", chat("Hi", { model }))).status).toBe(200);
  });

  it("shows no more of a wrong key than its ends", async () => {
    const locked = await startSimulator({ keys: ["sk-right"] });
    const key = "sk-wrong-0123456789";
    const reply = await post(locked, "/v1/responses", responses("Hi"), {
      authorization: `Bearer ${key}`,
    });
    expect(reply.status).toBe(401);
    expect(reply.text).toContain("sk-wrong*******6789");
    expect(reply.text).not.toContain(key);
    await locked.close();
  });
});
