// Proves over real sockets that the oddities of streams of open models' hosts and servers come
// through as one answer: ids and names in every piece, in none or late, thinking in any of its
// members, usage in any chunk, and chunks that say nothing.
import { describe, expect, it } from "vitest";
import { StopReason } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { llama } from "../../src/providers/llama/index.ts";
import { fakeTarget } from "../support/fake-adapter.ts";
import { partsOf } from "../support/openai-chat.ts";
import { replied } from "../support/replied.ts";

const envelope = { id: "c1", object: "chat.completion.chunk", created: 1_790_000_000, model: "m" };
const done = "data: [DONE]\n\n";

/** An event with one choice. */
function delta(said: object, finish: string | null = null, rest: object = {}): string {
  const choices = [{ index: 0, delta: said, finish_reason: finish }];
  return event({ ...envelope, choices, ...rest });
}

function event(payload: unknown): string {
  return `data: ${JSON.stringify(payload)}\n\n`;
}

/** An event with one choice and more members of it. */
function choice(members: object): string {
  return event({ ...envelope, choices: [{ index: 0, ...members }] });
}

function call(piece: object): string {
  return delta({ tool_calls: [{ index: 0, ...piece }] });
}

async function streamed(body: string) {
  const reply = { contentType: "text/event-stream", body };
  const { response, error, delivered } = await replied(fakeTarget(llama), reply, true);
  expect(error).toBeUndefined();
  const { inputTokens = 0n, outputTokens = 0n, reasoningTokens = 0n } = response?.usage ?? {};
  return {
    response,
    delivered,
    parts: partsOf(response),
    usage: [inputTokens, outputTokens, reasoningTokens],
  };
}

const hello = [["text", "Hello"]];
const whole = delta({ content: "Hello" }, "stop");
const rome = ["toolCall", "c-1", "f", '{"city":"Rome"}'];

const bodies: readonly (readonly [string, string, readonly (readonly string[])[]])[] = [
  [
    "comments before and between",
    `: ping\n\n:\n\n${delta({ content: "Hel" })}: ping\n\n${delta({ content: "lo" }, "stop")}`,
    hello,
  ],
  ["null in place of a chunk", `data: null\n\n${whole}`, hello],
  ["null in place of content", delta({ role: "assistant", content: null }) + whole, hello],
  ["an empty chunk and one without choices", event({}) + event({ choices: [] }) + whole, hello],
  [
    "a role in every chunk",
    delta({ role: "assistant", content: "Hel" }) +
      delta({ role: "assistant", content: "lo" }, "stop"),
    hello,
  ],
  [
    "the text twice (Together)",
    choice({ text: "Hello", delta: { content: "Hello" }, finish_reason: "eos" }),
    hello,
  ],
  [
    "the text alone (completions)",
    choice({ text: "Hel" }) + choice({ text: "lo", finish_reason: "stop" }),
    hello,
  ],
  [
    "the message again at the end",
    delta({ content: "Hello" }) + choice({ message: { content: "Hello" }, finish_reason: "stop" }),
    hello,
  ],
  [
    "a call with id and name in every piece, mirrored (llama-cpp-python)",
    ['{"city', '":"Rome"}']
      .map((args) =>
        delta({
          content: null,
          function_call: { name: "f", arguments: args },
          tool_calls: [
            { index: 0, id: "c-1", type: "function", function: { name: "f", arguments: args } },
          ],
        }),
      )
      .join("") + delta({}, "tool_calls"),
    [rome],
  ],
  [
    "a call without id",
    call({ function: { name: "f", arguments: '{"city":' } }) +
      call({ function: { arguments: '"Rome"}' } }) +
      delta({}, "stop"),
    [["toolCall", "call_0", "f", '{"city":"Rome"}']],
  ],
  [
    "a call whose arguments are an object",
    call({ id: "c-1", function: { name: "f", arguments: { city: "Rome" } } }) +
      delta({}, "tool_calls"),
    [rome],
  ],
  [
    "a call without arguments",
    call({ id: "c-1", type: "function", function: { name: "f" } }) + delta({}, "tool_calls"),
    [["toolCall", "c-1", "f", "{}"]],
  ],
  [
    "calls that are all numbered 0",
    call({ id: "c-1", function: { name: "f", arguments: '{"city":"Rome"}' } }) +
      call({ id: "c-2", function: { name: "g", arguments: "{}" } }) +
      delta({}, "tool_calls"),
    [rome, ["toolCall", "c-2", "g", "{}"]],
  ],
  [
    "thinking in reasoning_content",
    delta({ reasoning_content: "Hm" }) + whole,
    [["thinking", "Hm"], ...hello],
  ],
  [
    "thinking in reasoning",
    delta({ reasoning: "Hm", channel: "analysis" }) + whole,
    [["thinking", "Hm"], ...hello],
  ],
  [
    "thinking in both",
    delta({ reasoning: "Hm", reasoning_content: "Hm" }) + whole,
    [["thinking", "Hm"], ...hello],
  ],
  [
    "thinking in details alone",
    delta({ reasoning_details: [{ type: "reasoning.text", text: "H", index: 0 }] }) +
      delta({ reasoning_details: [{ type: "reasoning.text", text: "m", index: 0 }] }) +
      whole,
    [["thinking", "Hm"], ...hello],
  ],
];

describe("a stream", () => {
  it.each(bodies)("with %s is read", async (_, body, expected) => {
    const { parts, delivered } = await streamed(body + done);
    expect(parts).toEqual(expected);
    expect(delivered).toBe(
      expected.map(([kind, words]) => (kind === "text" ? words : "")).join(""),
    );
  });

  const usage = { prompt_tokens: 9, completion_tokens: 4 };
  const usages: readonly (readonly [string, string])[] = [
    ["on a chunk without choices", whole + event({ ...envelope, choices: [], usage })],
    ["on the last chunk with a choice", delta({ content: "Hello" }, "stop", { usage })],
    ["on a chunk behind the last", whole + delta({ content: "" }, null, { usage })],
    [
      "on every chunk",
      delta({ content: "Hel" }, null, { usage: { prompt_tokens: 9, completion_tokens: 1 } }) +
        delta({ content: "lo" }, "stop", { usage }),
    ],
    [
      "on one chunk for each answer",
      whole + event({ choices: [], usage }) + event({ choices: [], usage }),
    ],
    ["in a member of Groq's", delta({ content: "Hello" }, "stop", { x_groq: { id: "r", usage } })],
    [
      "null before it comes",
      delta({ content: "Hello" }, "stop", { usage: null }) + event({ choices: [], usage }),
    ],
  ];
  it.each(usages)("tells its usage %s", async (_, body) => {
    const { usage: told, parts } = await streamed(body + done);
    expect([told, parts]).toEqual([[9n, 4n, 0n], hello]);
  });

  const reasons: readonly (readonly [string, string, StopReason, string])[] = [
    [
      "a call under stop",
      call({ id: "c", function: { name: "f", arguments: "{}" } }) + delta({}, "stop"),
      StopReason.TOOL_USE,
      "stop",
    ],
    [
      "the host's own word alone",
      choice({ delta: { content: "Hi" }, finish_reason: null, native_finish_reason: "XYZ" }),
      StopReason.OTHER,
      "XYZ",
    ],
    [
      "a stop sequence (vLLM)",
      choice({ delta: { content: "Hi" }, finish_reason: "stop", stop_reason: "END" }),
      StopReason.STOP_SEQUENCE,
      "stop",
    ],
    [
      "the id of a token (vLLM)",
      choice({ delta: { content: "Hi" }, finish_reason: "stop", stop_reason: 128009 }),
      StopReason.END_TURN,
      "stop",
    ],
    ["the word of Together", delta({ content: "Hi" }, "eos"), StopReason.END_TURN, "eos"],
    ["no word, not even null", choice({ delta: { content: "Hi" } }), StopReason.UNSPECIFIED, ""],
  ];
  it.each(reasons)("ends with %s", async (_, body, stop, raw) => {
    const { response } = await streamed(body + done);
    expect([response?.stopReason, response?.rawStopReason]).toEqual([stop, raw]);
  });

  it("without its mark is whole behind the reason to stop, with a warning", async () => {
    const { response, parts } = await streamed(whole);
    expect(parts).toEqual(hello);
    expect(response?.warnings).not.toEqual([]);
  });

  it("keeps sealed details, each by itself, and what nobody knows", async () => {
    const text = { type: "reasoning.text", text: "Hm", index: 0, format: "anthropic-claude-v1" };
    const signature = { type: "reasoning.text", signature: "s1", index: 0 };
    const first = { type: "reasoning.encrypted", data: "a", id: "t1", index: 1 };
    const second = { type: "reasoning.encrypted", data: "b", id: "t2", index: 1 };
    const tool = { index: 0, type: "search", arguments: "{}" };
    const { response } = await streamed(
      delta({ reasoning: "Hm", reasoning_details: [text] }) +
        delta({ reasoning: null, reasoning_details: [signature, first, second] }) +
        delta({ executed_tools: [tool] }) +
        delta({
          executed_tools: [
            { index: 0, output: "o" },
            { index: 1, type: "visit" },
          ],
        }) +
        choice({ delta: { content: "Hi" }, token_ids: [1], finish_reason: null }) +
        choice({ delta: {}, token_ids: [2, 3], finish_reason: "stop" }) +
        event({ choices: [], timings: { cache_n: 1 }, provider: "Anthropic" }) +
        done,
    );
    const [thinking] = response?.content?.parts ?? [];
    expect(thinking?.kind).toMatchObject({ value: { text: "Hm", signature: "s1" } });
    expect(thinking?.providerOptions).toEqual({
      llama: { reasoning_details: [{ ...text, signature: "s1" }, first, second] },
    });
    expect(response?.providerMetadata).toMatchObject({
      provider: "Anthropic",
      timings: { cache_n: 1 },
      choice: { token_ids: [1, 2, 3] },
      message: {
        executed_tools: [
          { ...tool, output: "o" },
          { index: 1, type: "visit" },
        ],
      },
    });
  });
});
