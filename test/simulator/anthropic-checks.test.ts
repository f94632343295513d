// Proves that the simulated Anthropic refuses wrong requests with the provider's status, type and
// words.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";
import { message, post } from "./client.ts";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

const path = "/v1/messages";
const user = { role: "user", content: "Hi" };
const use = { type: "tool_use", id: "toolu_1", name: "get_time", input: {} };
const result = { type: "tool_result", tool_use_id: "toolu_1", content: "noon" };
const tool = { name: "get_time", input_schema: { type: "object" } };
const mark = { type: "text", text: "Hi", cache_control: { type: "ephemeral" } };
const turns = (...messages: object[]) => message("", { messages });

const invalid: readonly [title: string, body: object, words: string | RegExp][] = [
  ["no max_tokens", { model: "claude-haiku-4-5", messages: [user] }, "max_tokens: Field required"],
  ["no model", { max_tokens: 5, messages: [user] }, "model: Field required"],
  ["no messages", { model: "claude-haiku-4-5", max_tokens: 5 }, "messages: Field required"],
  ["empty messages", turns(), "messages: at least one message is required"],
  ["an unknown field", message("Hi", { foo: 1 }), "foo: Extra inputs are not permitted"],
  [
    "an unknown field of a block",
    turns({ role: "user", content: [{ type: "text", text: "Hi", foo: 1 }] }),
    "messages.0.content.0.text.foo: Extra inputs are not permitted",
  ],
  [
    "an unknown block",
    turns({ role: "user", content: [{ type: "song" }] }),
    /^messages\.0\.content\.0: Input tag 'song' found using 'type' does not match/,
  ],
  ["a system message", turns({ role: "system", content: "Hi" }, user), /Unexpected role "system"/],
  [
    "a system message first",
    message("", { model: "claude-opus-4-8", messages: [{ role: "system", content: "Hi" }, user] }),
    /first message must use/,
  ],
  ["an unknown role", turns({ role: "bot", content: "Hi" }), /^messages\.0\.role: Input should be/],
  ["the assistant first", turns({ role: "assistant", content: "Hi" }), /first message must use/],
  ["an empty message", turns({ role: "user", content: "" }), /must have non-empty content/],
  ["a hot temperature", message("Hi", { temperature: 1.5 }), "temperature: range: 0..1"],
  ["a temperature as text", message("Hi", { temperature: "1" }), /should be a valid number/],
  ["no tokens", message("Hi", { max_tokens: 0 }), /^max_tokens: Input should be greater than/],
  [
    "a knob of older models",
    message("Hi", { model: "claude-opus-4-8", temperature: 1 }),
    "`temperature` is deprecated for this model.",
  ],
  [
    "a result without a call",
    turns({ role: "user", content: [result] }),
    /^messages\.0\.content\.0: unexpected `tool_use_id`/,
  ],
  [
    "a call without a result",
    turns(user, { role: "assistant", content: [use] }, user),
    /^messages\.1: `tool_use` ids were found without `tool_result`.*toolu_1/,
  ],
  ["two tools of one name", message("Hi", { tools: [tool, tool] }), /Tool names must be unique/],
  [
    "a schema that is no object",
    message("Hi", { tools: [{ ...tool, input_schema: {} }] }),
    "tools.0.custom.input_schema.type: Field required",
  ],
  ["a wrong name", message("Hi", { tools: [{ ...tool, name: "a b" }] }), /should match pattern/],
  [
    "a choice of no tool",
    message("Hi", { tools: [tool], tool_choice: { type: "tool", name: "other" } }),
    "Tool 'other' not found in provided tools",
  ],
  [
    "forced tools while thinking",
    message("Hi", {
      tools: [tool],
      tool_choice: { type: "any" },
      thinking: { type: "enabled", budget_tokens: 1024 },
    }),
    /Thinking may not be enabled when tool_choice forces tool use/,
  ],
  [
    "a budget over max_tokens",
    message("Hi", { thinking: { type: "enabled", budget_tokens: 4000 } }),
    /must be greater than `thinking.budget_tokens`/,
  ],
  [
    "a small budget",
    message("Hi", { thinking: { type: "enabled", budget_tokens: 10 } }),
    /^thinking\.enabled\.budget_tokens: Input should be greater than or equal to 1024/,
  ],
  [
    "five cache marks",
    turns({ role: "user", content: [mark, mark, mark, mark, mark] }),
    "A maximum of 4 blocks with cache_control may be provided. Found 5.",
  ],
  [
    "a picture of no known kind",
    turns({
      role: "user",
      content: [{ type: "image", source: { type: "base64", media_type: "image/tiff", data: "" } }],
    }),
    /media_type: Input should be 'image\/jpeg', 'image\/png', 'image\/gif' or 'image\/webp'/,
  ],
  [
    "a begun answer that ends in a space",
    turns(user, { role: "assistant", content: "Well " }),
    /cannot end with trailing whitespace/,
  ],
  [
    "a begun answer for a model that takes none",
    message("", {
      model: "claude-sonnet-5",
      messages: [user, { role: "assistant", content: "Well" }],
    }),
    /does not support assistant message prefill/,
  ],
  ["a beta field without its header", message("Hi", { mcp_servers: [] }), /Extra inputs/],
  ["a prompt that is too long", message("x".repeat(900_000)), /prompt is too long: \d+ tokens > /],
  ["a directive nobody knows", message("[[simulate: foo=1]] Hi"), /unknown word.*foo=1/],
];

describe("the simulated Anthropic", () => {
  it.each(invalid)("refuses %s", async (_title, body, words) => {
    const reply = await post(simulator, path, body);
    expect(reply.status).toBe(400);
    const { type, error, request_id } = reply.json();
    expect({ type, kind: error.type }).toEqual({ type: "error", kind: "invalid_request_error" });
    if (words instanceof RegExp) expect(error.message).toMatch(words);
    else expect(error.message).toBe(words);
    expect(reply.headers.get("request-id")).toBe(request_id);
    expect(reply.headers.get("x-should-retry")).toBe("false");
  });

  it.each(["claude-2.1", "claude-instant-1.2", "claude-4-5-haiku", "gpt-4o"])(
    "does not know the model %s",
    async (model) => {
      const reply = await post(simulator, path, message("Hi", { model }));
      expect(reply.status).toBe(404);
      expect(reply.json().error).toEqual({ type: "not_found_error", message: `model: ${model}` });
    },
  );

  it.each([
    "claude-3-opus",
    "claude-3-sonnet",
    "claude-3-haiku",
    "claude-3.5-sonnet",
    "claude-fable-5",
  ])("knows the model %s", async (model) => {
    expect((await post(simulator, path, message("Hi", { model }))).status).toBe(200);
  });

  it("takes what only newer models take", async () => {
    const said = (role: string) => ({ role, content: "Be kind." });
    const messages = [said("assistant"), said("system"), user];
    const more = { thinking: { type: "adaptive" }, tools: [tool], tool_choice: { type: "any" } };
    const body = message("", { model: "claude-opus-4-8", messages, ...more });
    expect((await post(simulator, path, body)).status).toBe(200);
  });

  it("takes a field of a beta with its header", async () => {
    const headers = { "anthropic-beta": "mcp-client-2025-11-20" };
    expect((await post(simulator, path, message("Hi", { mcp_servers: [] }), headers)).status).toBe(
      200,
    );
  });

  it("wants a key, a version, JSON, and a path and method it has", async () => {
    const status = async (body: unknown, headers: Record<string, string>, where = path) => {
      const reply = await post(simulator, where, body, headers);
      return [reply.status, reply.json().error.type];
    };
    expect(await status(message("Hi"), { "x-api-key": "" })).toEqual([401, "authentication_error"]);
    expect(await status(message("Hi"), { "anthropic-version": "" })).toEqual([
      400,
      "invalid_request_error",
    ]);
    expect(await status("{", {})).toEqual([400, "invalid_request_error"]);
    expect(await status("[]", {})).toEqual([400, "invalid_request_error"]);
    expect(await status("{}", { "content-type": "text/plain" })).toEqual([
      415,
      "invalid_request_error",
    ]);
    expect(await status({}, {}, "/v1/messages/other")).toEqual([404, "not_found_error"]);
    const headers = { "x-api-key": "k", "anthropic-version": "2023-06-01" };
    expect((await fetch(simulator.url + path, { headers })).status).toBe(405);
  });

  it("takes the key as a bearer token too", async () => {
    const headers = { "x-api-key": "", authorization: "Bearer k" };
    const { "x-api-key": _none, ...bearer } = headers;
    const reply = await fetch(simulator.url + path, {
      method: "POST",
      headers: { ...bearer, "content-type": "application/json", "anthropic-version": "2023-06-01" },
      body: JSON.stringify(message("Hi")),
    });
    expect(reply.status).toBe(200);
  });

  it("tells what is left of the limits", async () => {
    const { headers } = await post(simulator, path, message("Hi"));
    expect(headers.get("anthropic-ratelimit-requests-remaining")).toBe("3999");
    expect(headers.get("anthropic-ratelimit-tokens-reset")).toMatch(/^\d{4}-\d\d-\d\dT[\d:]+Z$/);
  });
});
