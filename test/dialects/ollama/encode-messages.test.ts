// Proves that turns become Ollama's messages: one text each, pictures as base64, calls with their
// arguments as objects, results under the name of their tool; and that media this wire has no form
// for is refused.
import { describe, expect, it } from "vitest";
import { MediaKind, Role } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { encodeOllamaRequest, ollamaTurns } from "../../support/ollama.ts";
import { errorOf, type RequestInit } from "../../support/wire-under-test.ts";

type Part = NonNullable<NonNullable<NonNullable<RequestInit["contents"]>[number]["parts"]>[number]>;

const text = (words: string): Part => ({ kind: { case: "text", value: { text: words } } });
const call = (id: string, name: string, args: string): Part => ({
  kind: { case: "toolCall", value: { id, name, arguments: args } },
});
const result = (id: string, ...parts: Part[]): Part => ({
  kind: { case: "toolResult", value: { toolCallId: id, parts } },
});
const thinking = (words: string, adapter: string): Part => ({
  kind: { case: "thinking", value: { text: words, adapter } },
});
const png = Buffer.from("iVBORw0KGgo=", "base64");
const picture: Part = {
  kind: { case: "media", value: { mimeType: "image/png", source: { case: "data", value: png } } },
};
const media = (value: object): Part => ({ kind: { case: "media", value } });

describe("a turn", () => {
  it("of several texts and pictures is one message", () => {
    const parts = [text("Look:"), picture, text("What is it?")];
    const contents = [
      { role: Role.SYSTEM, message: "Be brief." },
      { role: Role.USER, parts },
    ];
    expect(ollamaTurns(contents)).toEqual({
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Look:\n\nWhat is it?", images: ["iVBORw0KGgo="] },
      ],
      warnings: [],
    });
  });

  it("takes a picture from a data address", () => {
    const url = "data:image/png;base64,iVBORw0KGgo=";
    const parts = [media({ kind: MediaKind.IMAGE, source: { case: "url", value: url } })];
    const { messages } = ollamaTurns([{ role: Role.USER, parts }]);
    expect(messages).toEqual([{ role: "user", content: "", images: ["iVBORw0KGgo="] }]);
  });

  it.each([
    [
      "a picture by address",
      { kind: MediaKind.IMAGE, source: { case: "url", value: "https://x.example/a.png" } },
    ],
    ["a picture by file id", { kind: MediaKind.IMAGE, source: { case: "fileId", value: "f-1" } }],
    ["sound", { mimeType: "audio/wav", source: { case: "data", value: png } }],
    ["a document", { mimeType: "application/pdf", source: { case: "data", value: png } }],
    ["a video", { mimeType: "video/mp4", source: { case: "data", value: png } }],
  ])("refuses %s", (_, value) => {
    const error = errorOf(() => ollamaTurns([{ role: Role.USER, parts: [media(value)] }]));
    expect(error.reason).toBe("UNSUPPORTED_FIELD");
    expect(error.fields.violations?.[0]?.field).toBe("request.contents[0].parts[0]");
  });

  it("of the model holds thinking, text, calls and pictures", () => {
    const parts = [
      thinking("Hm", "llama"),
      text("It "),
      text("is"),
      call("c1", "f", '{"b":1,"a":9007199254740993}'),
      call("c2", "g", ""),
      picture,
    ];
    const {
      body,
      text: written,
      warnings,
    } = encodeOllamaRequest({
      contents: [{ role: Role.ASSISTANT, parts }],
    });
    expect(body.messages).toEqual([
      {
        role: "assistant",
        content: "It is",
        thinking: "Hm",
        tool_calls: [
          { id: "c1", function: { name: "f", arguments: { b: 1, a: 9007199254740992 } } },
          { id: "c2", function: { name: "g", arguments: {} } },
        ],
        images: ["iVBORw0KGgo="],
      },
    ]);
    expect(written).toContain('"arguments":{"b":1,"a":9007199254740993}');
    expect(warnings).toEqual([]);
  });

  it("of a tool has its name, and its words and pictures", () => {
    const contents = [
      { role: Role.ASSISTANT, parts: [call("c1", "f", "{}"), call("c2", "g", "{}")] },
      { role: Role.TOOL, parts: [result("c2", text("2")), result("c1", text("1"), picture)] },
      { role: Role.USER, parts: [result("c9", text("9")), text("And now?")] },
    ];
    expect(ollamaTurns(contents)).toMatchObject({
      messages: [
        { role: "assistant" },
        { role: "tool", content: "2", tool_name: "g", tool_call_id: "c2" },
        {
          role: "tool",
          content: "1",
          tool_name: "f",
          tool_call_id: "c1",
          images: ["iVBORw0KGgo="],
        },
        { role: "tool", content: "9", tool_call_id: "c9" },
        { role: "user", content: "And now?" },
      ],
      warnings: [],
    });
  });
});

describe("what this wire has no form for", () => {
  const cached: Part = { kind: { case: "text", value: { text: "a" } }, cache: {} };
  const cited: Part = {
    kind: { case: "text", value: { text: "a", citations: [{ type: "url_citation" }] } },
  };
  const block = (adapter: string): Part => ({
    kind: { case: "provider", value: { adapter, type: "x", json: "{}" } },
  });
  const spoken = media({
    mimeType: "audio/wav",
    transcript: "Ahoy",
    source: { case: "data", value: png },
  });
  const failed: Part = {
    kind: { case: "toolResult", value: { toolCallId: "c1", parts: [text("no")], isError: true } },
  };
  const refusal: Part = { kind: { case: "refusal", value: { text: "No." } } };
  const cases: readonly (readonly [string, Role, Part, string, readonly string[]])[] = [
    ["hints for a cache", Role.USER, cached, "a", ["DROPPED contents[0].parts[0].cache"]],
    ["sources", Role.ASSISTANT, cited, "a", ["DROPPED contents[0].parts[0].text.citations"]],
    ["blocks", Role.USER, block("llama"), "", ["DROPPED contents[0].parts[0]"]],
    [
      "thinking of others",
      Role.ASSISTANT,
      thinking("Hm", "anthropic"),
      "",
      ["DROPPED contents[0].parts[0]"],
    ],
    [
      "thinking of the user",
      Role.USER,
      thinking("Hm", "llama"),
      "",
      ["DROPPED contents[0].parts[0]"],
    ],
    ["refusals", Role.ASSISTANT, refusal, "No.", ["CHANGED contents[0].parts[0]"]],
    ["spoken answers", Role.ASSISTANT, spoken, "Ahoy", ["CHANGED contents[0].parts[0]"]],
    ["pictures of the system", Role.SYSTEM, picture, "", ["DROPPED contents[0].parts[0]"]],
    [
      "marks of failure",
      Role.TOOL,
      failed,
      "no",
      ["DROPPED contents[0].parts[0].tool_result.is_error"],
    ],
    ["words of a tool", Role.TOOL, text("a"), "a", ["CHANGED contents[0].parts[0]"]],
  ];
  it.each(cases)("is told: %s", (_, role, part, content, told) => {
    const { messages, warnings } = ollamaTurns([{ role, parts: [part] }]);
    expect(messages.map((message) => message.content)).toEqual([content]);
    expect(warnings).toEqual(told);
  });

  it("is told of a speaker's name", () => {
    const { warnings } = ollamaTurns([{ role: Role.USER, message: "a", name: "Ann" }]);
    expect(warnings).toEqual(["DROPPED contents[0].name"]);
  });

  it("is told of arguments that are no object, and they go as text", () => {
    const parts = [call("c1", "f", '{"city":')];
    const { messages, warnings } = ollamaTurns([{ role: Role.ASSISTANT, parts }]);
    expect(messages).toMatchObject([
      { tool_calls: [{ function: { arguments: { invalid_arguments: '{"city":' } } }] },
    ]);
    expect(warnings).toEqual(["CHANGED contents[0].parts[0].tool_call.arguments"]);
  });
});
