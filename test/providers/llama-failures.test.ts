// Proves over real sockets that no failure of a host or server of open models passes for an answer:
// streams that are cut, torn or empty, errors in every place of a stream or body, and bodies of
// proxies; on the chat wire and Ollama's own.
import { describe, expect, it } from "vitest";
import type { Reason } from "../../src/contract/reasons.ts";
import type { Target } from "../../src/contract/target.ts";
import { llama } from "../../src/providers/llama/index.ts";
import { fakeTarget } from "../support/fake-adapter.ts";
import { partsOf } from "../support/openai-chat.ts";
import { type Reply, replied } from "../support/replied.ts";

const chat: Target = fakeTarget(llama);
const { ollama } = llama.dialects;
if (ollama === undefined) throw new Error("Llama lacks Ollama's wire.");
const native: Target = fakeTarget(llama, { dialect: ollama });

const sse = "text/event-stream";
const ndjson = "application/x-ndjson";

function event(payload: unknown, name = ""): string {
  return `${name && `event: ${name}\n`}data: ${JSON.stringify(payload)}\n\n`;
}

function chunk(content: string, finish: string | null = null, rest: object = {}): string {
  const choices = [{ index: 0, delta: { content }, finish_reason: finish }];
  return event({ id: "c1", model: "m", choices, ...rest });
}

function line(content: string, rest: object = {}): string {
  const message = { role: "assistant", content };
  return `${JSON.stringify({ model: "m", message, done: false, ...rest })}\n`;
}

const begun = chunk("Hel");
const done = "data: [DONE]\n\n";
const groq = {
  message: "Tool choice is required",
  type: "invalid_request_error",
  code: "tool_use_failed",
};

type Ending = NonNullable<Reply["ending"]>;
const streams: readonly (readonly [string, Target, string, Ending, Reason, string])[] = [
  ["nothing at all (llama-cpp-python)", chat, "", "whole", "STREAM_TRUNCATED", ""],
  ["only comments", chat, ": ping\n\n: ping\n\n", "whole", "STREAM_TRUNCATED", ""],
  ["only its mark", chat, done, "whole", "STREAM_TRUNCATED", ""],
  ["no end", chat, begun, "whole", "STREAM_TRUNCATED", "Hel"],
  ["a torn end", chat, begun, "reset", "STREAM_TRUNCATED", "Hel"],
  [
    "its mark without a reason, torn (llama-cpp-python)",
    chat,
    begun + done,
    "reset",
    "STREAM_TRUNCATED",
    "Hel",
  ],
  ["half an event", chat, `${begun}data: {"id":"c1","cho`, "whole", "STREAM_TRUNCATED", "Hel"],
  [
    "JSON that cannot be read",
    chat,
    `${begun}data: {"id":\n\n`,
    "whole",
    "PROVIDER_MALFORMED_RESPONSE",
    "Hel",
  ],
  [
    "an error first",
    chat,
    event({ error: { code: 503, message: "Loading model", type: "unavailable_error" } }),
    "whole",
    "PROVIDER_UNAVAILABLE",
    "",
  ],
  [
    "an error without a mark (llama.cpp)",
    chat,
    begun + event({ error: { code: 500, message: "no fit", type: "server_error" } }),
    "whole",
    "PROVIDER_INTERNAL",
    "Hel",
  ],
  [
    "an error under its own name (Groq)",
    chat,
    begun + event({ error: groq }, "error"),
    "whole",
    "PROVIDER_INVALID_REQUEST",
    "Hel",
  ],
  [
    "an error in a member of Groq's",
    chat,
    begun + event({ choices: [], x_groq: { error: "over capacity" } }),
    "whole",
    "PROVIDER_OVERLOADED",
    "Hel",
  ],
  [
    "an error that is a text",
    chat,
    begun + event({ error: "it broke" }),
    "whole",
    "PROVIDER_INTERNAL",
    "Hel",
  ],
  [
    "an error on a chunk behind the last (OpenRouter)",
    chat,
    chunk("Hel", "length") +
      chunk("", null, { error: { code: 400, message: "Token limit reached" } }) +
      done,
    "whole",
    "PROVIDER_INVALID_REQUEST",
    "Hel",
  ],
  [
    "a number for its code (OpenRouter)",
    chat,
    begun + chunk("", "error", { error: { code: 429, message: "slow" } }),
    "whole",
    "PROVIDER_RATE_LIMITED",
    "Hel",
  ],
  [
    "an error in its choice (OpenRouter)",
    chat,
    begun +
      event({
        choices: [
          { index: 0, delta: {}, finish_reason: "error", error: { code: 502, message: "down" } },
        ],
      }),
    "whole",
    "PROVIDER_UNAVAILABLE",
    "Hel",
  ],
  ["the word error", chat, begun + chunk("", "error") + done, "whole", "PROVIDER_INTERNAL", "Hel"],
  [
    "a page of a proxy",
    chat,
    "<html>Bad gateway</html>",
    "whole",
    "PROVIDER_MALFORMED_RESPONSE",
    "",
  ],
  ["nothing at all", native, "", "whole", "STREAM_TRUNCATED", ""],
  ["no last line", native, line("Hel"), "whole", "STREAM_TRUNCATED", "Hel"],
  ["a torn end", native, line("Hel"), "reset", "STREAM_TRUNCATED", "Hel"],
  [
    "half a last line",
    native,
    line("Hel") + line("lo", { done: true }).slice(0, -9),
    "whole",
    "STREAM_TRUNCATED",
    "Hel",
  ],
  [
    "an error as a line",
    native,
    `${line("Hel")}{"error":"an error was encountered while running the model: EOF"}\n`,
    "whole",
    "PROVIDER_INTERNAL",
    "Hel",
  ],
  [
    "an error as the first line",
    native,
    `{"error":"model 'm' not found"}\n`,
    "whole",
    "MODEL_NOT_FOUND",
    "",
  ],
  [
    "a page of a proxy",
    native,
    "<html>Bad gateway</html>\n",
    "whole",
    "PROVIDER_MALFORMED_RESPONSE",
    "",
  ],
];

describe("a stream", () => {
  it.each(streams)("with %s fails", async (_, target, body, ending, reason, delivered) => {
    const contentType = target === native ? ndjson : sse;
    const outcome = await replied(target, { contentType, body, ending }, true);
    expect([outcome.error?.reason, outcome.delivered]).toEqual([reason, delivered]);
    expect(outcome.response).toBeUndefined();
  });
});

const html = { contentType: "text/html", body: "<html><h1>502 Bad Gateway</h1></html>" };
const json = (value: unknown): Pick<Reply, "body"> => ({ body: JSON.stringify(value) });
const wrapped = {
  code: 400,
  message: "Provider returned error",
  metadata: {
    provider_name: "Anthropic",
    raw: '{"error":{"message":"prompt is too long: 9 tokens > 8 maximum"}}',
  },
};
const full = {
  code: 400,
  type: "exceed_context_size_error",
  message: "too much",
  n_prompt_tokens: 9,
  n_ctx: 8,
};

const bodies: readonly (readonly [string, Target, Reply, Reason])[] = [
  [
    "an error under 200",
    chat,
    json({ error: { code: 429, message: "slow" } }),
    "PROVIDER_RATE_LIMITED",
  ],
  [
    "an error under 200 beside an id",
    chat,
    json({ id: "g", error: { code: 502, message: "down" }, user_id: "u" }),
    "PROVIDER_UNAVAILABLE",
  ],
  [
    "an error in its choice",
    chat,
    json({ choices: [{ error: { code: 429, message: "slow" } }] }),
    "PROVIDER_RATE_LIMITED",
  ],
  ["an error as a text under 200", chat, json({ error: "it broke" }), "PROVIDER_INTERNAL"],
  ["no choice", chat, json({ id: "c1", choices: [] }), "PROVIDER_MALFORMED_RESPONSE"],
  ["nothing", chat, { body: "" }, "PROVIDER_MALFORMED_RESPONSE"],
  ["a page of a proxy under 200", chat, html, "PROVIDER_MALFORMED_RESPONSE"],
  ["a page of a proxy", chat, { ...html, status: "502 Bad Gateway" }, "PROVIDER_UNAVAILABLE"],
  [
    "plain text",
    chat,
    {
      status: "500 Internal Server Error",
      contentType: "text/plain",
      body: "Internal Server Error",
    },
    "PROVIDER_INTERNAL",
  ],
  ["no body", chat, { status: "415 Unsupported Media Type", body: "" }, "PROVIDER_INVALID_REQUEST"],
  [
    "a model that loads (llama.cpp)",
    chat,
    {
      status: "503 Service Unavailable",
      ...json({ error: { message: "Loading model", type: "unavailable_error", code: 503 } }),
    },
    "PROVIDER_UNAVAILABLE",
  ],
  [
    "a full context (llama.cpp)",
    chat,
    { status: "400 Bad Request", ...json({ error: full }) },
    "CONTEXT_LENGTH_EXCEEDED",
  ],
  [
    "no capacity (Groq)",
    chat,
    { status: "498 Capacity Exceeded", ...json({ error: { message: "flex" } }) },
    "PROVIDER_OVERLOADED",
  ],
  [
    "no credit (OpenRouter)",
    chat,
    { status: "402 Payment Required", ...json({ error: { code: 402, message: "more credits" } }) },
    "PROVIDER_BILLING_EXHAUSTED",
  ],
  [
    "words of the host behind (OpenRouter)",
    chat,
    { status: "400 Bad Request", ...json({ error: wrapped }) },
    "CONTEXT_LENGTH_EXCEEDED",
  ],
  [
    "an answer that is not done",
    native,
    json({ model: "m", message: { content: "Hel" }, done: false }),
    "PROVIDER_MALFORMED_RESPONSE",
  ],
  [
    "a missing model",
    native,
    { status: "404 Not Found", ...json({ error: "model 'm' not found" }) },
    "MODEL_NOT_FOUND",
  ],
  [
    "a wrong path",
    native,
    { status: "404 Not Found", contentType: "text/plain", body: "404 page not found" },
    "PROVIDER_ENDPOINT_NOT_FOUND",
  ],
  [
    "a wrong method",
    native,
    { status: "405 Method Not Allowed", contentType: "text/plain", body: "405 method not allowed" },
    "PROVIDER_UNSUPPORTED",
  ],
  [
    "a foreign host name",
    native,
    { status: "403 Forbidden", body: "" },
    "PROVIDER_PERMISSION_DENIED",
  ],
];

describe("an answer", () => {
  it.each(bodies)("with %s fails", async (_, target, reply, reason) => {
    const { error, response } = await replied(target, reply, false);
    expect(error?.reason).toBe(reason);
    expect(response).toBeUndefined();
  });

  it("says who behind a gateway failed, in its words, and how full the context is", async () => {
    const status = "400 Bad Request";
    const upstream = await replied(chat, { status, ...json({ error: wrapped }) }, false);
    expect(upstream.error?.message).toBe(
      "llama: Provider returned error: prompt is too long: 9 tokens > 8 maximum",
    );
    expect(upstream.error?.fields.metadata).toMatchObject({
      upstream_provider: "Anthropic",
      provider_code: "400",
    });
    const context = await replied(chat, { status, ...json({ error: full }) }, false);
    expect(context.error?.fields.metadata).toMatchObject({ limit: "8", requested: "9" });
  });

  it("keeps every digit of arguments that are an object", async () => {
    const call =
      '{"message":{"tool_calls":[{"function":{"name":"f",' +
      '"arguments":{"id":1234567890123456789}}}]}';
    const chatBody = `{"choices":[{"index":0,"finish_reason":"tool_calls",${call.slice(1)}}]}`;
    const outcomes = [
      await replied(native, { body: `${call},"done":true}` }, false),
      await replied(native, { contentType: ndjson, body: `${call},"done":true}\n` }, true),
      await replied(chat, { body: chatBody }, false),
    ];
    for (const { response } of outcomes) {
      expect(partsOf(response)[0]?.[3]).toBe('{"id":1234567890123456789}');
    }
  });

  it("of Ollama comes in lines though nobody asked for them", async () => {
    const last = { done: true, done_reason: "stop" };
    const body = line("Hel") + line("lo", last);
    const { response } = await replied(native, { contentType: ndjson, body }, false);
    expect(response?.content?.message).toBe("Hello");
    const cut = await replied(native, { contentType: ndjson, body: line("Hel").repeat(2) }, false);
    expect(cut.error?.reason).toBe("STREAM_TRUNCATED");
  });

  it("of Ollama comes whole and in lines", async () => {
    const last = { done: true, done_reason: "stop", prompt_eval_count: 9, eval_count: 4 };
    const unary = await replied(native, { body: line("Hello", last) }, false);
    const body = line("Hel") + line("lo", last);
    const stream = await replied(native, { contentType: ndjson, body }, true);
    for (const { response } of [unary, stream]) {
      expect([response?.content?.message, response?.usage?.outputTokens]).toEqual(["Hello", 4n]);
    }
    expect(JSON.parse(unary.request?.body ?? "")).toMatchObject({ stream: false });
    expect(JSON.parse(stream.request?.body ?? "")).toMatchObject({ stream: true });
    expect([unary.request?.path, stream.delivered]).toEqual(["/api/chat", "Hello"]);
  });
});
