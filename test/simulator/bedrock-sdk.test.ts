// Proves that AWS's own SDK and Anthropic's for Bedrock, unchanged, work against the simulator:
// signatures that are verified, binary streams whose checksums their own codec verifies, tools,
// signed thoughts, images, schemas, caches, counts, exceptions in streams and typed errors.
import AnthropicBedrock from "@anthropic-ai/bedrock-sdk";
import {
  AccessDeniedException,
  BedrockRuntimeClient,
  type ContentBlock,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  CountTokensCommand,
  InvokeModelCommand,
  type Message,
  ModelStreamErrorException,
  ThrottlingException,
  ValidationException,
} from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { simulatedAWSCredentials } from "../../src/simulator/bedrock/signature.ts";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";

const modelId = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const region = "eu-west-1";
const toolConfig: ConverseCommandInput["toolConfig"] = {
  tools: [
    {
      toolSpec: {
        name: "get_weather",
        inputSchema: {
          json: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
        },
      },
    },
  ],
};

let simulator: Simulator;
let client: BedrockRuntimeClient;
beforeAll(async () => {
  simulator = await startSimulator({ seed: 7 });
  client = clientWith(simulatedAWSCredentials.secretAccessKey);
});
afterAll(() => simulator.close());

function clientWith(secretAccessKey: string): BedrockRuntimeClient {
  return new BedrockRuntimeClient({
    region,
    endpoint: simulator.baseURLs.bedrock,
    credentials: { accessKeyId: simulatedAWSCredentials.accessKeyId, secretAccessKey },
    maxAttempts: 1,
    // The SDK's usual handler speaks HTTP/2 alone.
    requestHandler: new NodeHttpHandler(),
  });
}

function input(said: string | Message[], more: Partial<ConverseCommandInput> = {}) {
  const messages: Message[] =
    typeof said === "string" ? [{ role: "user", content: [{ text: said }] }] : said;
  return { modelId, messages, ...more };
}

async function ask(said: string | Message[], more: Partial<ConverseCommandInput> = {}) {
  const { output, ...rest } = await client.send(new ConverseCommand(input(said, more)));
  return { content: output?.message?.content ?? [], ...rest };
}

async function events(said: string, more: Partial<ConverseCommandInput> = {}) {
  const { stream } = await client.send(new ConverseStreamCommand(input(said, more)));
  const all: ConverseStreamOutput[] = [];
  for await (const event of stream ?? []) all.push(event);
  return all;
}

function textIn(content: readonly ContentBlock[]): string {
  return content.map(({ text }) => text ?? "").join("");
}

describe("AWS's SDK", () => {
  it("gets an answer that says it is simulated, by a signed request", async () => {
    const answer = await ask("Where is Zürich? 🏔️");
    expect(textIn(answer.content)).toMatch(/simulated.*Where is Zürich\? 🏔️/);
    expect(answer.stopReason).toBe("end_turn");
    const { inputTokens = 0, outputTokens = 0, totalTokens } = answer.usage ?? {};
    expect(totalTokens).toBe(inputTokens + outputTokens);
    expect(answer.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("streams the very text that it answers whole", async () => {
    const all = await events("Rivers?");
    const text = all.map((event) => event.contentBlockDelta?.delta?.text ?? "").join("");
    expect(text).toBe(textIn((await ask("Rivers?")).content));
    expect(all[0]?.messageStart?.role).toBe("assistant");
    expect(all.at(-2)?.messageStop?.stopReason).toBe("end_turn");
    expect(all.at(-1)?.metadata?.usage?.outputTokens).toBeGreaterThan(0);
  });

  it("is refused with a wrong secret, and with another service's scope", async () => {
    const wrong = clientWith("wrong");
    const failed = wrong.send(new ConverseCommand(input("Hi")));
    await expect(failed).rejects.toMatchObject({
      name: "InvalidSignatureException",
      $metadata: { httpStatusCode: 403 },
    });
    const authorization =
      "AWS4-HMAC-SHA256 Credential=ANY/20260101/eu-west-1/s3/aws4_request, " +
      `SignedHeaders=host;x-amz-date, Signature=${"0".repeat(64)}`;
    const raw = async (headers: Record<string, string>) => {
      const reply = await fetch(`${simulator.url}/model/${modelId}/converse`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(input("Hi")),
      });
      return [reply.status, reply.headers.get("x-amzn-errortype")?.split(":")[0]];
    };
    const date = { "x-amz-date": "20260101T000000Z" };
    expect(await raw({ authorization, ...date })).toEqual([403, "InvalidSignatureException"]);
    const right = authorization.replace("/s3/", "/bedrock/");
    expect(await raw({ authorization: right, ...date })).toEqual([200, undefined]);
    expect(await raw({ authorization: right })).toEqual([403, "InvalidSignatureException"]);
    const short = right.replace(/Signature=.*/, "Signature=12");
    expect(await raw({ authorization: short, ...date })).toEqual([
      403,
      "IncompleteSignatureException",
    ]);
    expect(await raw({})).toEqual([403, "MissingAuthenticationTokenException"]);
    expect(await raw({ authorization: "Bearer ABSK-simulated" })).toEqual([200, undefined]);
  });

  it("gets signed thoughts, sends them back with a tool's result, and goes on", async () => {
    const more = {
      toolConfig,
      additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 1024 } },
    };
    const first = await ask("call get_weather", more);
    expect(first.content.map((block) => Object.keys(block)[0])).toEqual([
      "reasoningContent",
      "text",
      "toolUse",
    ]);
    expect(first.stopReason).toBe("tool_use");
    const toolUse = first.content.at(-1)?.toolUse;
    const turns = (content: ContentBlock[]): Message[] => [
      { role: "user", content: [{ text: "call get_weather" }] },
      { role: "assistant", content },
      {
        role: "user",
        content: [
          { toolResult: { toolUseId: toolUse?.toolUseId, content: [{ text: "21 degrees" }] } },
        ],
      },
    ];
    expect(textIn((await ask(turns(first.content), more)).content)).toContain("21 degrees");
    const [thought, ...rest] = first.content;
    const forged = { reasoningText: { ...thought?.reasoningContent?.reasoningText, text: "No." } };
    await expect(ask(turns([{ reasoningContent: forged }, ...rest]), more)).rejects.toThrow(
      /Invalid `signature` in `thinking` block/,
    );
    await expect(ask(turns(rest).slice(0, 2).reverse(), more)).rejects.toThrow(ValidationException);
  });

  it("streams calls in fragments, and thoughts with a signature", async () => {
    const all = await events("Hi", {
      toolConfig: { ...toolConfig, tools: toolConfig?.tools, toolChoice: { any: {} } },
    });
    const start = all.find((event) => event.contentBlockStart)?.contentBlockStart?.start?.toolUse;
    expect(start).toMatchObject({ name: "get_weather", toolUseId: /^tooluse_/ });
    const pieces = all.map((event) => event.contentBlockDelta?.delta?.toolUse?.input ?? "");
    expect(JSON.parse(pieces.join(""))).toEqual({ city: expect.any(String) });
    const thinking = { thinking: { type: "enabled", budget_tokens: 1024 } };
    const thoughts = await events("Hi", { additionalModelRequestFields: thinking });
    const kinds = thoughts.flatMap((event) =>
      Object.keys(event.contentBlockDelta?.delta?.reasoningContent ?? {}),
    );
    expect(new Set(kinds)).toEqual(new Set(["text", "signature"]));
  });

  it("sees images, answers by a schema, cites, caches and ends at the limit", async () => {
    const image = { format: "png" as const, source: { bytes: new Uint8Array(3) } };
    const seen = await ask([{ role: "user", content: [{ image }, { text: "What is it?" }] }]);
    expect(textIn(seen.content)).toMatch(/image \(png, 3 bytes\)/);
    const schema = JSON.stringify({
      type: "object",
      properties: { a: { const: 1 } },
      required: ["a"],
    });
    const textFormat = { type: "json_schema" as const, structure: { jsonSchema: { schema } } };
    const form = await ask("Hi", { outputConfig: { textFormat } });
    expect(JSON.parse(textIn(form.content))).toEqual({ a: 1 });
    const document = {
      name: "Notes",
      format: "txt" as const,
      source: { text: "A river runs. It is long." },
      citations: { enabled: true },
    };
    const cited = await ask([{ role: "user", content: [{ document }, { text: "And?" }] }]);
    expect(cited.content.at(-1)?.citationsContent?.citations?.[0]?.title).toBe("Notes");
    const cachePoint = { type: "default" as const };
    const system = [{ text: "Be kind. ".repeat(90) }, { cachePoint }];
    const written = (await ask("Hi", { system })).usage?.cacheWriteInputTokens;
    expect(written).toBeGreaterThan(100);
    expect((await ask("Ho", { system })).usage?.cacheReadInputTokens).toBe(written);
    const cut = await ask("[[simulate: text=50]] Hi", { inferenceConfig: { maxTokens: 7 } });
    expect([cut.stopReason, cut.usage?.outputTokens]).toEqual(["max_tokens", 7]);
    const blocked = await ask("[[simulate: blocked=yes]] Hi");
    expect(blocked.stopReason).toBe("guardrail_intervened");
  });

  it("counts tokens as it bills them", async () => {
    const { messages } = input("Hello");
    const id = "anthropic.claude-sonnet-4-5-20250929-v1:0";
    const count = new CountTokensCommand({ modelId: id, input: { converse: { messages } } });
    const { inputTokens } = await client.send(count);
    expect((await ask("Hello")).usage?.inputTokens).toBe(inputTokens);
  });

  it("throws its typed errors, from streams too", async () => {
    await expect(ask("Hi", { modelId: "gpt-4o" })).rejects.toThrow(ValidationException);
    await expect(ask("Hi", { inferenceConfig: { temperature: 2 } })).rejects.toThrow(
      /'inferenceConfig\.temperature' failed to satisfy constraint/,
    );
    await expect(ask("Hi", { modelId: modelId.slice(3) })).rejects.toThrow(/on-demand throughput/);
    await expect(ask("[[simulate: status=429]] Hi")).rejects.toThrow(ThrottlingException);
    await expect(ask("[[simulate: status=403]] Hi")).rejects.toThrow(AccessDeniedException);
    await expect(events("[[simulate: error-after=2]] Hi")).rejects.toThrow(
      ModelStreamErrorException,
    );
    await expect(events("[[simulate: error-after=2 status=429]] Hi")).rejects.toThrow(
      ThrottlingException,
    );
    await expect(events("[[simulate: flip-bit]] Hi")).rejects.toThrow(/checksum/i);
    expect((await events("[[simulate: unknown-event pieces=random]] Hi")).at(-1)?.metadata).toEqual(
      expect.anything(),
    );
  });

  it("takes Claude's own bodies", async () => {
    const body = {
      anthropic_version: "bedrock-2023-05-31",
      max_tokens: 100,
      messages: [{ role: "user", content: "Hello" }],
    };
    const send = async (more: object) => {
      const all = JSON.stringify({ ...body, ...more });
      const command = new InvokeModelCommand({
        modelId,
        body: all,
        contentType: "application/json",
      });
      return JSON.parse(Buffer.from((await client.send(command)).body).toString());
    };
    expect(await send({})).toMatchObject({ type: "message", stop_reason: "end_turn" });
    await expect(send({ anthropic_version: undefined })).rejects.toThrow(
      /anthropic_version: Field/,
    );
    await expect(send({ model: "claude" })).rejects.toThrow(
      /model: Extra inputs are not permitted/,
    );
    await expect(send({ stream: true })).rejects.toThrow(/stream: Extra inputs are not permitted/);
  });
});

describe("Anthropic's SDK for Bedrock", () => {
  it("calls and streams", async () => {
    const claude = new AnthropicBedrock({
      baseURL: simulator.baseURLs.bedrock,
      awsRegion: region,
      awsAccessKey: simulatedAWSCredentials.accessKeyId,
      awsSecretKey: simulatedAWSCredentials.secretAccessKey,
      maxRetries: 0,
    });
    const messages = [{ role: "user" as const, content: "Hello" }];
    const params = { model: modelId, max_tokens: 300, messages };
    const whole = await claude.messages.create(params);
    const streamed = await claude.messages.stream(params).finalMessage();
    expect(streamed.content).toEqual(whole.content);
    expect(streamed.stop_reason).toBe("end_turn");
    await expect(claude.messages.create({ ...params, model: "gpt-4o" })).rejects.toMatchObject({
      status: 400,
    });
  });
});
