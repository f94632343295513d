// Proves that turns and their parts are held to the contract: roles, text in whole characters
// (V12), tool results that answer calls (V11), provider blocks, and media by their bytes, types and
// addresses (V13, V14).

import type { MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  type ContentSchema,
  MediaKind,
  type PartSchema,
  Role,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { refusalOf, requestWith, wrongFields } from "../support/violations.ts";

type ContentInit = MessageInitShape<typeof ContentSchema>;
type PartInit = MessageInitShape<typeof PartSchema>;
type MediaInit = Extract<NonNullable<PartInit["kind"]>, { case: "media" }>["value"];

const surrogate = "half \udc00 pair";
const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0]);
const jpeg = Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 0, 0]);
const webp = Buffer.from("RIFF\0\0\0\0WEBPVP8 ");

/** Paths that are wrong in a conversation, without their common beginning. */
function wrongIn(...contents: ContentInit[]): readonly string[] {
  return wrongFields({ contents }).map((field) => field.replace("request.contents", ""));
}

function wrongPart(part: PartInit, role: Role = Role.USER): readonly string[] {
  return wrongIn({ role, parts: [part] }).map((field) => field.replace("[0].parts[0]", ""));
}

function toolCall(id: string, name = "look"): PartInit {
  return { kind: { case: "toolCall", value: { id, name, arguments: "{}" } } };
}

function toolResult(toolCallId: string, parts: PartInit[] = []): PartInit {
  return { kind: { case: "toolResult", value: { toolCallId, parts } } };
}

describe("turns", () => {
  it.each<[string, ContentInit[], readonly string[]]>([
    ["no turn", [], [""]],
    ["an unsaid role", [{ message: "x" }], ["[0].role"]],
    ["an unknown role", [{ role: 9 as Role, message: "x" }], ["[0].role"]],
    ["a user that says nothing", [{ role: Role.USER }], ["[0]"]],
    ["half a pair", [{ role: Role.USER, message: surrogate }], ["[0].message"]],
    ["half a pair in a name", [{ role: Role.USER, message: "x", name: surrogate }], ["[0].name"]],
    ["a tool that speaks", [{ role: Role.TOOL, message: "x" }], ["[0].message"]],
  ])("refuses %s", (_, contents, wrong) => {
    expect(wrongIn(...contents)).toEqual(wrong);
  });

  it("takes every role, short and long form, and the empty answer of a model", () => {
    const wrong = wrongIn(
      { role: Role.SYSTEM, message: "be brief" },
      { role: Role.USER, message: "x", parts: [{ kind: { case: "text", value: {} } }] },
      { role: Role.ASSISTANT },
      { role: Role.USER, message: "pairs \u{1f600} are whole" },
    );
    expect(wrong).toEqual([]);
  });

  it("refuses more turns and parts than the limits, without looking at them", () => {
    const turn = { role: Role.UNSPECIFIED, message: "x" };
    const contents = [turn, turn, turn];
    expect(wrongFields({ contents }, { contents: 2 })).toEqual(["request.contents"]);
    const crowded = [{ role: Role.USER, parts: [{}, {}, {}] }];
    expect(wrongFields({ contents: crowded }, { parts: 2 })).toEqual(["request.contents[0].parts"]);
  });
});

describe("parts", () => {
  it.each<[string, PartInit, readonly string[]]>([
    ["no kind", {}, [""]],
    ["text", { kind: { case: "text", value: { text: surrogate } } }, [".text.text"]],
    [
      "a citation that is no JSON",
      { kind: { case: "text", value: { text: "a", citations: [{ json: "{" }] } } },
      [".text.citations[0].json"],
    ],
    [
      "a block that is a list",
      { kind: { case: "provider", value: { adapter: "openai", json: "[]" } } },
      [".provider.json"],
    ],
    [
      "a block without adapter",
      { kind: { case: "provider", value: { json: "{}" } } },
      [".provider.adapter"],
    ],
    [
      "a negative cache",
      { kind: { case: "text", value: {} }, cache: { ttl: { seconds: -1n } } },
      [".cache.ttl"],
    ],
    [
      "options that are no objects",
      { kind: { case: "text", value: {} }, providerOptions: { openai: "x" } },
      [".provider_options"],
    ],
  ])("refuses %s", (_, part, wrong) => {
    expect(wrongPart(part)).toEqual(wrong);
  });

  it.each<[string, PartInit]>([
    ["thinking", { kind: { case: "thinking", value: { text: "a", signature: "s" } } }],
    ["a refusal", { kind: { case: "refusal", value: {} } }],
    ["a block", { kind: { case: "provider", value: { adapter: "x", json: '{"a":[1]}' } } }],
    [
      "a broken call, as the model wrote it",
      { kind: { case: "toolCall", value: { id: "1", name: "f", arguments: '{"a":' } } },
    ],
  ])("takes %s of the model", (_, part) => {
    expect(wrongPart(part, Role.ASSISTANT)).toEqual([]);
  });

  it("finds half a pair in every text of a thinking and a refusal", () => {
    const thinking = { text: surrogate, signature: surrogate };
    expect(wrongPart({ kind: { case: "thinking", value: thinking } })).toHaveLength(2);
    const refusal = { text: surrogate, category: surrogate };
    expect(wrongPart({ kind: { case: "refusal", value: refusal } })).toHaveLength(2);
  });
});

describe("tool calls and results", () => {
  const asked: ContentInit = { role: Role.ASSISTANT, parts: [toolCall("1"), toolCall("2")] };

  it("takes results in any order, in one turn or two, of a tool or a user", () => {
    expect(
      wrongIn(
        asked,
        { role: Role.TOOL, parts: [toolResult("2")] },
        { role: Role.USER, parts: [toolResult("1", [{ kind: { case: "text", value: {} } }])] },
      ),
    ).toEqual([]);
  });

  it("takes an id again in a later turn, and one answer for each call", () => {
    const again: ContentInit = { role: Role.ASSISTANT, parts: [toolCall("1")] };
    const answer: ContentInit = { role: Role.TOOL, parts: [toolResult("1")] };
    expect(wrongIn(again, answer, again, answer)).toEqual([]);
    expect(wrongIn(again, answer, answer)).toEqual(["[2].parts[0].tool_result.tool_call_id"]);
  });

  it.each<[string, ContentInit[], readonly string[]]>([
    [
      "a result without call",
      [{ role: Role.TOOL, parts: [toolResult("1")] }],
      ["[0].parts[0].tool_result.tool_call_id"],
    ],
    [
      "a result before its call",
      [
        { role: Role.TOOL, parts: [toolResult("1")] },
        { role: Role.ASSISTANT, parts: [toolCall("1")] },
      ],
      ["[0].parts[0].tool_result.tool_call_id"],
    ],
    [
      "a result without id",
      [asked, { role: Role.TOOL, parts: [toolResult("")] }],
      ["[1].parts[0].tool_result.tool_call_id"],
    ],
    [
      "a tool that says something else",
      [asked, { role: Role.TOOL, parts: [{ kind: { case: "text", value: { text: "x" } } }] }],
      ["[1].parts[0]"],
    ],
    [
      "a result inside a result",
      [asked, { role: Role.TOOL, parts: [toolResult("1", [toolResult("2")])] }],
      ["[1].parts[0].tool_result.parts[0]"],
    ],
    [
      "options inside a result that are no objects",
      [
        asked,
        {
          role: Role.TOOL,
          parts: [
            toolResult("1", [{ kind: { case: "text", value: {} }, providerOptions: { a: 1 } }]),
          ],
        },
      ],
      ["[1].parts[0].tool_result.parts[0].provider_options"],
    ],
    [
      "a result of the model",
      [asked, { role: Role.ASSISTANT, parts: [toolResult("1")] }],
      ["[1].parts[0].tool_result"],
    ],
    [
      "a call of the user",
      [{ role: Role.USER, parts: [toolCall("1")] }],
      ["[0].parts[0].tool_call"],
    ],
    [
      "a call without name",
      [{ role: Role.ASSISTANT, parts: [toolCall("1", "")] }],
      ["[0].parts[0].tool_call.name"],
    ],
    [
      "two calls of one id in one turn",
      [{ role: Role.ASSISTANT, parts: [toolCall("1"), toolCall("1")] }],
      ["[0].parts[1].tool_call.id"],
    ],
  ])("refuses %s", (_, contents, wrong) => {
    expect(wrongIn(...contents)).toEqual(wrong);
  });
});

describe("media", () => {
  function wrongMedia(value: MediaInit): readonly string[] {
    return wrongPart({ kind: { case: "media", value } }).map((field) =>
      field.replace(".media", ""),
    );
  }
  const data = (bytes: Uint8Array, mimeType: string): MediaInit => ({
    mimeType,
    source: { case: "data", value: bytes as Uint8Array<ArrayBuffer> },
  });
  const url = (value: string, more: MediaInit = { kind: MediaKind.IMAGE }): MediaInit => ({
    ...more,
    source: { case: "url", value },
  });
  const dataURL = (bytes: Uint8Array): string =>
    `data:image/png;base64,${Buffer.from(bytes).toString("base64")}`;

  it.each<[string, MediaInit]>([
    ["a PNG", data(png, "image/png")],
    ["a JPEG by its other name", data(jpeg, "image/jpg")],
    ["a WebP with parameters", data(webp, "image/webp; q=1")],
    ["a PDF after some bytes", data(Buffer.from("junk\n%PDF-1.7"), "application/pdf")],
    ["sound", data(Buffer.from("any"), "audio/L16;rate=16000")],
    ["an image without a known signature", data(Buffer.from("any"), "image/heic")],
    ["an address", url("https://example.com/cat.png")],
    ["a bucket", url("gs://bucket/cat.png", { mimeType: "video/mp4" })],
    ["a data: URL, which says its kind", url(dataURL(png), {})],
    ["a file", { kind: MediaKind.DOCUMENT, source: { case: "fileId", value: "file-1" } }],
  ])("takes %s", (_, media) => {
    expect(wrongMedia(media)).toEqual([]);
  });

  it.each<[string, MediaInit, readonly string[]]>([
    ["nothing", { mimeType: "image/png" }, [""]],
    ["no bytes", data(new Uint8Array(), "image/png"), [".data"]],
    [
      "bytes without type",
      { kind: MediaKind.IMAGE, source: data(png, "").source! },
      [".mime_type"],
    ],
    ["a type without slash", data(png, "png"), [".mime_type"]],
    ["a type with a line break", data(png, "image/png\r\nx: y"), [".mime_type"]],
    ["a PNG called JPEG", data(png, "image/jpeg"), [".data"]],
    ["a JPEG called HEIC", data(jpeg, "image/heic"), [".data"]],
    ["words called PNG", data(Buffer.from("hello"), "image/png"), [".data"]],
    ["words called PDF", data(Buffer.from("hello"), "application/pdf"), [".data"]],
    ["a kind that nothing tells", data(png, "application/octet-stream"), [".kind"]],
    ["an address that tells no kind", url("https://example.com/cat", {}), [".kind"]],
    [
      "an image of the kind audio",
      { ...data(png, "image/png"), kind: MediaKind.AUDIO },
      [".mime_type"],
    ],
    ["a file: address", url("file:///etc/passwd"), [".url"]],
    ["a javascript: address", url("javascript:alert(1)"), [".url"]],
    ["a relative address", url("/cat.png"), [".url"]],
    ["an address with a space", url("https://example.com/a b"), [".url"]],
    ["an address with a password", url("https://user:pass@example.com/"), [".url"]],
    ["a long address", url(`https://example.com/${"x".repeat(8192)}`), [".url"]],
    ["no base64", url("data:image/png;base64,AAA!"), [".url"]],
    ["base64 cut short", url("data:image/png;base64,AAA"), [".url"]],
    ["base64 for URLs", url("data:image/png;base64,-_-_"), [".url"]],
    ["no bytes in base64", url("data:image/png;base64,"), [".url"]],
    ["a JPEG in a data: URL of a PNG", url(dataURL(jpeg)), [".url"]],
    ["a data: URL without type", url("data:,hello"), [".url"]],
    [
      "an empty file id",
      { kind: MediaKind.IMAGE, source: { case: "fileId", value: "" } },
      [".file_id"],
    ],
  ])("refuses %s", (_, media, wrong) => {
    expect(wrongMedia(media)).toEqual(wrong);
  });

  it.each([
    "http://169.254.169.254/latest/meta-data",
    "http://metadata.google.internal/x",
    "http://127.0.0.1:8080/",
    "http://2130706433/",
    "http://[::ffff:10.0.0.1]/",
    "http://localhost/",
  ])("refuses to pass %s on", (value) => {
    const parts: PartInit[] = [{ kind: { case: "media", value: url(value) } }];
    const error = refusalOf(requestWith({ contents: [{ role: Role.USER, parts }] }));
    expect(error?.reason).toBe("EGRESS_FORBIDDEN");
    expect(error?.status).toBe("FAILED_PRECONDITION");
    expect(error?.fields.metadata?.field).toBe("request.contents[0].parts[0].media.url");
    expect(error?.fields.precondition?.type).toBe("EGRESS_FORBIDDEN");
  });

  it("puts violations before a forbidden address", () => {
    const parts: PartInit[] = [{ kind: { case: "media", value: url("http://127.0.0.1/") } }];
    const error = refusalOf(requestWith({ topK: 0, contents: [{ role: Role.USER, parts }] }));
    expect(error?.reason).toBe("INVALID_REQUEST");
    expect(error?.fields.violations).toHaveLength(1);
  });
});
