// Proves what turns become as Mistral's messages: chunks for every kind of part, ids in the API's
// form, and histories of other providers in an order that the API accepts, each change with a
// Warning.
import { describe, expect, it } from "vitest";
import { MediaKind, Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { mistralTurns } from "../support/mistral.ts";
import { errorOf, type RequestInit } from "../support/wire-under-test.ts";

type Turn = NonNullable<RequestInit["contents"]>[number];
type Part = NonNullable<Turn["parts"]>[number];

const text = (words: string, rest: object = {}): Part =>
  ({ kind: { case: "text", value: { text: words } }, ...rest }) as Part;
const media = (value: object, own?: object): Part =>
  ({
    kind: { case: "media", value },
    ...(own && { providerOptions: { mistral: own } }),
  }) as Part;
const user = (...parts: Part[]): Turn => ({ role: Role.USER, parts });
const assistant = (...parts: Part[]): Turn => ({ role: Role.ASSISTANT, parts });
const call = (id: string, args = "{}"): Part => ({
  kind: { case: "toolCall", value: { id, name: "f", arguments: args } },
});
const result = (toolCallId: string, ...parts: Part[]): Part => ({
  kind: { case: "toolResult", value: { toolCallId, parts } },
});
const tool = (...parts: Part[]): Turn => ({ role: Role.TOOL, parts });
const said = (message: string): Turn => ({ role: Role.USER, message });
const system = (message: string): Turn => ({ role: Role.SYSTEM, message });

const bytes = { case: "data" as const, value: Uint8Array.from([1, 2, 3]) };
const url = (value: string) => ({ case: "url" as const, value });
const file = { case: "fileId" as const, value: "f-1" };

describe("a part of the user's", () => {
  const parts: readonly (readonly [string, Part, object, readonly string[]])[] = [
    ["text", text("a"), { type: "text", text: "a" }, []],
    [
      "an image by address",
      media({ kind: MediaKind.IMAGE, source: url("https://x.test/a.png") }, { detail: "high" }),
      { type: "image_url", image_url: { url: "https://x.test/a.png", detail: "high" } },
      [],
    ],
    [
      "an image in bytes, whose name is dropped",
      media({ mimeType: "image/png", source: bytes, name: "a.png" }),
      { type: "image_url", image_url: { url: "data:image/png;base64,AQID" } },
      ["DROPPED contents[0].parts[0].media.name"],
    ],
    [
      "a document in bytes with its name",
      media({ mimeType: "application/pdf", source: bytes, name: "a.pdf" }),
      {
        type: "document_url",
        document_url: "data:application/pdf;base64,AQID",
        document_name: "a.pdf",
      },
      [],
    ],
    [
      "a document by address",
      media({ kind: MediaKind.DOCUMENT, source: url("https://x.test/a.pdf") }),
      { type: "document_url", document_url: "https://x.test/a.pdf" },
      [],
    ],
    [
      "a stored file",
      media({ kind: MediaKind.DOCUMENT, source: file }),
      { type: "file", file_id: "f-1" },
      [],
    ],
    [
      "sound in bytes",
      media({ mimeType: "audio/mpeg", source: bytes }),
      { type: "input_audio", input_audio: "AQID" },
      [],
    ],
    [
      "sound in a data address",
      media({ kind: MediaKind.AUDIO, source: url("data:audio/wav;base64,AQID") }),
      { type: "input_audio", input_audio: "AQID" },
      [],
    ],
    [
      "sound by address",
      media({ kind: MediaKind.AUDIO, source: url("https://x.test/a.mp3") }),
      { type: "input_audio", input_audio: "https://x.test/a.mp3" },
      [],
    ],
    [
      "a block of the provider's own",
      {
        kind: {
          case: "provider",
          value: { adapter: "mistral", type: "x", json: '{"type":"x","n":1.50}' },
        },
      },
      { type: "x", n: 1.5 },
      [],
    ],
    [
      "text with a hint for the cache",
      text("a", { cache: {} }),
      { type: "text", text: "a" },
      ["DROPPED contents[0].parts[0].cache"],
    ],
  ];
  it.each(parts)("is %s", (_, part, chunk, warnings) => {
    const encoded = mistralTurns([user(part, text("tail"))]);
    expect(encoded.messages).toEqual([
      { role: "user", content: [chunk, { type: "text", text: "tail" }] },
    ]);
    expect(encoded.warnings).toEqual(warnings);
  });

  it("alone and plain is a string", () => {
    expect(mistralTurns([user(text("a"))]).messages).toEqual([{ role: "user", content: "a" }]);
  });

  it("is refused where the API has no form for it", () => {
    const video = media({ kind: MediaKind.VIDEO, source: url("https://x.test/a.mp4") });
    const { reason, fields } = errorOf(() => mistralTurns([user(video)]));
    expect([reason, fields.violations?.[0]?.field]).toEqual([
      "UNSUPPORTED_FIELD",
      "request.contents[0].parts[0]",
    ]);
  });

  it("of another provider's is dropped", () => {
    const value = { adapter: "openai", type: "x", json: "{}" };
    const { messages, warnings } = mistralTurns([
      user(text("a"), { kind: { case: "provider", value } }),
    ]);
    expect(messages).toEqual([{ role: "user", content: "a" }]);
    expect(warnings).toEqual(["DROPPED contents[0].parts[1]"]);
  });
});

describe("a turn of the model", () => {
  const thinking = (value: object, own?: object): Part =>
    ({
      kind: { case: "thinking", value: { text: "hm", ...value } },
      ...(own && { providerOptions: { mistral: own } }),
    }) as Part;
  const last = said("next");

  it("gives thinking back as it came", () => {
    const listed = [
      { type: "text", text: "hm" },
      { type: "reference", reference_ids: [1] },
    ];
    const { messages, warnings } = mistralTurns([
      assistant(
        thinking({ adapter: "mistral", signature: "sig" }, { closed: false }),
        text("a"),
        thinking({ adapter: "mistral" }, { thinking: listed }),
        thinking({ adapter: "" }),
      ),
      last,
    ]);
    expect(messages[0]).toEqual({
      role: "assistant",
      content: [
        {
          type: "thinking",
          thinking: [{ type: "text", text: "hm" }],
          signature: "sig",
          closed: false,
        },
        { type: "text", text: "a" },
        { type: "thinking", thinking: listed },
        { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
      ],
    });
    expect(warnings).toEqual([]);
  });

  it("leaves other providers' thinking out", () => {
    const { messages, warnings } = mistralTurns([
      assistant(thinking({ adapter: "anthropic", signature: "s" }), text("a")),
      last,
    ]);
    expect(messages[0]).toEqual({ role: "assistant", content: "a" });
    expect(warnings).toEqual(["DROPPED contents[0].parts[0]"]);
  });

  it("gives sources back where they were cited", () => {
    const json = '{"type":"reference","reference_ids":[0,"b"]}';
    const citations = [
      { type: "reference", json },
      { type: "url_citation", json: '{"a":1}' },
    ];
    const { messages, warnings } = mistralTurns([
      assistant({ kind: { case: "text", value: { text: "a", citations } } }, text(".")),
      last,
    ]);
    expect(messages[0]?.content).toEqual([
      { type: "text", text: "a" },
      { type: "reference", reference_ids: [0, "b"] },
      { type: "text", text: "." },
    ]);
    expect(warnings).toEqual(["DROPPED contents[0].parts[0].text.citations[1]"]);
  });

  it("says a refusal, and what was spoken, in text", () => {
    const spoken = { kind: MediaKind.AUDIO, transcript: "Hi.", source: bytes };
    const { messages, warnings } = mistralTurns([
      assistant({ kind: { case: "refusal", value: { text: "No." } } }, media(spoken)),
      last,
    ]);
    expect(messages[0]?.content).toEqual([
      { type: "text", text: "No." },
      { type: "text", text: "Hi." },
    ]);
    expect(warnings).toEqual(["CHANGED contents[0].parts[0]", "CHANGED contents[0].parts[1]"]);
  });

  it("holds calls beside its words, in ids that the API takes", () => {
    const { messages } = mistralTurns([
      said("Hi"),
      assistant(text("Wait."), call("toolu_01ABC", '{"a":1}'), call("D9WYdiHxV", "")),
      tool(result("toolu_01ABC", text("1")), result("D9WYdiHxV")),
    ]);
    const made = String(Object(messages[2]).tool_call_id);
    expect(made).toMatch(/^[a-zA-Z0-9]{9}$/);
    expect(messages.slice(1)).toEqual([
      {
        role: "assistant",
        content: "Wait.",
        tool_calls: [
          { id: made, type: "function", function: { name: "f", arguments: '{"a":1}' } },
          { id: "D9WYdiHxV", type: "function", function: { name: "f", arguments: "{}" } },
        ],
      },
      { role: "tool", tool_call_id: made, content: "1" },
      { role: "tool", tool_call_id: "D9WYdiHxV", content: "" },
    ]);
  });

  it("at the end is the beginning of the answer", () => {
    const { messages, warnings } = mistralTurns([said("Hi"), assistant(text("{"))]);
    expect(messages.at(-1)).toEqual({ role: "assistant", content: "{", prefix: true });
    expect(warnings).toEqual([]);
  });

  it("with tools that the provider ran is its messages again", () => {
    const answer = { role: "tool", tool_call_id: "abcdefghi", content: "42" };
    const value = { adapter: "mistral", type: "tool", json: JSON.stringify(answer) };
    const { messages } = mistralTurns([
      said("Hi"),
      assistant(call("abcdefghi"), { kind: { case: "provider", value } }, text("It is 42.")),
      last,
    ]);
    expect(messages.slice(1, 4)).toEqual([
      {
        role: "assistant",
        content: "",
        tool_calls: [
          { id: "abcdefghi", type: "function", function: { name: "f", arguments: "{}" } },
        ],
      },
      answer,
      { role: "assistant", content: "It is 42." },
    ]);
  });

  it("without anything is empty", () => {
    expect(mistralTurns([assistant(), last]).messages[0]).toEqual({
      role: "assistant",
      content: "",
    });
  });
});

describe("a result", () => {
  it("holds media in its place, and the name of its tool", () => {
    const image = media({ mimeType: "image/png", source: bytes });
    const { messages, warnings } = mistralTurns([
      assistant(call("abcdefghi")),
      {
        role: Role.TOOL,
        name: "f",
        parts: [
          {
            kind: {
              case: "toolResult",
              value: { toolCallId: "abcdefghi", parts: [text("a"), image], isError: true },
            },
          },
        ],
      },
    ]);
    expect(messages[1]).toEqual({
      role: "tool",
      tool_call_id: "abcdefghi",
      name: "f",
      content: [
        { type: "text", text: "a" },
        { type: "image_url", image_url: { url: "data:image/png;base64,AQID" } },
      ],
    });
    expect(warnings).toEqual(["DROPPED contents[1].parts[0].tool_result.is_error"]);
  });
});

describe("the order of messages", () => {
  const roles = (turns: readonly Turn[]) => {
    const { messages, warnings } = mistralTurns([...turns]);
    return { roles: messages.map(({ role }) => role), messages, warnings };
  };

  it("has the model speak between a result and the user", () => {
    const { messages, warnings } = roles([
      assistant(call("abcdefghi")),
      user(result("abcdefghi", text("1")), text("And now?")),
    ]);
    expect(messages.slice(1)).toEqual([
      { role: "tool", tool_call_id: "abcdefghi", content: "1" },
      { role: "assistant", content: "OK" },
      { role: "user", content: "And now?" },
    ]);
    expect(warnings).toEqual(["DEFAULTED contents[1]"]);
  });

  it("has each result behind its call", () => {
    const { roles: found, warnings } = roles([
      assistant(call("abcdefgh1"), call("abcdefgh2")),
      tool(result("abcdefgh1")),
      said("Wait."),
      tool(result("abcdefgh2")),
    ]);
    expect(found).toEqual(["assistant", "tool", "tool", "assistant", "user"]);
    expect(warnings).toEqual(["CHANGED contents[3]", "DEFAULTED contents[2]"]);
  });

  it("has a result of an id that comes again behind its own call", () => {
    const { messages, warnings } = roles([
      assistant(call("call_0")),
      tool(result("call_0", text("1"))),
      assistant(call("call_0")),
      tool(result("call_0", text("2"))),
    ]);
    expect(messages.map(({ content }) => content)).toEqual(["", "1", "", "2"]);
    expect(warnings).toEqual([]);
  });

  it("has no system message behind one of the model or a tool", () => {
    const { messages, warnings } = roles([
      system("a"),
      said("Hi"),
      system("b"),
      assistant(text("Yes")),
      system("c"),
      said("More"),
    ]);
    expect(messages.map(({ role, content }) => `${role} ${content}`)).toEqual([
      "system a",
      "system c",
      "user Hi",
      "system b",
      "assistant Yes",
      "user More",
    ]);
    expect(warnings).toEqual(["CHANGED contents[4]"]);
  });

  it("has results before the user's words", () => {
    const { roles: found, warnings } = roles([
      assistant(call("abcdefghi")),
      user(text("Here:"), result("abcdefghi")),
    ]);
    expect(found).toEqual(["assistant", "tool", "assistant", "user"]);
    expect(warnings).toEqual(["CHANGED contents[1]", "DEFAULTED contents[1]"]);
  });

  it("has no names of speakers, and no media of the application", () => {
    const { messages, warnings } = roles([
      { role: Role.SYSTEM, parts: [text("a"), media({ kind: MediaKind.IMAGE, source: file })] },
      { role: Role.USER, name: "ann", message: "Hi" },
    ]);
    expect(messages).toEqual([
      { role: "system", content: "a" },
      { role: "user", content: "Hi" },
    ]);
    expect(warnings).toEqual(["DROPPED contents[0].parts[1]", "DROPPED contents[1].name"]);
  });
});
