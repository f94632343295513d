// Proves that the simulated Mistral and Bedrock refuse wrong requests with the provider's status
// and words, and that Azure and Cohere keep to rules of their own.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";
import { post } from "./client.ts";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

const user = { role: "user", content: "Hi" };
const call = (id: string) => ({ id, type: "function", function: { name: "f", arguments: "{}" } });
const made = { role: "assistant", tool_calls: [call("abcdefGH1")] };
const result = { role: "tool", tool_call_id: "abcdefGH1", content: "ok" };
const turns = (...messages: object[]) => ({ messages });

describe("the simulated Mistral", () => {
  const send = (body: object) =>
    post(simulator, "/mistral/v1/chat/completions", {
      model: "mistral-small-latest",
      messages: [user],
      ...body,
    });

  it.each<[string, object, string, (string | number)[]]>([
    ["seed", { seed: 1 }, "extra_forbidden", ["body", "seed"]],
    [
      "max_completion_tokens",
      { max_completion_tokens: 1 },
      "extra_forbidden",
      ["body", "max_completion_tokens"],
    ],
    [
      "a field of a message",
      turns({ ...user, refusal: null }),
      "extra_forbidden",
      ["body", "messages", 0, "user", "refusal"],
    ],
    ["a hot temperature", { temperature: 1.6 }, "less_than_equal", ["body", "temperature"]],
    ["text for a number", { max_tokens: "9" }, "int_type", ["body", "max_tokens"]],
    [
      "a tool without parameters",
      { tools: [{ type: "function", function: { name: "f" } }] },
      "missing",
      ["body", "tools", 0, "function", "function", "parameters"],
    ],
    ["a choice nobody knows", { tool_choice: "always" }, "enum", ["body", "tool_choice"]],
  ])("refuses %s with 422", async (_title, body, type, loc) => {
    const reply = await send(body);
    expect(reply.status).toBe(422);
    expect(reply.json().detail).toEqual([expect.objectContaining({ type, loc })]);
  });

  it.each<[string, object, string, RegExp]>([
    ["an unknown model", { model: "gpt-4o" }, "1500", /^Invalid model: gpt-4o$/],
    [
      "a user after a tool",
      turns(user, made, result, user),
      "3230",
      /role 'user' after role 'tool'/,
    ],
    ["a tool after a user", turns(user, result), "3230", /role 'tool' after role 'user'/],
    [
      "a system after an assistant",
      turns(user, { role: "assistant", content: "a" }, { role: "system", content: "b" }, user),
      "3230",
      /'system' after role 'assistant'/,
    ],
    [
      "an assistant last",
      turns(user, { role: "assistant", content: "a" }),
      "3230",
      /Expected last role User or Tool/,
    ],
    [
      "a missing result",
      turns(user, made, { role: "assistant", content: "a" }, user),
      "3230",
      /Not the same number/,
    ],
    [
      "a long id",
      turns(
        user,
        { role: "assistant", tool_calls: [call("call_12345678")] },
        { ...result, tool_call_id: "call_12345678" },
      ),
      "3280",
      /with a length of 9/,
    ],
    [
      "nothing of an assistant",
      turns(user, { role: "assistant" }, user),
      "3240",
      /either content or tool_calls/,
    ],
    ["probabilities", { logprobs: true }, "3051", /Logprobs are not enabled/],
  ])("refuses %s with its own code", async (_title, body, code, words) => {
    const reply = await send(body);
    expect(reply.status).toBe(400);
    const { object, message, ...rest } = reply.json();
    expect([object, rest.code, rest.raw_status_code]).toEqual(["error", code, 400]);
    expect(message).toMatch(words);
  });

  it("takes a begun answer, random_seed, and system messages after a user's", async () => {
    const begun = { role: "assistant", content: "Well", prefix: true };
    expect((await send(turns(user, begun))).status).toBe(200);
    expect((await send({ random_seed: 1, safe_prompt: true })).status).toBe(200);
    expect((await send(turns(user, { role: "system", content: "b" }, user))).status).toBe(200);
    expect((await send(turns(user, made, result))).status).toBe(200);
  });
});

describe("the simulated Bedrock", () => {
  const said = { role: "user", content: [{ text: "Hi" }] };
  const use = { toolUse: { toolUseId: "t1", name: "f", input: {} } };
  const outcome = { toolResult: { toolUseId: "t1", content: [{ text: "ok" }] } };
  const toolConfig = { tools: [{ toolSpec: { name: "f", inputSchema: { json: {} } } }] };
  const claude = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
  const nova = "us.amazon.nova-pro-v1:0";
  const send = (body: object, model = claude) =>
    post(simulator, `/model/${encodeURIComponent(model)}/converse`, { messages: [said], ...body });

  it.each<[string, object, RegExp, string?]>([
    ["an unknown model", {}, /identifier is invalid/, "us.does-not-exist-v1:0"],
    [
      "a model that wants a profile",
      {},
      /with on-demand throughput isn’t supported/,
      "deepseek.r1-v1:0",
    ],
    ["no messages", { messages: [] }, /at least one message/],
    [
      "an assistant first",
      { messages: [{ ...said, role: "assistant" }, said] },
      /start with a user message/,
      nova,
    ],
    [
      "a role of others",
      { messages: [{ ...said, role: "tool" }] },
      /'messages\.1\.member\.role' failed to satisfy.*enum value set: \[user, assistant\]/,
    ],
    [
      "a block of two kinds",
      { messages: [{ role: "user", content: [{ text: "a", ...use }] }] },
      /must set one of the following keys/,
    ],
    ["empty text", { messages: [{ role: "user", content: [{ text: "" }] }] }, /is blank/],
    [
      "calls without tools",
      {
        messages: [
          said,
          { role: "assistant", content: [use] },
          { role: "user", content: [outcome] },
        ],
      },
      /toolConfig field must be defined/,
    ],
    [
      "a call without a result",
      { toolConfig, messages: [said, { role: "assistant", content: [use] }, said] },
      /Expected toolResult blocks at messages\.2\.content.*t1/,
    ],
    [
      "a result without a call",
      { toolConfig, messages: [{ role: "user", content: [outcome] }] },
      /exceeds the number of toolUse blocks/,
    ],
    [
      "a wrong tool name",
      { toolConfig: { tools: [{ toolSpec: { name: "a b", inputSchema: { json: {} } } }] } },
      /regular expression pattern/,
    ],
    [
      "no tokens",
      { inferenceConfig: { maxTokens: 0 } },
      /'inferenceConfig\.maxTokens'.*greater than or equal to 1/,
    ],
    [
      "a video for Claude",
      {
        messages: [
          { role: "user", content: [{ video: { format: "mp4", source: { bytes: "AAAA" } } }] },
        ],
      },
      /doesn't support the video content block/,
    ],
    [
      "a field that Claude does not know",
      { additionalModelRequestFields: { foo: 1 } },
      /errors: foo: Extra inputs are not permitted/,
    ],
    [
      "tools for a model without",
      { toolConfig },
      /doesn't support tool use/,
      "amazon.titan-text-lite-v1",
    ],
  ])("refuses %s", async (_title, body, words, model) => {
    const reply = await send(body, model);
    expect(reply.status, reply.text).toBe(400);
    expect(reply.headers.get("x-amzn-errortype")).toMatch(/^ValidationException:/);
    expect(reply.json().message).toMatch(words);
  });

  it("reads over members that it does not know, and takes neighbours of one role", async () => {
    expect((await send({ foo: 1, messages: [said, said] })).status).toBe(200);
    expect(
      (await send({}, "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.x")).status,
    ).toBe(200);
  });
});

describe("the simulated Azure and Cohere", () => {
  const headers = { "api-key": "k", authorization: "" };

  it("want the version that a path takes", async () => {
    const chat = async (path: string) => {
      const body = { model: "gpt-4o", messages: [user] };
      return (await post(simulator, path, body, headers)).status;
    };
    expect(await chat("/openai/deployments/gpt-4o/chat/completions")).toBe(404);
    expect(await chat("/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21")).toBe(
      200,
    );
    expect(await chat("/openai/v1/chat/completions")).toBe(200);
    expect(await chat("/openai/v1/chat/completions?api-version=preview")).toBe(200);
    expect(await chat("/openai/v1/chat/completions?api-version=2024-10-21")).toBe(400);
  });

  it("refuse what they do not know", async () => {
    const body = { model: "command-a-03-2025", messages: [user], tool_choice: "auto" };
    expect((await post(simulator, "/v2/chat", body)).status).toBe(422);
    const azure = { model: "gpt-4o", messages: [user], foo: 1 };
    const reply = await post(simulator, "/openai/v1/chat/completions", azure, headers);
    expect(reply.json().error.message).toBe("Unrecognized request argument supplied: foo");
  });
});
