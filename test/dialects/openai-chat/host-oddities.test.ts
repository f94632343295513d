// Proves that what single hosts do otherwise than OpenAI is read as it is meant: words for the end
// of an answer, usage inside the choice, calls that all have the number 0 and no id, and failures
// in shapes and words of their own.
import type { JsonObject } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { StopReason } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Reason } from "../../../src/contract/reasons.ts";
import { openAIError } from "../../../src/dialects/openai-errors.ts";
import {
  chunk,
  decodeChatBody,
  decodeChatStream,
  decodeChoice,
  partsOf,
} from "../../support/openai-chat.ts";
import { errorOf } from "../../support/wire-under-test.ts";

const done = "[DONE]";
const usage = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 };

describe("the end of an answer", () => {
  it.each([
    ["sensitive", StopReason.CONTENT_FILTER],
    ["SAFETY", StopReason.CONTENT_FILTER],
    ["PROHIBITED_CONTENT", StopReason.CONTENT_FILTER],
    ["recitation", StopReason.CONTENT_FILTER],
    ["MALFORMED_FUNCTION_CALL", StopReason.MALFORMED_TOOL_CALL],
    ["max_output_tokens", StopReason.MAX_TOKENS],
    ["model_context_window_exceeded", StopReason.CONTEXT_LENGTH],
    ["pause_turn", StopReason.PAUSE],
    ["completed", StopReason.END_TURN],
    ["insufficient_system_resource", StopReason.OTHER],
  ])("%s keeps its word", (word, reason) => {
    const { rawStopReason, stopReason } = decodeChoice({
      message: { content: "x" },
      finish_reason: word,
    });
    expect([rawStopReason, stopReason]).toEqual([word, reason]);
  });

  it("is not needed in a text of the older wire", () => {
    const response = decodeChoice({ text: "x", finish_reason: null });
    expect(response.content?.message).toBe("x");
  });
});

describe("choices without a number", () => {
  const call = { id: "a", type: "function", function: { name: "f", arguments: "{}" } };
  const text = { message: { content: "I look." }, finish_reason: "tool_calls" };
  const calls = { message: { content: null, tool_calls: [call] }, finish_reason: "tool_calls" };

  it("are one answer, as in a stream", () => {
    const response = decodeChatBody({ choices: [text, calls], usage });
    expect(partsOf(response)).toEqual([
      ["text", "I look."],
      ["toolCall", "a", "f", "{}"],
    ]);
    expect(response.warnings).toEqual([]);
    const streamed = [text, calls].map(({ message, ...rest }) => ({ ...rest, delta: message }));
    const stream = decodeChatStream([{ choices: streamed, usage }, done]);
    expect(stream.response).toEqual({ ...response, model: stream.response?.model });
  });

  it("are several answers once they have numbers", () => {
    const response = decodeChatBody({
      choices: [text, calls].map((choice, index) => ({ ...choice, index })),
    });
    expect(partsOf(response)).toEqual([["text", "I look."]]);
    expect(response.warnings).toHaveLength(1);
  });
});

describe("usage that leaves out what was cached", () => {
  it("is told by its sum", () => {
    const response = decodeChoice(
      { message: { content: "x" } },
      {
        usage: {
          ...{ prompt_tokens: 100, completion_tokens: 7, total_tokens: 147 },
          prompt_tokens_details: { cached_tokens: 40 },
        },
      },
    );
    expect(response.usage).toMatchObject({ inputTokens: 140n, cacheReadTokens: 40n });
  });
});

describe("usage inside the choice", () => {
  function ended(members: JsonObject, more: JsonObject = {}) {
    const last = chunk({}, "stop");
    const [choice] = last.choices as JsonObject[];
    const whole = { ...last, ...more, choices: [{ ...choice, ...members }] };
    return decodeChatStream([chunk({ content: "x" }), whole, done]).response;
  }

  it("is the usage of the answer", () => {
    const response = ended({ usage });
    expect(response?.usage).toMatchObject({ inputTokens: 5n, outputTokens: 7n });
    expect(response?.providerMetadata).toEqual({ usage: { total_tokens: 12 } });
  });

  it("does not replace the answer's own, and is kept beside it", () => {
    const response = ended({ usage: { prompt_tokens: 1, completion_tokens: 1 } }, { usage });
    expect(response?.usage).toMatchObject({ inputTokens: 5n, outputTokens: 7n });
    expect(response?.providerMetadata).toMatchObject({
      choice: { usage: { prompt_tokens: 1, completion_tokens: 1 } },
    });
  });
});

describe("calls that all have the number 0 and no id", () => {
  const piece = (name: string, args: string, id = ""): JsonObject =>
    chunk({ tool_calls: [{ index: 0, id, function: { name, arguments: args } }] });
  const read = (...pieces: readonly JsonObject[]) =>
    partsOf(decodeChatStream([...pieces, chunk({}, "stop"), done]).response).map(
      ([, , name, args]) => [name, args],
    );

  it("are told apart by their names, once the arguments before are whole", () => {
    expect(read(piece("f", '{"a":1}'), piece("f", '{"a":2}'), piece("g", "{}"))).toEqual([
      ["f", '{"a":1}'],
      ["f", '{"a":2}'],
      ["g", "{}"],
    ]);
  });

  it("are one while arguments go on under a repeated name", () => {
    expect(read(piece("f", '{"a"'), piece("f", ":1}"), piece("f", ""))).toEqual([["f", '{"a":1}']]);
  });
});

const failures: readonly (readonly [string, number, unknown, Reason, string])[] = [
  [
    "a list of errors (Cloudflare)",
    400,
    { success: false, errors: [{ code: 5006, message: "bad input" }], result: null },
    "PROVIDER_INVALID_REQUEST",
    "5006",
  ],
  [
    "a list of errors (watsonx)",
    404,
    { errors: [{ code: "model_not_supported", message: "no m here" }], status_code: 404 },
    "MODEL_NOT_FOUND",
    "model_not_supported",
  ],
  [
    "no money (Moonshot)",
    429,
    { error: { type: "exceeded_current_quota_error", message: "suspended" } },
    "PROVIDER_BILLING_EXHAUSTED",
    "exceeded_current_quota_error",
  ],
  [
    "no money (Alibaba)",
    400,
    { error: { code: "Arrearage", type: "Arrearage", message: "access denied" } },
    "PROVIDER_BILLING_EXHAUSTED",
    "Arrearage",
  ],
  [
    "an overload under 429 (Moonshot)",
    429,
    { error: { type: "engine_overloaded_error", message: "try later" } },
    "PROVIDER_OVERLOADED",
    "engine_overloaded_error",
  ],
  [
    "an overload under 429 (Azure)",
    429,
    { error: { code: "NoCapacity", message: "high demand" } },
    "PROVIDER_OVERLOADED",
    "NoCapacity",
  ],
  [
    "an unknown model under 400 (Azure)",
    400,
    { error: { code: "unknown_model", message: "no" } },
    "MODEL_NOT_FOUND",
    "unknown_model",
  ],
  [
    "an unknown model by its words (DeepSeek)",
    400,
    { error: { message: "Model Not Exist", type: "invalid_request_error" } },
    "MODEL_NOT_FOUND",
    "invalid_request_error",
  ],
  [
    "a long prompt (xAI)",
    400,
    { code: "bad", error: "This model's maximum prompt length is 9 but the request has 10." },
    "CONTEXT_LENGTH_EXCEEDED",
    "bad",
  ],
  [
    "a long prompt (vLLM)",
    400,
    { error: { message: "The prompt (length 9) is longer than the maximum model length of 8." } },
    "CONTEXT_LENGTH_EXCEEDED",
    "",
  ],
  [
    "a wrong key under 400 (Gemini's mode of this wire)",
    400,
    [{ error: { code: 400, message: "API key not valid.", status: "INVALID_ARGUMENT" } }],
    "PROVIDER_CREDENTIAL_INVALID",
    "400",
  ],
  ["a call that was given up", 499, { message: "cancelled" }, "CALLER_CANCELLED", ""],
];

describe("a failure", () => {
  it.each<[string, Reason]>([
    ["overloaded", "PROVIDER_OVERLOADED"],
    ["validation", "PROVIDER_INVALID_REQUEST"],
    ["generation", "PROVIDER_INTERNAL"],
  ])("in a stream of Text Generation Inference is told by its type: %s", (type, reason) => {
    const error = errorOf(() => decodeChatStream([{ error: "no", error_type: type }]));
    expect(error.reason).toBe(reason);
  });

  it.each(failures)("classifies %s under %i", (_name, status, body, reason, code) => {
    const error = openAIError({ status, headers: {}, body: JSON.stringify(body) });
    expect([error.reason, error.fields.metadata?.provider_code ?? ""]).toEqual([reason, code]);
  });
});
