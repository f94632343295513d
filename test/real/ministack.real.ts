// Proves that a Bedrock which others wrote (ministack) takes what is sent to it through a running
// server, signed with credentials of AWS, and that its answers are read: Converse and InvokeModel
// with Claude's body, whole and as binary event streams, and a failure. It checks no signature, but
// finds its service by what is signed.
import type { Client } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { type LLMResponse, Role, StopReason } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { clientOver, completeError, connectError, wires } from "../support/rpc-client.ts";
import { openServer } from "../support/running-server.ts";
import { startMinistack } from "./ministack-server.ts";

const targets: Readonly<Record<string, string>> = {
  converse: "adapter: custom, host: bedrock",
  "converse-claude": "adapter: anthropic, host: bedrock, dialect: bedrock-converse",
  invoke: "adapter: anthropic, host: bedrock",
  llama: "adapter: llama, host: bedrock",
  mistral: "adapter: mistral, host: bedrock",
};

const models: Readonly<Record<string, string>> = {
  converse: "amazon.nova-lite-v1:0",
  "converse-claude": "us.anthropic.claude-haiku-4-5-20251001-v1:0",
  invoke: "anthropic.claude-3-haiku-20240307-v1:0",
  llama: "us.meta.llama3-2-1b-instruct-v1:0",
  mistral: "mistral.mistral-large-2407-v1:0",
};

let client: Client<typeof ConnectorService>;
const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const ministack = await startMinistack();
  closers.push(() => ministack.close());
  const credentials =
    "credentials: { type: aws, access_key_id: AKIATEST, secret_access_key: not-a-real-secret }";
  const place = `base_url: "${ministack.url}", region: us-east-1, egress: { allow_private: true }`;
  const lines = Object.entries(targets).map(
    ([name, keys]) => `  - { name: ${name}, ${keys}, ${place}, ${credentials} }\n`,
  );
  const server = await openServer({ yaml: `targets:\n${lines.join("")}` }, (close) =>
    closers.push(close),
  );
  const [wire] = wires;
  if (wire === undefined) throw new Error("there is no wire");
  client = clientOver(wire, server.url);
}, 180_000);

afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

function ask(target: string, model = models[target] ?? "") {
  const contents = [
    { role: Role.SYSTEM, message: "Be brief." },
    { role: Role.USER, message: "Grüße 👋" },
  ];
  return { request: { model, maxOutputTokens: 64, contents }, options: { target } };
}

function textOf({ content }: LLMResponse): string {
  return content?.message ?? "";
}

describe.each(Object.keys(targets))("%s", (target) => {
  it("answers the same, whole and as a stream", async () => {
    const { response } = await client.call(ask(target));
    if (response === undefined) throw new Error("no answer");
    expect(textOf(response)).toContain("ministack");
    expect(response.stopReason).toBe(StopReason.END_TURN);
    expect(response.usage?.outputTokens).toBeGreaterThan(0n);
    let delivered = "";
    let streamed: LLMResponse | undefined;
    for await (const { event } of client.streamCall(ask(target))) {
      if (event.case === "textDelta") delivered += event.value.text;
      if (event.case === "finished") streamed = event.value.response;
    }
    expect(delivered).toBe(textOf(response));
    expect(streamed?.content).toEqual(response.content);
    expect(streamed?.rawStopReason).toBe(response.rawStopReason);
    expect(streamed?.route?.attempts[0]?.providerRequestId).not.toBe("");
  });
});

it("tells a failure by Bedrock's own type", async () => {
  const contents = [{ role: Role.USER, message: "x" }];
  const options = { target: "converse" };
  const providerOptions = { custom: { messages: "none" } };
  const request = { model: "amazon.nova-lite-v1:0", contents, providerOptions };
  const error = completeError(await connectError(client.call({ request, options })));
  expect([error.reason, error.fields.metadata?.provider_code]).toEqual([
    "PROVIDER_INVALID_REQUEST",
    "ValidationException",
  ]);
});
