// Proves that InvokeModel is asked with Claude's body as Bedrock wants it: the model in the path,
// the version and betas in the body, no flag for a stream; and that chunks in base64 are Claude's
// own events, with Bedrock's exceptions, padding and measurements beside them.
import { create, type JsonObject } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { LLMRequestSchema, Role, StopReason } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { EncodeInput, Frame } from "../../src/contract/adapter.ts";
import { anthropicBedrock } from "../../src/dialects/anthropic-bedrock/dialect.ts";
import { anthropic } from "../../src/providers/anthropic/index.ts";
import { thrownBy } from "../support/framing.ts";

const model = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

function input(more: Partial<EncodeInput> = {}, request: object = {}): EncodeInput {
  return {
    request: create(LLMRequestSchema, {
      contents: [{ role: Role.USER, message: "Hi" }],
      maxOutputTokens: 100,
      ...request,
    }),
    adapter: "anthropic",
    model,
    stream: false,
    requestId: "",
    ...more,
  };
}

const path = "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0";
const body = {
  anthropic_version: "bedrock-2023-05-31",
  messages: [{ role: "user", content: "Hi" }],
  max_tokens: 100,
};

describe("a request", () => {
  it("is the Messages body without model and stream, with the version", () => {
    const whole = anthropicBedrock.encode(input());
    expect([whole.path, whole.headers]).toEqual([`${path}/invoke`, {}]);
    expect(JSON.parse(whole.body)).toEqual(body);
    const stream = anthropicBedrock.encode(input({ stream: true }));
    expect(stream.path).toBe(`${path}/invoke-with-response-stream`);
    expect(stream.headers).toEqual({ accept: "application/vnd.amazon.eventstream" });
    expect(JSON.parse(stream.body)).toEqual(body);
  });

  it("names betas in the body", () => {
    const providerOptions = { anthropic: { anthropic_beta: ["a-2025-01-01", "b-2025-01-01"] } };
    const { body: sent, headers } = anthropicBedrock.encode(input({}, { providerOptions }));
    expect(JSON.parse(sent)).toEqual({ ...body, anthropic_beta: ["a-2025-01-01", "b-2025-01-01"] });
    expect(headers).toEqual({});
  });

  it("sends the name of the model as it is, and knows what Claude it is", () => {
    const short = anthropicBedrock.encode(input({ model: "claude-3.5-sonnet" }, { topP: 0.5 }));
    expect(short.path).toBe("/model/claude-3.5-sonnet/invoke");
    const { warnings } = anthropicBedrock.encode(
      input({ model: "global.anthropic.claude-opus-5" }, { topP: 0.5 }),
    );
    expect(warnings.map(({ field }) => field)).toEqual(["top_p"]);
  });

  it("is counted with its whole body, in base64", () => {
    const counter = anthropicBedrock.countTokens;
    const wire = counter?.encode(input({}, { maxOutputTokens: undefined }));
    expect(wire?.path).toBe(`${path}/count-tokens`);
    const { invokeModel } = JSON.parse(wire?.body ?? "").input;
    expect(JSON.parse(Buffer.from(invokeModel.body, "base64").toString())).toEqual({
      ...body,
      max_tokens: 64_000,
    });
    expect(wire?.warnings).toEqual([]);
    expect(counter?.decode({ inputTokens: 7 })).toBe(7n);
    expect(thrownBy(() => counter?.decode({})).reason).toBe("PROVIDER_MALFORMED_RESPONSE");
  });

  it("is what Claude on Bedrock is asked with, unless Converse is chosen", () => {
    const { dialects, defaultDialect } = anthropic.hosts?.bedrock ?? {};
    expect(dialects?.[defaultDialect ?? ""]).toBe(anthropicBedrock);
    expect(Object.entries(dialects ?? {}).every(([name, one]) => name === one.name)).toBe(true);
    expect(anthropicBedrock.regionalBaseURL?.("eu-west-1")).toBe(
      "https://bedrock-runtime.eu-west-1.amazonaws.com",
    );
    expect(anthropicBedrock.regionalBaseURL?.("cn-north-1")).toBe(
      "https://bedrock-runtime.cn-north-1.amazonaws.com.cn",
    );
  });
});

const events: JsonObject[] = [
  {
    type: "message_start",
    message: {
      id: "msg_1",
      model: "claude",
      content: [],
      usage: { input_tokens: 9, output_tokens: 1 },
    },
  },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Grüße" } },
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 5 } },
  {
    type: "message_stop",
    "amazon-bedrock-invocationMetrics": { inputTokenCount: 9, firstByteLatency: 300 },
  },
];

function chunk(event: JsonObject, rest: JsonObject = {}): Frame {
  const bytes = Buffer.from(JSON.stringify(event)).toString("base64");
  return { event: "chunk", data: JSON.stringify({ bytes, p: "abcdef", ...rest }), id: "" };
}

function decode(frames: readonly Frame[]) {
  const decoder = anthropicBedrock.createDecoder({ adapter: "anthropic", model });
  const told = frames.flatMap((frame) => [...decoder.push(frame)]);
  return { told, decoder, ...decoder.end() };
}

describe("a stream", () => {
  it("is Claude's own, in chunks", () => {
    const { told, decoder, end } = decode(events.map((event) => chunk(event)));
    if (end.kind !== "complete") throw new Error(end.kind);
    expect(decoder.done).toBe(true);
    expect(end.response).toMatchObject({
      id: "msg_1",
      stopReason: StopReason.END_TURN,
      content: { message: "Grüße" },
      usage: { inputTokens: 9n, outputTokens: 5n },
      providerMetadata: {
        "amazon-bedrock-invocationMetrics": { inputTokenCount: 9, firstByteLatency: 300 },
      },
    });
    expect(told.map((event) => event.case)).toContain("textDelta");
    expect(decoder.push(chunk({ type: "error", error: {} }))).toEqual([]);
  });

  it("is cut before its stop reason, and logically whole behind it", () => {
    const kinds = events.map(
      (_, index) => decode(events.slice(0, index).map((event) => chunk(event))).end.kind,
    );
    expect(kinds).toEqual([
      "truncated",
      "truncated",
      "truncated",
      "truncated",
      "truncated",
      "logical",
    ]);
  });

  it("keeps what stands beside its chunks, even the last one", () => {
    const frames = [
      ...events.slice(0, -1).map((event) => chunk(event)),
      { event: "weather", data: '{"sun":true}', id: "" },
      ...events.slice(-1).map((event) => chunk(event, { beside: 1 })),
    ];
    const { end } = decode(frames);
    if (end.kind !== "complete") throw new Error(end.kind);
    expect(end.response.providerMetadata?.unknown_events).toEqual([
      { sun: true, type: "weather" },
      { beside: 1, type: "chunk" },
    ]);
  });

  it("fails with Bedrock's exceptions, with Claude's errors, and with what cannot be read", () => {
    const reasonOf = (frame: Frame) =>
      thrownBy(() => decode([chunk(events[0] ?? {}), frame])).reason;
    const exception = (type: string): Frame => ({
      event: `exception:${type}`,
      data: '{"message":"x"}',
      id: "",
    });
    expect(reasonOf(exception("throttlingException"))).toBe("PROVIDER_RATE_LIMITED");
    expect(reasonOf(exception("modelTimeoutException"))).toBe("PROVIDER_TIMEOUT");
    const overloaded = { type: "error", error: { type: "overloaded_error", message: "x" } };
    expect(reasonOf(chunk(overloaded))).toBe("PROVIDER_OVERLOADED");
    expect(reasonOf({ event: "chunk", data: "{", id: "" })).toBe("PROVIDER_MALFORMED_RESPONSE");
    const noJSON = { event: "chunk", data: JSON.stringify({ bytes: "AAAA" }), id: "" };
    expect(reasonOf(noJSON)).toBe("PROVIDER_MALFORMED_RESPONSE");
  });
});
