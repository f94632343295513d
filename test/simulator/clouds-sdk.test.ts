// Proves that the SDKs of OpenAI and Anthropic for Azure and Vertex AI, unchanged, work against the
// simulator, and that servers which only speak OpenAI's wires are simulated as they are: any model,
// and thoughts that show.

import Anthropic, {
  BadRequestError as AnthropicBadRequest,
  NotFoundError as AnthropicNotFound,
} from "@anthropic-ai/sdk";
import AnthropicVertex from "@anthropic-ai/vertex-sdk";
import OpenAI, { AuthenticationError, AzureOpenAI, BadRequestError, NotFoundError } from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";

const messages = [{ role: "user" as const, content: "Hello" }];

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ seed: 7 });
});
afterAll(() => simulator.close());

function says(content: string) {
  return [{ role: "user" as const, content }];
}

describe("OpenAI's SDK for Azure", () => {
  let client: AzureOpenAI;
  beforeAll(() => {
    const apiVersion = "2024-10-21";
    const endpoint = simulator.baseURLs.azure;
    client = new AzureOpenAI({ apiKey: "azure-0123456789", endpoint, apiVersion, maxRetries: 0 });
  });

  it("calls a deployment by its name, and is told what the filter found", async () => {
    const answer = await client.chat.completions.create({ model: "our-deployment", messages });
    expect(answer.choices[0]?.message.content).toMatch(/simulated/);
    expect(answer).toMatchObject({
      model: "gpt-4.1-2025-04-14",
      prompt_filter_results: [{ prompt_index: 0 }],
      choices: [{ content_filter_results: { hate: { filtered: false, severity: "safe" } } }],
    });
    expect(answer._request_id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("streams, with the filter's results of the prompt first", async () => {
    const stream = await client.chat.completions.create({
      model: "gpt-4o",
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks[0]).toMatchObject({ choices: [], prompt_filter_results: [{ prompt_index: 0 }] });
    expect(chunks.at(-1)?.usage?.total_tokens).toBeGreaterThan(0);
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
    const whole = await client.chat.completions.create({ model: "gpt-4o", messages });
    expect(text).toBe(whole.choices[0]?.message.content);
  });

  it("speaks Responses and chat over the v1 paths", async () => {
    const baseURL = `${simulator.baseURLs.azure}/openai/v1`;
    const v1 = new OpenAI({ apiKey: "azure-0123456789", baseURL, maxRetries: 0 });
    const answer = await v1.responses.create({ model: "our-deployment", input: "Hello" });
    expect(answer.output_text).toMatch(/simulated/);
    const chat = await v1.chat.completions.create({ model: "gpt-5", messages });
    expect(chat.usage?.completion_tokens_details?.reasoning_tokens).toBeGreaterThan(0);
  });

  it("throws its typed errors", async () => {
    const ask = (content: string, model = "gpt-4o") =>
      client.chat.completions.create({ model, messages: says(content) });
    await expect(ask("[[simulate: blocked=violence]] Hi")).rejects.toMatchObject({
      status: 400,
      code: "content_filter",
      error: {
        innererror: { content_filter_result: { violence: { filtered: true, severity: "high" } } },
      },
    });
    await expect(ask("Hi", "no-such-deployment")).rejects.toThrow(NotFoundError);
    await expect(ask("Hi", "no-such-deployment")).rejects.toMatchObject({
      code: "DeploymentNotFound",
    });
    const endpoint = simulator.baseURLs.azure;
    const early = new AzureOpenAI({ apiKey: "k", endpoint, apiVersion: "2024-06-01" });
    const late = { model: "gpt-4o", messages, max_completion_tokens: 9 };
    await expect(early.chat.completions.create(late)).rejects.toThrow(BadRequestError);
    const locked = await startSimulator({ keys: ["right"] });
    const wrong = new AzureOpenAI({
      apiKey: "wrong",
      endpoint: locked.baseURLs.azure,
      apiVersion: "2024-10-21",
    });
    const refused = wrong.chat.completions.create({ model: "gpt-4o", messages });
    await expect(refused).rejects.toThrow(AuthenticationError);
    await locked.close();
  });
});

describe("Anthropic's SDK at clouds", () => {
  it("calls Claude at Azure", async () => {
    const baseURL = `${simulator.baseURLs.azure}/anthropic`;
    const client = new Anthropic({ apiKey: "azure-0123456789", baseURL, maxRetries: 0 });
    const answer = await client.messages.create({ model: "ours", max_tokens: 300, messages });
    expect(answer).toMatchObject({ stop_reason: "end_turn", model: /claude/ });
    const counted = await client.messages.countTokens({ model: "ours", messages });
    expect(answer.usage.input_tokens).toBe(counted.input_tokens);
  });

  it("calls, streams and counts on Vertex AI", async () => {
    const authClient = {
      getRequestHeaders: async () => new Headers({ authorization: "Bearer ya29.simulated" }),
    };
    const options = {
      region: "europe-west4",
      projectId: "simulated-project",
      baseURL: `${simulator.baseURLs.vertex}/v1`,
      maxRetries: 0,
      authClient,
    };
    // A stand-in for Google's own client of credentials, of which the SDK asks for headers alone.
    const client = new AnthropicVertex(
      options as unknown as ConstructorParameters<typeof AnthropicVertex>[0],
    );
    const params = { model: "claude-sonnet-4-5@20250929", max_tokens: 300, messages };
    const whole = await client.messages.create(params);
    expect(whole.model).toBe("claude-sonnet-4-5-20250929");
    expect(whole.id).toMatch(/^msg_vrtx_01/);
    expect((await client.messages.stream(params).finalMessage()).content).toEqual(whole.content);
    const { input_tokens } = await client.messages.countTokens({ model: params.model, messages });
    expect(whole.usage.input_tokens).toBe(input_tokens);
    await expect(client.messages.create({ ...params, model: "gpt-4o" })).rejects.toThrow(
      AnthropicNotFound,
    );
    await expect(client.messages.create({ ...params, max_tokens: 0 })).rejects.toThrow(
      AnthropicBadRequest,
    );
  });

  it("wants a version and no model in the body on Vertex AI, and a token", async () => {
    const model = "claude-sonnet-4-5@20250929";
    const path = `/v1/projects/p/locations/global/publishers/anthropic/models/${model}:rawPredict`;
    const send = async (body: object, headers: Record<string, string> = {}) => {
      const reply = await fetch(simulator.url + path, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: "Bearer t", ...headers },
        body: JSON.stringify({ max_tokens: 9, messages, ...body }),
      });
      return [reply.status, await reply.text()];
    };
    const anthropic_version = "vertex-2023-10-16";
    expect((await send({ anthropic_version }))[0]).toBe(200);
    expect(await send({})).toEqual([400, expect.stringContaining("anthropic_version")]);
    expect(await send({ anthropic_version: "bedrock-2023-05-31" })).toEqual([
      400,
      expect.stringContaining("vertex-2023-10-16"),
    ]);
    expect(await send({ anthropic_version, model })).toEqual([
      400,
      expect.stringContaining("model: Extra inputs"),
    ]);
    expect(await send({ anthropic_version }, { authorization: "" })).toEqual([
      401,
      expect.stringContaining("UNAUTHENTICATED"),
    ]);
  });
});

describe("OpenAI's SDK at other servers", () => {
  it("gets thoughts as the server's models give them, from any model", async () => {
    const client = new OpenAI({
      apiKey: "any",
      baseURL: simulator.baseURLs.compatible,
      maxRetries: 0,
    });
    const ask = async (model: string) => {
      const { choices } = await client.chat.completions.create({ model, messages });
      return choices[0]?.message as unknown as Record<string, string>;
    };
    expect((await ask("deepseek-reasoner")).reasoning_content).toContain("Hello");
    expect((await ask("openai/gpt-oss-120b")).reasoning).toContain("Hello");
    const plain = await ask("our-own-model");
    expect(plain.content).toMatch(/simulated answer from our-own-model/);
    expect(plain).not.toHaveProperty("reasoning_content");
    const stream = await client.chat.completions.create({
      model: "deepseek-reasoner",
      messages,
      stream: true,
    });
    let thoughts = "";
    for await (const { choices } of stream) {
      const delta = choices[0]?.delta as { reasoning_content?: string } | undefined;
      thoughts += delta?.reasoning_content ?? "";
    }
    expect(thoughts).toBe((await ask("deepseek-reasoner")).reasoning_content);
  });
});
