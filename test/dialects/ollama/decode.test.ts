// Proves that whole answers of Ollama are read: text, thinking, calls with and without ids,
// pictures, reasons to stop, counts and times; and that errors in every place become the right
// reason.
import { describe, expect, it } from "vitest";
import { StopReason, UsageSource } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { ollama } from "../../../src/dialects/ollama/dialect.ts";
import { decodeOllamaBody, decodeOllamaStream, lastly, line } from "../../support/ollama.ts";
import { partsOf } from "../../support/openai-chat.ts";
import { errorOf } from "../../support/wire-under-test.ts";

describe("an answer", () => {
  it("has text, thinking, counts, its time, and what else was said of it", () => {
    const body = line(
      { content: "Hi", thinking: "Hm", x_new: 1 },
      { ...lastly, remote_model: "m:cloud", logprobs: [{ token: "Hi" }] },
    );
    const response = decodeOllamaBody(body);
    expect(partsOf(response)).toEqual([
      ["thinking", "Hm"],
      ["text", "Hi"],
    ]);
    expect(response).toMatchObject({
      model: "llama3.2:3b",
      stopReason: StopReason.END_TURN,
      rawStopReason: "stop",
      usage: { inputTokens: 9n, outputTokens: 4n, source: UsageSource.REPORTED },
      createTime: { seconds: 1_795_433_809n },
      providerMetadata: {
        total_duration: 588377075,
        remote_model: "m:cloud",
        logprobs: [{ token: "Hi" }],
        message: { x_new: 1 },
      },
    });
  });

  it("has calls, with ids or without", () => {
    const call = (name: string, args: unknown, rest = {}) => ({
      function: { name, arguments: args, index: 0 },
      ...rest,
    });
    const tool_calls = [
      call("f", { city: "Rome", n: 1.5 }, { id: "call_ab12cd34", x_hint: true }),
      call("f", {}),
      call("f", '{"a":1}'),
      call("g", undefined),
    ];
    const response = decodeOllamaBody(line({ tool_calls } as never, lastly));
    const [first, second, third, last] = partsOf(response);
    expect(first).toEqual(["toolCall", "call_ab12cd34", "f", '{"city":"Rome","n":1.5}']);
    expect(second).toEqual(["toolCall", expect.stringMatching(/^call_[0-9a-f]{16}$/), "f", "{}"]);
    expect([third?.[3], last?.[3]]).toEqual(['{"a":1}', "{}"]);
    expect(second?.[1]).not.toBe(third?.[1]);
    expect(response.stopReason).toBe(StopReason.TOOL_USE);
    expect(response.content?.parts[0]?.providerOptions).toEqual({ llama: { x_hint: true } });
  });

  it("has pictures", () => {
    const images = ["iVBORw0KGgo=", "/9j/4AAQ"];
    const { content } = decodeOllamaBody(line({ images }, lastly));
    expect(content?.parts.map(({ kind }) => kind)).toMatchObject([
      { case: "media", value: { mimeType: "image/png" } },
      { case: "media", value: { mimeType: "image/jpeg" } },
    ]);
  });

  it.each([
    ["length", StopReason.MAX_TOKENS],
    ["load", StopReason.OTHER],
    ["unload", StopReason.OTHER],
    ["unheard_of", StopReason.OTHER],
  ])("that ended with %s says so", (reason, stop) => {
    const response = decodeOllamaBody(line({}, { ...lastly, done_reason: reason }));
    expect([response.stopReason, response.rawStopReason]).toEqual([stop, reason]);
  });

  it("without a count has no usage, but keeps what was counted", () => {
    const { prompt_eval_count: _, ...rest } = lastly;
    const response = decodeOllamaBody(line({ content: "Hi" }, rest));
    expect(response.usage).toBeUndefined();
    expect(response.providerMetadata).toMatchObject({ eval_count: 4 });
  });

  it.each([
    ["is not done", line({ content: "Hi" })],
    ["is something else", { choices: [] }],
    ["is empty", {}],
  ])("that %s is malformed", (_, body) => {
    expect(errorOf(() => decodeOllamaBody(body)).reason).toBe("PROVIDER_MALFORMED_RESPONSE");
  });
});

describe("an error", () => {
  const failures: readonly (readonly [number, string, string])[] = [
    [400, '{"error":"\\"m\\" does not support thinking"}', "PROVIDER_INVALID_REQUEST"],
    [400, '{"error":"the input length exceeds the context length"}', "CONTEXT_LENGTH_EXCEEDED"],
    [
      401,
      '{"error":"unauthorized","signin_url":"https://x.example"}',
      "PROVIDER_CREDENTIAL_INVALID",
    ],
    [403, "", "PROVIDER_PERMISSION_DENIED"],
    [404, '{"error":"model \'nope:1b\' not found"}', "MODEL_NOT_FOUND"],
    [404, '{"error":"model \\"nope\\" not found, try pulling it first"}', "MODEL_NOT_FOUND"],
    [404, "404 page not found", "PROVIDER_ENDPOINT_NOT_FOUND"],
    [405, "405 method not allowed", "PROVIDER_UNSUPPORTED"],
    [429, '{"error":"too many requests"}', "PROVIDER_RATE_LIMITED"],
    [
      500,
      '{"error":"option \\"temperature\\" must be of type float32"}',
      "PROVIDER_INVALID_REQUEST",
    ],
    [
      500,
      '{"error":"invalid format: \\"yaml\\"; expected \\"json\\""}',
      "PROVIDER_INVALID_REQUEST",
    ],
    [500, '{"error":"llama runner process has terminated: signal: killed"}', "PROVIDER_INTERNAL"],
    [502, '{"error":"upstream"}', "PROVIDER_UNAVAILABLE"],
    [
      503,
      '{"error":"server busy, please try again.  maximum pending requests exceeded"}',
      "PROVIDER_OVERLOADED",
    ],
  ];
  it.each(failures)("under %i with %j is told", (status, body, reason) => {
    const error = ollama.toError({ status, headers: {}, body });
    expect(error.reason).toBe(reason);
    expect(error.fields.metadata?.http_status).toBe(String(status));
  });

  it.each([
    [{ error: "an error was encountered while running the model: EOF" }, "PROVIDER_INTERNAL"],
    [{ error: "model 'm' not found", StatusCode: 404 }, "MODEL_NOT_FOUND"],
    [{ error: { message: "slow", code: 429 } }, "PROVIDER_RATE_LIMITED"],
    [{ ...line({}, lastly), error: "it broke" }, "PROVIDER_INTERNAL"],
  ])("in the middle of a stream is told: %j", (last, reason) => {
    const error = errorOf(() => decodeOllamaStream([line({ content: "Hel" }), last as never]));
    expect([error.reason, error.fields.metadata?.http_status]).toEqual([reason, "200"]);
  });
});
