// Proves that every turn and part becomes the message Cohere's API has for it, that answers go back
// as they came, and that what cannot be sent is told or refused, never lost in silence.
import { describe, expect, it } from "vitest";
import { MediaKind, Role } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { decodeCohereMessage, encodeCohereRequest } from "../../support/cohere.ts";
import { errorOf, type RequestInit } from "../../support/wire-under-test.ts";

type Parts = NonNullable<NonNullable<RequestInit["contents"]>[number]["parts"]>;

const text = (value: string) => ({ kind: { case: "text", value: { text: value } } }) as const;
const media = (value: object) => ({ kind: { case: "media", value } }) as Parts[number];
const call = (id: string) =>
  ({ kind: { case: "toolCall", value: { id, name: "get_weather", arguments: "{}" } } }) as const;
const result = (toolCallId: string, parts: Parts, isError = false) =>
  ({ kind: { case: "toolResult", value: { toolCallId, parts, isError } } }) as const;

function turns(...contents: NonNullable<RequestInit["contents"]>) {
  const { body, warnings } = encodeCohereRequest({ contents });
  return { messages: body.messages, warnings };
}

describe("turns", () => {
  it("are messages in their order, plain where that says it all", () => {
    const { messages, warnings } = turns(
      { role: Role.SYSTEM, message: "Be brief." },
      { role: Role.USER, message: "one", parts: [text("two")], name: "ada" },
      { role: Role.ASSISTANT, message: "Hello" },
      { role: Role.SYSTEM, message: "Be long." },
    );
    expect(messages).toEqual([
      { role: "system", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "text", text: "one" },
          { type: "text", text: "two" },
        ],
      },
      { role: "assistant", content: "Hello" },
      { role: "system", content: "Be long." },
    ]);
    expect(warnings).toEqual(["DROPPED contents[1].name"]);
  });

  it("hold images by address or as bytes", () => {
    const own = { custom: { detail: "low" } };
    const { messages } = turns({
      role: Role.USER,
      parts: [
        {
          ...media({ kind: MediaKind.IMAGE, source: { case: "url", value: "https://a/b" } }),
          providerOptions: own,
        },
        media({ mimeType: "image/png", source: { case: "data", value: Uint8Array.of(1, 2, 3) } }),
      ],
    });
    expect(messages).toEqual([
      {
        role: "user",
        content: [
          { type: "image_url", image_url: { url: "https://a/b", detail: "low" } },
          { type: "image_url", image_url: { url: "data:image/png;base64,AQID" } },
        ],
      },
    ]);
  });

  it.each([
    [Role.USER, { mimeType: "audio/wav", source: { case: "data", value: Uint8Array.of(1) } }],
    [Role.USER, { mimeType: "application/pdf", source: { case: "url", value: "https://a" } }],
    [Role.USER, { kind: MediaKind.IMAGE, source: { case: "fileId", value: "f" } }],
    [Role.SYSTEM, { kind: MediaKind.IMAGE, source: { case: "url", value: "https://a" } }],
  ])("of role %s refuse %j", (role, value) => {
    const error = errorOf(() => turns({ role, parts: [media(value)] }));
    expect(error.reason).toBe("UNSUPPORTED_FIELD");
    expect(error.fields.violations).toMatchObject([{ field: "request.contents[0].parts[0]" }]);
  });

  it("hold results of tools, each as a message", () => {
    const document = { type: "document", document: { data: { text: "a" } } };
    const block = { adapter: "custom", type: "document", json: JSON.stringify(document) };
    const { messages, warnings } = turns(
      { role: Role.ASSISTANT, parts: [call("a"), call("b")] },
      {
        role: Role.TOOL,
        parts: [
          result("a", [text("22C")], true),
          result("b", [{ kind: { case: "provider", value: block } }]),
        ],
      },
    );
    expect(messages).toEqual([
      {
        role: "assistant",
        tool_calls: ["a", "b"].map((id) => ({
          id,
          type: "function",
          function: { name: "get_weather", arguments: "{}" },
        })),
      },
      { role: "tool", tool_call_id: "a", content: "22C" },
      { role: "tool", tool_call_id: "b", content: [document] },
    ]);
    expect(warnings).toEqual(["DROPPED contents[1].parts[0].tool_result.is_error"]);
  });

  it("refuse media in a result", () => {
    const image = media({
      mimeType: "image/png",
      source: { case: "data", value: Uint8Array.of(1) },
    });
    const error = errorOf(() =>
      turns(
        { role: Role.ASSISTANT, parts: [call("a")] },
        { role: Role.TOOL, parts: [result("a", [image])] },
      ),
    );
    expect(error.fields.violations).toMatchObject([
      { field: "request.contents[1].parts[0].tool_result.parts[0]" },
    ]);
  });

  it("put results before the user's words, and words of a tool in the user's mouth", () => {
    const { messages, warnings } = turns(
      { role: Role.ASSISTANT, parts: [call("a"), call("b")] },
      { role: Role.USER, parts: [text("And?"), result("a", [text("22C")])] },
      { role: Role.TOOL, parts: [result("b", [text("9 pm")]), text("Done")] },
    );
    expect((messages as { role: string }[]).map(({ role }) => role)).toEqual([
      ...["assistant", "tool", "user", "tool", "user"],
    ]);
    expect(warnings).toEqual(["CHANGED contents[1]", "CHANGED contents[2]"]);
  });

  it("of the model lose what no message can hold, and say so", () => {
    const thinking = { text: "Hm.", adapter: "anthropic" };
    const { messages, warnings } = turns({
      role: Role.ASSISTANT,
      parts: [
        { kind: { case: "thinking", value: thinking } },
        { kind: { case: "refusal", value: { text: "No." } } },
        media({ id: "a1", transcript: "said" }),
        media({ id: "a2" }),
        { kind: { case: "provider", value: { adapter: "openai", type: "x", json: "{}" } } },
        {
          ...text("cited"),
          kind: { case: "text", value: { text: "c", citations: [{ json: "{}" }] } },
        },
      ],
    });
    expect(messages).toEqual([
      {
        role: "assistant",
        content: ["No.", "said", "c"].map((said) => ({ type: "text", text: said })),
      },
    ]);
    expect(warnings).toEqual([
      "DROPPED contents[0].parts[0]",
      "CHANGED contents[0].parts[1]",
      "CHANGED contents[0].parts[2]",
      "DROPPED contents[0].parts[3]",
      "DROPPED contents[0].parts[4]",
      "DROPPED contents[0].parts[5].text.citations[0]",
    ]);
  });
});

describe("an answer", () => {
  it.each([
    [{ content: [{ type: "text", text: "Hi" }] }, { content: "Hi" }],
    [
      {
        content: [
          { type: "thinking", thinking: "Hm." },
          { type: "text", text: "Hi" },
        ],
      },
      {},
    ],
    [
      {
        tool_plan: "Look.",
        tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }],
      },
      {},
    ],
    [
      {
        content: [
          { type: "thinking", thinking: "Hm." },
          { type: "text", text: "Hi" },
        ],
        citations: [
          {
            start: 0,
            end: 2,
            text: "Hi",
            sources: [{ type: "tool", id: "a:0" }],
            type: "TEXT_CONTENT",
          },
          { start: 0, end: 2, content_index: 0, sources: [], type: "THINKING_CONTENT" },
        ],
      },
      {
        citations: [
          { start: 0, end: 2, content_index: 0, sources: [], type: "THINKING_CONTENT" },
          {
            start: 0,
            end: 2,
            text: "Hi",
            sources: [{ type: "tool", id: "a:0" }],
            type: "TEXT_CONTENT",
          },
        ],
      },
    ],
    [{ tool_calls: [{ id: "t1", type: "browser", browser: {} }] }, {}],
  ])("goes back as it came: %j", (message, changed) => {
    const { content } = decodeCohereMessage(message);
    if (content === undefined) throw new Error("no content");
    const { messages, warnings } = turns(content);
    expect(messages).toEqual([{ role: "assistant", ...message, ...changed }]);
    expect(warnings).toEqual([]);
  });
});
