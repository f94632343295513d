// Proves that every kind of turn and part becomes the message this wire has for it, that histories
// of other providers are accepted, and that what cannot be sent is told or refused, never lost in
// silence.
import { describe, expect, it } from "vitest";
import { MediaKind, Role } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { encodeTurns } from "../../support/openai-chat.ts";
import { errorOf, type RequestInit } from "../../support/wire-under-test.ts";

type Turn = NonNullable<RequestInit["contents"]>[number];
type Parts = NonNullable<Turn["parts"]>;

const bytes = Uint8Array.of(1, 2, 3);
const text = (value: string) => ({ kind: { case: "text", value: { text: value } } }) as const;
const image = {
  kind: {
    case: "media",
    value: { mimeType: "image/PNG", source: { case: "data", value: bytes } },
  },
} as const;
const call = (id: string, args = '{"city":"Rome"}') =>
  ({ kind: { case: "toolCall", value: { id, name: "get_weather", arguments: args } } }) as const;
const result = (toolCallId: string, parts: Parts, isError = false) =>
  ({ kind: { case: "toolResult", value: { toolCallId, parts, isError } } }) as const;

function user(...parts: Parts) {
  const { messages, warnings } = encodeTurns([{ role: Role.USER, parts }]);
  return { content: messages[0]?.content, warnings };
}

function assistant(...parts: Parts) {
  const { messages, warnings } = encodeTurns([{ role: Role.ASSISTANT, parts }]);
  return { message: messages[0], warnings };
}

describe("text", () => {
  it("is a string wherever that says it all", () => {
    const { messages, warnings } = encodeTurns([
      { role: Role.SYSTEM, message: "Be brief." },
      { role: Role.USER, message: "Hi", name: "ada" },
      { role: Role.ASSISTANT, parts: [text("Hello")] },
    ]);
    expect(messages).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hi", name: "ada" },
      { role: "assistant", content: "Hello" },
    ]);
    expect(warnings).toEqual([]);
  });

  it("is a list where there are several, the short form first", () => {
    const turn = { role: Role.USER, message: "one", parts: [text("two")] };
    expect(encodeTurns([turn]).messages[0]?.content).toEqual([
      { type: "text", text: "one" },
      { type: "text", text: "two" },
    ]);
  });

  it("carries its own fields", () => {
    const options = { openai: { prompt_cache_breakpoint: { mode: "explicit" } } };
    expect(user({ ...text("a"), providerOptions: options }).content).toEqual([
      { type: "text", text: "a", prompt_cache_breakpoint: { mode: "explicit" } },
    ]);
  });

  it("loses citations and cache hints with a warning", () => {
    const cited = { text: "a", citations: [{ type: "url_citation" }] };
    const part = { kind: { case: "text", value: cited }, cache: {} } as const;
    expect(assistant(part)).toEqual({
      message: { role: "assistant", content: "a" },
      warnings: [
        "DROPPED contents[0].parts[0].text.citations",
        "DROPPED contents[0].parts[0].cache",
      ],
    });
  });
});

describe("media of the user", () => {
  const media = (value: object) => ({ kind: { case: "media", value } }) as Parts[number];
  const url = (value: string) => ({ case: "url", value });
  const data = { case: "data", value: bytes };
  const file = { case: "fileId", value: "file-1" };

  it.each([
    [
      "an image's bytes",
      { mimeType: "image/png", source: data },
      { type: "image_url", image_url: { url: "data:image/png;base64,AQID" } },
    ],
    [
      "an image's address",
      { kind: MediaKind.IMAGE, source: url("https://x.test/a.png") },
      { type: "image_url", image_url: { url: "https://x.test/a.png" } },
    ],
    [
      "an image inside its address",
      { source: url("data:image/gif;base64,AQID") },
      { type: "image_url", image_url: { url: "data:image/gif;base64,AQID" } },
    ],
    [
      "wav",
      { mimeType: "audio/x-wav", source: data },
      { type: "input_audio", input_audio: { data: "AQID", format: "wav" } },
    ],
    [
      "mp3 inside its address",
      { source: url("data:audio/mpeg;base64,AQID") },
      { type: "input_audio", input_audio: { data: "AQID", format: "mp3" } },
    ],
    [
      "flac, for hosts that take it",
      { mimeType: "audio/flac", source: data },
      { type: "input_audio", input_audio: { data: "AQID", format: "flac" } },
    ],
    [
      "a document's bytes",
      { mimeType: "application/pdf", name: "a.pdf", source: data },
      { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,AQID" } },
    ],
    [
      "a stored document",
      { kind: MediaKind.DOCUMENT, source: file },
      { type: "file", file: { file_id: "file-1" } },
    ],
  ])("sends %s", (_, value, expected) => {
    expect(user(media(value))).toEqual({ content: [expected], warnings: [] });
  });

  it("names a document that has no name, as the provider needs one", () => {
    const { content, warnings } = user(media({ mimeType: "application/pdf", source: data }));
    expect(content).toMatchObject([{ file: { filename: "document" } }]);
    expect(warnings).toEqual(["DEFAULTED contents[0].parts[0].media.name"]);
  });

  it("says that an image's name is not sent", () => {
    const named = media({ mimeType: "image/png", name: "a.png", source: data });
    expect(user(named).warnings).toEqual(["DROPPED contents[0].parts[0].media.name"]);
  });

  it.each([
    ["plainly", { detail: "low" }],
    ["as the wire has it", { image_url: { detail: "low" } }],
  ])("takes an image's detail %s", (_, openai) => {
    const { content } = user({ ...image, providerOptions: { openai } });
    expect(content).toEqual([
      { type: "image_url", image_url: { url: "data:image/png;base64,AQID", detail: "low" } },
    ]);
  });

  it.each([
    ["a video", { mimeType: "video/mp4", source: data }],
    ["an image by file id", { mimeType: "image/png", source: file }],
    ["sound by address", { mimeType: "audio/wav", source: url("https://x.test/a.wav") }],
    ["sound by file id", { mimeType: "audio/wav", source: file }],
    ["a document by address", { mimeType: "application/pdf", source: url("https://x.test/a.pdf") }],
    ["nothing", { mimeType: "image/png" }],
  ])("refuses %s, which would change the question if left out", (_, value) => {
    const { reason, fields } = errorOf(() => user(text("What is this?"), media(value)));
    expect(reason).toBe("UNSUPPORTED_FIELD");
    expect(fields.violations?.[0]?.field).toBe("request.contents[0].parts[1]");
  });
});

describe("turns of the model", () => {
  it("say an answer once that comes back as it was given", () => {
    const answer = { role: Role.ASSISTANT, message: "It is 20 °C.", parts: [text("It is 20 °C.")] };
    const { messages } = encodeTurns([answer]);
    expect(messages).toEqual([{ role: "assistant", content: "It is 20 °C." }]);
  });

  it("send calls without text, and any arguments as they are", () => {
    expect(assistant(call("call_1"), call("call_2", "{broken"), call("call_3", ""))).toEqual({
      message: {
        role: "assistant",
        content: null,
        tool_calls: ['{"city":"Rome"}', "{broken", "{}"].map((args, index) => ({
          id: `call_${index + 1}`,
          type: "function",
          function: { name: "get_weather", arguments: args },
        })),
      },
      warnings: [],
    });
  });

  it("send a call back as the kind it came as", () => {
    const custom = { ...call("c1", "SELECT 1"), providerOptions: { openai: { type: "custom" } } };
    const own = { type: "mcp", mcp: { server: "s", name: "n" } };
    const other = { ...call("c2"), providerOptions: { openai: own } };
    expect(assistant(custom, other).message?.tool_calls).toEqual([
      { id: "c1", type: "custom", custom: { name: "get_weather", input: "SELECT 1" } },
      { id: "c2", ...own },
    ]);
  });

  it("send a refusal, and sound by its id", () => {
    const refusal = { kind: { case: "refusal", value: { text: "No." } } } as const;
    expect(assistant(refusal).message).toEqual({
      role: "assistant",
      content: null,
      refusal: "No.",
    });
    const audio = { kind: MediaKind.AUDIO, id: "audio_1" };
    expect(assistant({ kind: { case: "media", value: audio } }).message).toEqual({
      role: "assistant",
      content: null,
      audio: { id: "audio_1" },
    });
  });

  it("say sound that has no id in its words, where they are known", () => {
    const spoken = (transcript: string): Parts[number] => ({
      kind: { case: "media", value: { kind: MediaKind.AUDIO, transcript } },
    });
    expect(assistant(spoken("It is sunny."), spoken(" "))).toEqual({
      message: { role: "assistant", content: "It is sunny." },
      warnings: ["CHANGED contents[0].parts[0]", "DROPPED contents[0].parts[1]"],
    });
  });

  it("leave out thinking and pictures, with a warning", () => {
    const thinking = { text: "hm", adapter: "anthropic", signature: "s" };
    expect(assistant({ kind: { case: "thinking", value: thinking } }, image)).toEqual({
      message: { role: "assistant", content: "" },
      warnings: ["DROPPED contents[0].parts[0]", "DROPPED contents[0].parts[1]"],
    });
  });

  it("send thinking back in the form its provider gave it", () => {
    const details = [{ type: "reasoning.encrypted", data: "x", index: 0 }];
    const thinking = { case: "thinking", value: { adapter: "openai" } } as const;
    const part = { kind: thinking, providerOptions: { openai: { reasoning_details: details } } };
    expect(assistant(part, text("4"))).toEqual({
      message: { role: "assistant", content: "4", reasoning_details: details },
      warnings: [],
    });
  });

  it("send the provider's own blocks, and leave out those of others", () => {
    const block = (adapter: string) =>
      ({
        kind: { case: "provider", value: { adapter, type: "x", json: '{"type":"x"}' } },
      }) as const;
    expect(assistant(block("openai"), block("google"))).toEqual({
      message: { role: "assistant", content: [{ type: "x" }] },
      warnings: ["DROPPED contents[0].parts[1]"],
    });
  });
});

describe("results of tools", () => {
  it("are one message each, and keep their ids", () => {
    const { messages, warnings } = encodeTurns([
      { role: Role.ASSISTANT, parts: [call("call_1"), call("toolu_01AbC")] },
      { role: Role.TOOL, parts: [result("call_1", [text("21")]), result("toolu_01AbC", [])] },
    ]);
    expect(messages.slice(1)).toEqual([
      { role: "tool", tool_call_id: "call_1", content: "21" },
      { role: "tool", tool_call_id: "toolu_01AbC", content: "" },
    ]);
    expect(warnings).toEqual([]);
  });

  it("map ids that are too long, the same way for the call and its result and in every turn", () => {
    const long = `call_${"x".repeat(60)}`;
    const turns = [
      { role: Role.ASSISTANT, parts: [call(long), call(`${long}y`)] },
      { role: Role.TOOL, parts: [result(long, []), result(`${long}y`, [])] },
    ];
    const { messages } = encodeTurns(turns);
    const calls = messages[0]?.tool_calls as { id: string }[];
    const ids = calls.map(({ id }) => id);
    expect(ids.every((id) => id.length <= 40)).toBe(true);
    expect(new Set(ids).size).toBe(2);
    expect(messages.slice(1).map(({ tool_call_id: id }) => id)).toEqual(ids);
    expect(encodeTurns([{ role: Role.USER, message: "Hi" }, ...turns]).messages.slice(1)).toEqual(
      messages,
    );
  });

  it("say their failure in a warning, as the wire has no mark for it", () => {
    const { messages, warnings } = encodeTurns([
      { role: Role.TOOL, parts: [result("c", [text("boom")], true)] },
    ]);
    expect(messages).toEqual([{ role: "tool", tool_call_id: "c", content: "boom" }]);
    expect(warnings).toEqual(["DROPPED contents[0].parts[0].tool_result.is_error"]);
  });

  it("move their media behind the last result of the turn", () => {
    const { messages, warnings } = encodeTurns([
      { role: Role.ASSISTANT, parts: [call("a"), call("b")] },
      { role: Role.TOOL, parts: [result("a", [text("one"), image, text("two")])] },
      { role: Role.TOOL, parts: [result("b", [image])] },
      { role: Role.USER, message: "And?" },
    ]);
    const picture = { type: "image_url", image_url: { url: "data:image/png;base64,AQID" } };
    expect(messages.slice(1)).toEqual([
      {
        role: "tool",
        tool_call_id: "a",
        content: [
          { type: "text", text: "one" },
          { type: "text", text: "two" },
        ],
      },
      { role: "tool", tool_call_id: "b", content: "" },
      { role: "user", content: [picture, picture] },
      { role: "user", content: "And?" },
    ]);
    expect(warnings).toEqual([
      "CHANGED contents[1].parts[0].tool_result.parts[1]",
      "CHANGED contents[2].parts[0].tool_result.parts[0]",
    ]);
  });

  it("may stand before the user's own words, and in a turn with other parts", () => {
    const mixed = encodeTurns([{ role: Role.USER, parts: [text("Go on."), result("a", [image])] }]);
    expect(mixed.messages.map(({ role }) => role)).toEqual(["tool", "user", "user"]);
    expect(mixed.warnings).toEqual([
      "CHANGED contents[0].parts[1].tool_result.parts[0]",
      "CHANGED contents[0]",
    ]);
    const stray = encodeTurns([{ role: Role.TOOL, parts: [result("a", []), text("note")] }]);
    expect(stray.messages[1]).toEqual({ role: "user", content: "note" });
    expect(stray.warnings).toEqual(["CHANGED contents[0]"]);
  });

  it("leave no empty words of the user behind where nothing else can be sent", () => {
    const json = '{"type":"x"}';
    const foreign: Parts[number] = {
      kind: { case: "provider", value: { adapter: "anthropic", type: "x", json } },
    };
    const { messages, warnings } = encodeTurns([
      { role: Role.TOOL, parts: [result("a", [text("1")]), foreign] },
      { role: Role.TOOL, parts: [foreign] },
    ]);
    expect(messages).toEqual([{ role: "tool", tool_call_id: "a", content: "1" }]);
    expect(warnings).toEqual(["DROPPED contents[0].parts[1]", "DROPPED contents[1].parts[0]"]);
  });
});
