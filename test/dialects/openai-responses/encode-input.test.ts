// Proves that every kind of content reaches `input` as the item or piece that the wire has for it,
// in order, and that what cannot be sent is either told by a warning or refused by field.
import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import {
  CacheHintSchema,
  MediaKind,
  Role,
  WarningKind,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { call, encode, type PartInit, result, text } from "./request-parts.ts";

const { DROPPED, CHANGED, DEFAULTED } = WarningKind;
const image: PartInit = {
  kind: {
    case: "media",
    value: { mimeType: "image/png", source: { case: "data", value: Uint8Array.of(1, 2, 3) } },
  },
};

describe("roles and order", () => {
  test("system turns stay where they stand, and the short form stands first", () => {
    const { items, warnings } = encode(
      { role: Role.SYSTEM, message: "Be brief.", parts: [text("Be kind.")] },
      { role: Role.USER, message: "Hi", name: "ann" },
      { role: Role.SYSTEM, message: "Now in French." },
      { role: Role.ASSISTANT, message: "Salut" },
    );
    expect(items).toEqual([
      {
        type: "message",
        role: "system",
        content: [
          { type: "input_text", text: "Be brief." },
          { type: "input_text", text: "Be kind." },
        ],
      },
      { type: "message", role: "user", content: [{ type: "input_text", text: "Hi" }] },
      {
        type: "message",
        role: "system",
        content: [{ type: "input_text", text: "Now in French." }],
      },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "Salut" }] },
    ]);
    expect(warnings).toEqual([["contents[1].name", DROPPED]]);
  });

  test("calls and results part the text around them", () => {
    const { items } = encode(
      { role: Role.ASSISTANT, parts: [text("Let me see."), call("c1"), text("Done.")] },
      { role: Role.USER, parts: [result("c1", text("42")), text("And?")] },
    );
    expect(items).toEqual([
      {
        type: "message",
        role: "assistant",
        content: [{ type: "output_text", text: "Let me see." }],
      },
      { type: "function_call", call_id: "c1", name: "f", arguments: '{"a":1}' },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "Done." }] },
      { type: "function_call_output", call_id: "c1", output: "42" },
      { type: "message", role: "user", content: [{ type: "input_text", text: "And?" }] },
    ]);
  });

  test("the provider's own items in a tool's turn are no words of the user", () => {
    const item = { type: "function_call_output", call_id: "c1", output: "42" };
    const own = (type: string, value: object): PartInit => ({
      kind: { case: "provider", value: { adapter: "openai", type, json: JSON.stringify(value) } },
    });
    expect(encode({ role: Role.TOOL, parts: [own(item.type, item)] })).toEqual({
      items: [item],
      include: undefined,
      warnings: [],
    });
    const piece = { type: "input_text", text: "late" };
    expect(encode({ role: Role.TOOL, parts: [own(piece.type, piece)] })).toMatchObject({
      items: [{ role: "user", content: [piece] }],
      warnings: [["contents[0]", CHANGED]],
    });
  });

  test("text in a tool's turn is the user's", () => {
    const { items, warnings } = encode({ role: Role.TOOL, message: "late" });
    expect(items).toMatchObject([{ role: "user" }]);
    expect(warnings).toEqual([["contents[0]", CHANGED]]);
  });
});

describe("media", () => {
  const media: readonly (readonly [string, PartInit, unknown, unknown])[] = [
    ["image bytes", image, { type: "input_image", image_url: "data:image/png;base64,AQID" }, []],
    [
      "image address with detail",
      {
        kind: {
          case: "media",
          value: {
            kind: MediaKind.IMAGE,
            name: "cat",
            source: { case: "url", value: "https://a.example/cat" },
          },
        },
        providerOptions: { openai: { detail: "low" } },
      },
      { type: "input_image", image_url: "https://a.example/cat", detail: "low" },
      [["contents[0].parts[0].media.name", DROPPED]],
    ],
    [
      "image file",
      {
        kind: {
          case: "media",
          value: { kind: MediaKind.IMAGE, source: { case: "fileId", value: "file-1" } },
        },
      },
      { type: "input_image", file_id: "file-1" },
      [],
    ],
    [
      "document bytes",
      {
        kind: {
          case: "media",
          value: {
            mimeType: "application/pdf",
            name: "a.pdf",
            source: { case: "data", value: Uint8Array.of(1, 2, 3) },
          },
        },
      },
      { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,AQID" },
      [],
    ],
    [
      "document bytes without a name",
      {
        kind: {
          case: "media",
          value: { source: { case: "url", value: "data:application/pdf;base64,AQID" } },
        },
      },
      { type: "input_file", filename: "document", file_data: "data:application/pdf;base64,AQID" },
      [["contents[0].parts[0].media.name", DEFAULTED]],
    ],
    [
      "document address",
      {
        kind: {
          case: "media",
          value: {
            mimeType: "application/pdf",
            source: { case: "url", value: "https://a.example/a.pdf" },
          },
        },
      },
      { type: "input_file", file_url: "https://a.example/a.pdf" },
      [],
    ],
    [
      "document file",
      {
        kind: {
          case: "media",
          value: {
            kind: MediaKind.DOCUMENT,
            name: "a.pdf",
            source: { case: "fileId", value: "file-2" },
          },
        },
      },
      { type: "input_file", file_id: "file-2" },
      [["contents[0].parts[0].media.name", DROPPED]],
    ],
  ];

  test.each(media)("%s", (_name, part, piece, warned) => {
    const { items, warnings } = encode({ role: Role.USER, parts: [part] });
    expect(items).toEqual([{ type: "message", role: "user", content: [piece] }]);
    expect(warnings).toEqual(warned);
  });

  test.each(["audio/wav", "video/mp4"])(
    "%s is refused, since the question needs it",
    (mimeType) => {
      const source = { case: "data", value: Uint8Array.of(1) } as const;
      const part: PartInit = { kind: { case: "media", value: { mimeType, source } } };
      expect(() => encode({ role: Role.USER, parts: [text("What is this?"), part] })).toThrow(
        expect.objectContaining({
          reason: "UNSUPPORTED_FIELD",
          fields: {
            violations: [expect.objectContaining({ field: "request.contents[0].parts[1]" })],
          },
        }),
      );
    },
  );

  test("media in the model's own turns is left out", () => {
    const { items, warnings } = encode({ role: Role.ASSISTANT, parts: [image] });
    expect([items, warnings]).toEqual([[], [["contents[0].parts[0]", DROPPED]]]);
  });

  test("what was said in the model's own sound goes back as text", () => {
    const media = { kind: MediaKind.AUDIO, id: "audio_1", transcript: "It is sunny." };
    const spoken: PartInit = { kind: { case: "media", value: media } };
    const { items, warnings } = encode({ role: Role.ASSISTANT, parts: [spoken] });
    expect(items).toEqual([
      {
        type: "message",
        role: "assistant",
        content: [{ type: "output_text", text: "It is sunny." }],
      },
    ]);
    expect(warnings).toEqual([["contents[0].parts[0]", CHANGED]]);
  });
});

describe("tools", () => {
  test("an id that is too long is mapped the same way in call and result", () => {
    const long = "t".repeat(65);
    const { items } = encode(
      { role: Role.ASSISTANT, parts: [call(long), call("t".repeat(64), "g", "")] },
      { role: Role.TOOL, parts: [result(long, text("1")), result("t".repeat(64), text("2"))] },
    );
    const [first, second, third, fourth] = items as { call_id: string; arguments?: string }[];
    expect(first?.call_id).toMatch(/^call_[0-9a-f]{16}$/);
    expect(third?.call_id).toBe(first?.call_id);
    expect(second).toMatchObject({ call_id: "t".repeat(64), arguments: "{}" });
    expect(fourth?.call_id).toBe("t".repeat(64));
  });

  test("a result is one text, or a list", () => {
    const pieces = (...parts: PartInit[]): unknown => {
      const { items } = encode({ role: Role.TOOL, parts: [result("c", ...parts)] });
      return (items as { output: unknown }[])[0]?.output;
    };
    expect(pieces()).toBe("");
    expect(pieces(text("42"))).toBe("42");
    expect(pieces(text("see"), image)).toEqual([
      { type: "input_text", text: "see" },
      { type: "input_image", image_url: "data:image/png;base64,AQID" },
    ]);
    expect(() => pieces(call("x"))).toThrow(
      /^request\.contents\[0\]\.parts\[0\]\.tool_result\.parts\[0\]: /,
    );
  });

  test("a failed tool and hints for the cache are told", () => {
    const cache = create(CacheHintSchema);
    const failed: PartInit = {
      kind: {
        case: "toolResult",
        value: { toolCallId: "c", isError: true, parts: [{ ...text("no"), cache }] },
      },
      cache,
    };
    expect(encode({ role: Role.TOOL, parts: [failed] }).warnings).toEqual([
      ["contents[0].parts[0].cache", DROPPED],
      ["contents[0].parts[0].tool_result.is_error", DROPPED],
      ["contents[0].parts[0].tool_result.parts[0].cache", DROPPED],
    ]);
  });

  test("a custom call is answered as one", () => {
    const custom: PartInit = {
      ...call("c9", "shell", "ls -l"),
      providerOptions: { openai: { item: { type: "custom_tool_call", id: "ctc_1" } } },
    };
    const { items } = encode(
      { role: Role.ASSISTANT, parts: [custom] },
      { role: Role.TOOL, parts: [result("c9", text("a.txt"))] },
    );
    expect(items).toEqual([
      { type: "custom_tool_call", call_id: "c9", name: "shell", input: "ls -l", id: "ctc_1" },
      { type: "custom_tool_call_output", call_id: "c9", output: "a.txt" },
    ]);
  });
});
