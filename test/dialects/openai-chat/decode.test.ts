// Proves that a whole answer is read into the contract: each kind of output, each reason to stop,
// in OpenAI's own form and in those of compatible servers, with nothing lost that the contract has
// no place for.
import { type JsonObject, type JsonValue, toJson } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  LLMResponseSchema,
  MediaKind,
  Role,
  StopReason,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { decodeChatBody, decodeChoice, partsOf } from "../../support/openai-chat.ts";
import { errorOf } from "../../support/wire-under-test.ts";

const call = (id: string, args: JsonValue) => ({
  id,
  type: "function",
  function: { name: "get_weather", arguments: args },
});

function message(members: JsonObject) {
  return decodeChoice({ message: { role: "assistant", ...members } });
}

describe("an answer", () => {
  it("has the provider's id, model, time and words", () => {
    const response = message({ content: "Hello", refusal: null, annotations: [] });
    expect(response).toMatchObject({
      id: "chatcmpl-1",
      model: "gpt-5-mini-2025-08-07",
      createTime: { seconds: 1_790_000_000n },
      stopReason: StopReason.END_TURN,
      rawStopReason: "stop",
      content: { role: Role.ASSISTANT, message: "Hello" },
      usage: { inputTokens: 9n, outputTokens: 4n },
    });
    expect(response.providerMetadata).toEqual({ usage: { total_tokens: 13 } });
    expect(response.warnings).toEqual([]);
  });

  it("names the model that was sent where the provider names none", () => {
    expect(decodeChoice({ message: {} }, { model: "" }).model).toBe("gpt-5-mini");
  });

  it.each([0, -1, 1e15, "soon", null])("tells no time where `created` is %j", (created) => {
    expect(decodeChoice({ message: {} }, { created }).createTime).toBeUndefined();
  });

  it("may be empty", () => {
    const filtered = decodeChoice({ message: { content: null }, finish_reason: "content_filter" });
    expect(filtered.stopReason).toBe(StopReason.CONTENT_FILTER);
    expect(filtered.content?.parts).toEqual([]);
    expect(decodeChoice({ finish_reason: "length" }).stopReason).toBe(StopReason.MAX_TOKENS);
  });

  it.each([
    ["stop", StopReason.END_TURN],
    ["eos", StopReason.END_TURN],
    ["length", StopReason.MAX_TOKENS],
    ["model_length", StopReason.CONTEXT_LENGTH],
    ["tool_calls", StopReason.TOOL_USE],
    ["function_call", StopReason.TOOL_USE],
    ["content_filter", StopReason.CONTENT_FILTER],
    ["solar_flare", StopReason.OTHER],
    ["", StopReason.UNSPECIFIED],
  ])("that stopped for %j", (raw, stopReason) => {
    const response = decodeChoice({ message: { content: "x" }, finish_reason: raw });
    expect(response).toMatchObject({ stopReason, rawStopReason: raw });
  });

  it("tells the stop sequence where the server does", () => {
    const stopped = decodeChoice({ message: { content: "1" }, stop_reason: "END" });
    expect(stopped).toMatchObject({
      stopReason: StopReason.STOP_SEQUENCE,
      rawStopReason: "stop",
      stopSequence: "END",
    });
    expect(decodeChoice({ message: { content: "1" }, stop_reason: 128_009 })).toMatchObject({
      stopReason: StopReason.END_TURN,
      stopSequence: "",
    });
  });

  it("keeps the further ones whole, and says so", () => {
    const first = { index: 0, message: { content: "a" }, finish_reason: "stop" };
    const second = { index: 1, message: { content: "b" }, finish_reason: "length" };
    const response = decodeChatBody({ id: "c", choices: [first, second] });
    expect(response.content?.message).toBe("a");
    expect(response.providerMetadata?.choices).toEqual([second]);
    expect(response.warnings[0]?.field).toBe("provider_metadata.choices");
  });
});

describe("a refusal", () => {
  it("is a part, and why a plain stop happened", () => {
    const response = message({ content: null, refusal: "I cannot." });
    expect(partsOf(response)).toEqual([["refusal", "I cannot."]]);
    expect(response).toMatchObject({ stopReason: StopReason.REFUSAL, rawStopReason: "stop" });
  });
});

describe("tool calls", () => {
  it("are read with arguments as written", () => {
    const response = decodeChoice({
      message: {
        content: "",
        tool_calls: [call("call_a", '{ "city": "Rome"}'), call("b", "{half")],
      },
      finish_reason: "tool_calls",
    });
    expect(partsOf(response)).toEqual([
      ["toolCall", "call_a", "get_weather", '{ "city": "Rome"}'],
      ["toolCall", "b", "get_weather", "{half"],
    ]);
    const valid = response.content?.parts.map(
      ({ kind }) => kind.value && "validJson" in kind.value && kind.value.validJson,
    );
    expect(valid).toEqual([true, false]);
    expect(response.stopReason).toBe(StopReason.TOOL_USE);
  });

  it.each(["", null])("have an empty object where the arguments are %j", (args) => {
    expect(partsOf(message({ tool_calls: [call("a", args)] }))[0]?.[3]).toBe("{}");
  });

  it("may have arguments as an object, and no id", () => {
    const calls = [call("", { city: "Rome" }), { function: { name: "now" } }];
    expect(partsOf(message({ tool_calls: calls }))).toEqual([
      ["toolCall", "call_0", "get_weather", '{"city":"Rome"}'],
      ["toolCall", "call_1", "now", "{}"],
    ]);
  });

  it("explain a plain stop, as local servers say it", () => {
    const response = message({ tool_calls: [call("a", "{}")] });
    expect(response).toMatchObject({ stopReason: StopReason.TOOL_USE, rawStopReason: "stop" });
  });

  it("may come in pieces even in a whole answer", () => {
    const calls = [
      { index: 0, id: "a", function: { name: "now", arguments: null } },
      { index: 0, id: null, function: { name: null, arguments: "{}" } },
    ];
    expect(partsOf(message({ tool_calls: calls }))).toEqual([["toolCall", "a", "now", "{}"]]);
  });

  it("of another kind keep what they are", () => {
    const calls = [
      { id: "a", type: "custom", custom: { name: "sql", input: "SELECT 1" } },
      {
        id: "b",
        type: "function",
        function: { name: "f", arguments: "{}" },
        extra_content: { s: 1 },
      },
      { id: "c", type: "mcp", mcp: { name: "g", arguments: "{}", server: "s" } },
    ];
    const response = message({ tool_calls: calls });
    expect(partsOf(response)).toEqual([
      ["toolCall", "a", "sql", "SELECT 1"],
      ["toolCall", "b", "f", "{}"],
      ["toolCall", "c", "g", "{}"],
    ]);
    expect(response.content?.parts.map(({ providerOptions }) => providerOptions)).toEqual([
      { openai: { type: "custom" } },
      { openai: { extra_content: { s: 1 } } },
      { openai: { type: "mcp", mcp: { name: "g", arguments: "{}", server: "s" } } },
    ]);
  });

  it("of the older wire are calls like any other, and no second ones", () => {
    const older = { name: "f", arguments: "{}" };
    expect(partsOf(message({ function_call: older }))).toEqual([["toolCall", "call_0", "f", "{}"]]);
    const both = message({ function_call: older, tool_calls: [call("a", "{}")] });
    expect(partsOf(both)).toEqual([["toolCall", "a", "get_weather", "{}"]]);
    expect(partsOf(message({ content: "x", function_call: { name: "", arguments: "" } }))).toEqual([
      ["text", "x"],
    ]);
  });
});

describe("thinking", () => {
  it.each([
    ["reasoning_content", { reasoning_content: "hm" }],
    ["reasoning", { reasoning: "hm" }],
    ["thinking", { thinking: "hm" }],
    ["two members at once", { reasoning: "hm", reasoning_content: "hm" }],
  ])("is read once from %s, before the text", (_, members) => {
    const response = message({ content: "4", ...members });
    expect(partsOf(response)).toEqual([
      ["thinking", "hm"],
      ["text", "4"],
    ]);
    expect(response.content?.parts[0]?.kind.value).toMatchObject({ adapter: "openai" });
  });

  it("keeps details as they came, to go back", () => {
    const details = [
      { type: "reasoning.text", text: "hm", signature: "sig", index: 0, format: "f" },
      { type: "reasoning.encrypted", data: "sealed", index: 1 },
    ];
    for (const reasoning of ["hm", null]) {
      const [part] =
        message({ content: "4", reasoning, reasoning_details: details }).content?.parts ?? [];
      expect(part?.kind.value).toMatchObject({ text: "hm", signature: "sig" });
      expect(part?.providerOptions).toEqual({ openai: { reasoning_details: details } });
    }
  });

  it("that is no text stays what it is", () => {
    const response = message({ content: "4", reasoning: { tokens: 3 } });
    expect(partsOf(response)).toEqual([["text", "4"]]);
    expect(response.providerMetadata?.message).toEqual({ reasoning: { tokens: 3 } });
  });
});

describe("content as an array", () => {
  it("keeps its order, and blocks that nobody else knows", () => {
    const content = [
      {
        type: "thinking",
        thinking: [
          { type: "text", text: "h" },
          { type: "text", text: "m" },
        ],
      },
      { type: "text", text: "4" },
      { type: "thinking", thinking: "again", signature: "s", closed: true },
      { type: "text", text: "5", own: 1 },
      { type: "widget", size: [2] },
      "6",
      { type: "refusal", refusal: "No." },
    ];
    const response = message({ content });
    expect(partsOf(response)).toEqual([
      ["thinking", "hm"],
      ["text", "4"],
      ["thinking", "again"],
      ["text", "5"],
      ["provider", "widget", '{"type":"widget","size":[2]}'],
      ["text", "6"],
      ["refusal", "No."],
    ]);
    expect(response.content?.message).toBe("456");
    expect(response.content?.parts[3]?.providerOptions).toEqual({ openai: { own: 1 } });
  });

  it("that is an object is its JSON", () => {
    expect(partsOf(message({ content: { a: 1 } }))).toEqual([["text", '{"a":1}']]);
  });
});

describe("output beside text", () => {
  it("is sound with its words", () => {
    const data = Buffer.from("RIFFwave").toString("base64");
    const audio = { id: "audio_1", data, transcript: "Hi", expires_at: 1_790_000_600 };
    const response = message({ content: null, audio });
    expect(response.content?.parts[0]?.kind.value).toMatchObject({
      kind: MediaKind.AUDIO,
      mimeType: "audio/wav",
      id: "audio_1",
      transcript: "Hi",
      source: { case: "data", value: Uint8Array.from(Buffer.from("RIFFwave")) },
    });
    expect(response.providerMetadata?.message).toEqual({ audio: { expires_at: 1_790_000_600 } });
    const empty = { id: "", data: "", expires_at: 0 };
    const silent = message({ content: "x", audio: empty });
    expect(partsOf(silent)).toEqual([["text", "x"]]);
    expect(silent.providerMetadata?.message).toBeUndefined();
    const unknown = message({ content: "x", audio: { ...empty, voice: "ash" } });
    expect(unknown.providerMetadata?.message).toEqual({ audio: { voice: "ash" } });
  });

  it("is pictures", () => {
    const url = (value: string) => ({ type: "image_url", image_url: { url: value } });
    const images = [url("data:image/png;base64,AQID"), url("https://x.test/a.png")];
    const response = message({ content: "Here:", images });
    expect(response.content?.parts.map(({ kind }) => kind.value)).toMatchObject([
      { text: "Here:" },
      { mimeType: "image/png", source: { case: "data", value: Uint8Array.of(1, 2, 3) } },
      { source: { case: "url", value: "https://x.test/a.png" } },
    ]);
  });

  it("is sources of the text", () => {
    const source = { start_index: 0, end_index: 4, title: "T", url: "https://x.test" };
    const annotation = { type: "url_citation", url_citation: source };
    const file = { type: "file", file: { name: "a.pdf", hash: "h" } };
    const response = message({ content: "Rome", annotations: [annotation, annotation, file] });
    expect(response.content?.parts[0]?.kind.value).toMatchObject({
      citations: [
        {
          type: "url_citation",
          title: "T",
          url: "https://x.test",
          start: 0n,
          end: 4n,
          json: JSON.stringify(annotation),
        },
        { type: "file", title: "a.pdf", sourceId: "h", json: JSON.stringify(file) },
      ],
    });
    const alone = message({ content: "", annotations: [annotation] });
    expect(alone.providerMetadata?.message).toEqual({ annotations: [annotation] });
  });
});

describe("what the contract has no place for", () => {
  it("is kept under its own name, by the place it came from", () => {
    const logprobs = { content: [{ token: "H", logprob: -0.1 }], refusal: null };
    const response = decodeChoice(
      {
        message: { content: "H", channel: "final", parsed: null },
        logprobs,
        content_filter_results: { hate: { filtered: false } },
      },
      { service_tier: "default", system_fingerprint: "fp_1", obfuscation: "xyz", usage: null },
    );
    expect(response.providerMetadata).toEqual({
      service_tier: "default",
      system_fingerprint: "fp_1",
      message: { channel: "final" },
      choice: {
        content_filter_results: { hate: { filtered: false } },
        logprobs: { content: [{ token: "H", logprob: -0.1 }] },
      },
    });
  });

  it("is kept beside members of the same name", () => {
    const response = decodeChoice({ message: {} }, { message: "?", choice: { a: 1 } });
    expect(response.providerMetadata).toMatchObject({ message: "?", choice: { a: 1 } });
  });

  it("reaches no prototype", () => {
    const body = JSON.parse(
      '{"__proto__":{"a":1},"choices":[{"message":{"__proto__":{"b":1},"content":"x"},' +
        '"logprobs":{"__proto__":[1]},"finish_reason":"stop"}],"usage":{"__proto__":{"c":1}}}',
    );
    const { providerMetadata } = decodeChatBody(body);
    expect(JSON.stringify(providerMetadata)).toBe(
      '{"__proto__":{"a":1},"choice":{"logprobs":{"__proto__":[1]}},' +
        '"message":{"__proto__":{"b":1}},"usage":{"__proto__":{"c":1}}}',
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe("a number that no Struct can hold", () => {
  it("is its name", () => {
    const body = JSON.parse(
      '{"top":1e999,"choices":[{"own":[1e999],"logprobs":{"content":[{"logprob":-1e999}]},' +
        '"message":{"own":{"n":1e999},"reasoning_details":[{"n":1e999}],"annotations":[{"n":1e999}]},' +
        '"finish_reason":"stop"},{"own":1e999}],"usage":{"cost":1e999}}',
    );
    const response = decodeChatBody(body);
    expect(response.providerMetadata).toEqual({
      top: "Infinity",
      choice: { own: ["Infinity"], logprobs: { content: [{ logprob: "-Infinity" }] } },
      message: { own: { n: "Infinity" }, annotations: [{ n: "Infinity" }] },
      usage: { cost: "Infinity" },
      choices: [{ own: "Infinity" }],
    });
    expect(() => toJson(LLMResponseSchema, response)).not.toThrow();
  });
});

describe("a body that is no answer", () => {
  it.each([
    [{}, "PROVIDER_MALFORMED_RESPONSE"],
    [{ choices: [] }, "PROVIDER_MALFORMED_RESPONSE"],
    [{ choices: [null] }, "PROVIDER_MALFORMED_RESPONSE"],
    [{ choices: [{ message: null }] }, "PROVIDER_MALFORMED_RESPONSE"],
    [{ choices: {} }, "PROVIDER_MALFORMED_RESPONSE"],
    [{ error: { message: "slow", code: 429 } }, "PROVIDER_RATE_LIMITED"],
    [{ error: "model crashed" }, "PROVIDER_INTERNAL"],
    [{ object: "error", message: "no", type: "invalid_request_error" }, "PROVIDER_INVALID_REQUEST"],
    [{ detail: "Invalid API Key", status: 401 }, "PROVIDER_CREDENTIAL_INVALID"],
    [{ message: "no", code: 404 }, "PROVIDER_ENDPOINT_NOT_FOUND"],
    [{ choices: [{ finish_reason: "error", message: { content: "" } }] }, "PROVIDER_INTERNAL"],
    [{ choices: [{ error: { code: 502, message: "up" }, message: {} }] }, "PROVIDER_UNAVAILABLE"],
  ])("%j is an error", (body, reason) => {
    expect(errorOf(() => decodeChatBody(body)).reason).toBe(reason);
  });
});
