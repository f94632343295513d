// Proves which images, documents, videos and sounds Converse is sent, from bytes, data: addresses
// and S3; how documents are named; and that what it does not take is a typed refusal.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { MediaKind, type MediaSchema, Role } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { thrownBy } from "../../support/framing.ts";
import { part } from "../../support/parts.ts";
import { send } from "./support.ts";

type MediaInit = Omit<MessageInitShape<typeof MediaSchema>, "$typeName">;

const bytes = { case: "data" as const, value: Buffer.from("abc") };

function sent(...media: readonly MediaInit[]) {
  const parts = media.map((value) => part({ case: "media", value: value as never }));
  const { body, warnings } = send({ contents: [{ role: Role.USER, parts }] });
  const [message] = body.messages as { content: unknown[] }[];
  return { content: message?.content, warnings };
}

describe("media", () => {
  it.each([
    ["image/png", "image", "png"],
    ["image/jpg", "image", "jpeg"],
    ["image/JPEG; q=1", "image", "jpeg"],
    ["image/gif", "image", "gif"],
    ["image/webp", "image", "webp"],
    ["video/mp4", "video", "mp4"],
    ["video/quicktime", "video", "mov"],
    ["video/x-matroska", "video", "mkv"],
    ["video/3gpp", "video", "three_gp"],
    ["audio/mpeg", "audio", "mp3"],
    ["audio/x-wav", "audio", "wav"],
  ])("of the type %s goes as %s", (mimeType, kind, format) => {
    expect(sent({ mimeType, source: bytes })).toEqual({
      content: [{ [kind]: { format, source: { bytes: "YWJj" } } }],
      warnings: [],
    });
  });

  it.each([
    ["application/pdf", "pdf"],
    ["text/csv", "csv"],
    ["text/plain; charset=utf-8", "txt"],
    ["text/markdown", "md"],
    ["application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"],
  ])("of the type %s goes as a document", (mimeType, format) => {
    expect(sent({ mimeType, source: bytes, name: "My report" })).toEqual({
      content: [{ document: { format, name: "My report", source: { bytes: "YWJj" } } }],
      warnings: [],
    });
  });

  it("lies in S3, and its ending tells the format", () => {
    const source = { case: "fileId" as const, value: "s3://bucket/films/a.mov" };
    expect(sent({ kind: MediaKind.VIDEO, source }).content).toEqual([
      { video: { format: "mov", source: { s3Location: { uri: "s3://bucket/films/a.mov" } } } },
    ]);
    const photo = { case: "fileId" as const, value: "s3://bucket/a.JPG" };
    expect(sent({ kind: MediaKind.IMAGE, source: photo }).content).toEqual([
      { image: { format: "jpeg", source: { s3Location: { uri: "s3://bucket/a.JPG" } } } },
    ]);
  });

  it("comes in data: addresses", () => {
    const url = (value: string) => ({ source: { case: "url" as const, value } });
    const expected = [{ image: { format: "png", source: { bytes: "YWJj" } } }];
    expect(sent(url("data:image/png;base64,YWJj")).content).toEqual(expected);
    expect(sent(url("data:image/png,%61bc")).content).toEqual(expected);
    expect(thrownBy(() => sent(url("data:image/png;base64"))).reason).toBe("INVALID_REQUEST");
    expect(thrownBy(() => sent(url("data:image/png,%zz"))).reason).toBe("INVALID_REQUEST");
  });

  it.each<[string, MediaInit, string]>([
    [
      "an address",
      { mimeType: "image/png", source: { case: "url", value: "https://a.example/a" } },
      "UNSUPPORTED_FIELD",
    ],
    [
      "a file of another store",
      { mimeType: "image/png", source: { case: "fileId", value: "file_1" } },
      "UNSUPPORTED_FIELD",
    ],
    ["an image of another type", { mimeType: "image/bmp", source: bytes }, "UNSUPPORTED_FIELD"],
    [
      "a document of another type",
      { mimeType: "application/zip", source: bytes },
      "UNSUPPORTED_FIELD",
    ],
    ["no type at all", { kind: MediaKind.IMAGE, source: bytes }, "INVALID_REQUEST"],
    ["no source", { mimeType: "image/png" }, "INVALID_REQUEST"],
  ])("is refused: %s", (_title, media, reason) => {
    const error = thrownBy(() => sent(media));
    expect(error.reason).toBe(reason);
    expect(error.fields.violations?.[0]?.field).toMatch(/^request\.contents\[0\]\.parts\[0\]/);
  });

  it("has names only where it is a document", () => {
    expect(sent({ mimeType: "image/png", source: bytes, name: "cat" }).warnings).toEqual([
      "DROPPED contents[0].parts[0].media.name",
    ]);
  });
});

describe("names of documents", () => {
  const names = (...given: readonly string[]) => {
    const { content, warnings } = sent(
      ...given.map((name) => ({ mimeType: "application/pdf", source: bytes, name })),
    );
    const documents = content as { document: { name: string } }[];
    return [documents.map(({ document }) => document.name), warnings.length];
  };

  it("stay as they are where the API takes them", () => {
    const good = ["Report (2024) [final]-v2", "company_policy", "Übersicht 日本"];
    expect(names(...good)).toEqual([good, 0]);
  });

  it("are made such as it takes, each once, which is told", () => {
    expect(names("a.pdf", "a/b:c", "two  \n spaces", "a.pdf", "a.pdf")).toEqual([
      ["a-pdf", "a-b-c", "two spaces", "a-pdf (2)", "a-pdf (3)"],
      5,
    ]);
    const [[long = "", second = ""]] = names("x".repeat(300), "x".repeat(300)) as [
      string[],
      number,
    ];
    expect([long.length, second.length]).toEqual([200, 200]);
    expect(second.endsWith(" (2)")).toBe(true);
  });

  it("are made up where there is none, for one is required", () => {
    expect(names("", "", "!")).toEqual([["document", "document (2)", "-"], 1]);
  });
});
