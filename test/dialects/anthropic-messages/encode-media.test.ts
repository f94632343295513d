// Proves which images and documents are sent, from which sources, and that the rest is refused with
// a typed error and not sent in another form.
import { describe, expect, it } from "vitest";
import { MediaKind, Role } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { part } from "../../support/parts.ts";
import { errorOf } from "../../support/wire-under-test.ts";
import { send } from "./support.ts";

const bytes = (words: string) => new TextEncoder().encode(words);
const inline = (words: string) => ({ case: "data", value: bytes(words) }) as const;
const url = (value: string) => ({ case: "url", value }) as const;
const file = (value: string) => ({ case: "fileId", value }) as const;

const sendMedia = (value: object) =>
  send({ contents: [{ role: Role.USER, parts: [part({ case: "media", value })] }] });

describe("media", () => {
  it.each([
    [
      { mimeType: "image/png", source: inline("P") },
      { type: "image", source: { type: "base64", media_type: "image/png", data: "UA==" } },
    ],
    [
      { kind: MediaKind.IMAGE, source: url("https://a.example/x") },
      { type: "image", source: { type: "url", url: "https://a.example/x" } },
    ],
    [
      { kind: MediaKind.IMAGE, source: file("file_1") },
      { type: "image", source: { type: "file", file_id: "file_1" } },
    ],
    [
      { source: url("data:image/gif;base64,R0lG") },
      { type: "image", source: { type: "base64", media_type: "image/gif", data: "R0lG" } },
    ],
    [
      { mimeType: "application/pdf", name: "Bill", source: inline("%PDF") },
      {
        type: "document",
        source: { type: "base64", media_type: "application/pdf", data: "JVBERg==" },
        title: "Bill",
      },
    ],
    [
      { mimeType: "application/pdf", source: url("https://a.example/x.pdf") },
      { type: "document", source: { type: "url", url: "https://a.example/x.pdf" } },
    ],
    [
      { kind: MediaKind.DOCUMENT, source: file("file_2") },
      { type: "document", source: { type: "file", file_id: "file_2" } },
    ],
    [
      { mimeType: "text/plain; charset=utf-8", source: inline("Grüße") },
      { type: "document", source: { type: "text", media_type: "text/plain", data: "Grüße" } },
    ],
    [
      { source: url("data:,a%20b") },
      { type: "document", source: { type: "text", media_type: "text/plain", data: "a b" } },
    ],
  ])("is sent: %#", (value, block) => {
    const { body, warnings } = sendMedia(value);
    expect(body.messages).toEqual([{ role: "user", content: [block] }]);
    expect(warnings).toEqual([]);
  });

  it.each(["text/markdown", "application/json", "text/csv"])(
    "of %s goes as plain text",
    (mimeType) => {
      const { body, warnings } = sendMedia({ mimeType, source: inline("# a") });
      expect(body.messages).toMatchObject([
        { content: [{ source: { type: "text", media_type: "text/plain", data: "# a" } }] },
      ]);
      expect(warnings).toEqual(["CHANGED contents[0].parts[0].media.mime_type"]);
    },
  );

  it("has no title where it is an image", () => {
    expect(sendMedia({ mimeType: "image/png", name: "n", source: inline("P") }).warnings).toEqual([
      "DROPPED contents[0].parts[0].media.name",
    ]);
  });

  it.each([
    [{ mimeType: "audio/wav", source: inline("R") }, "UNSUPPORTED_FIELD"],
    [{ kind: MediaKind.VIDEO, source: url("https://a.example/v") }, "UNSUPPORTED_FIELD"],
    [{ mimeType: "application/msword", source: inline("W") }, "UNSUPPORTED_FIELD"],
    [{ mimeType: "image/png", source: url("gs://bucket/x.png") }, "UNSUPPORTED_FIELD"],
    [{ kind: MediaKind.IMAGE, source: inline("P") }, "INVALID_REQUEST"],
    [{ source: url("https://a.example/x") }, "INVALID_REQUEST"],
    [{ mimeType: "image/png" }, "INVALID_REQUEST"],
    [{ source: url("data:image/png") }, "INVALID_REQUEST"],
    [{ source: url("data:text/plain,100%") }, "INVALID_REQUEST"],
    [
      { mimeType: "text/plain", source: { case: "data", value: new Uint8Array([0xff]) } },
      "INVALID_REQUEST",
    ],
  ])("is refused: %#", (value, reason) => {
    const error = errorOf(() => sendMedia(value));
    expect(error.reason).toBe(reason);
    expect(error.fields.violations?.[0]?.field).toMatch(/^request\.contents\[0\]\.parts\[0\]/);
  });
});
