// Proves how each kind of part goes out: media by bytes and by address, calls, thoughts, blocks of
// the provider's own, and what is left out with a warning.
import { describe, expect, it } from "vitest";
import { Role } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { geminiOnVertex } from "../../../src/dialects/gemini/dialect.ts";
import type { PartInit } from "../../support/parts.ts";
import { errorOf } from "../../support/wire-under-test.ts";
import { call, model, send, text, user } from "./support.ts";

const bytes = { case: "data", value: Uint8Array.of(1, 2) } as const;
const at = (value: string) => ({ case: "url", value }) as const;
const media = (value: object): PartInit => ({ kind: { case: "media", value } }) as PartInit;
const sentPart = (part: PartInit, settings = {}) => {
  const { contents, warnings } = send({ contents: [user(part)] }, settings);
  return { part: contents[0]?.parts[0], warnings };
};

describe("media", () => {
  it.each([
    [
      "bytes",
      { mimeType: "image/png", source: bytes },
      { inlineData: { mimeType: "image/png", data: "AQI=" } },
    ],
    [
      "a data: address",
      { source: at("data:audio/wav;base64,AQI=") },
      { inlineData: { mimeType: "audio/wav", data: "AQI=" } },
    ],
    [
      "a data: address in plain text",
      { source: at("data:,a%20b") },
      { inlineData: { mimeType: "text/plain", data: "YSBi" } },
    ],
    [
      "a web address",
      { source: at("https://example.com/a.png") },
      { fileData: { fileUri: "https://example.com/a.png" } },
    ],
    [
      "an address in Cloud Storage",
      { mimeType: "application/pdf", source: at("gs://b/a.pdf") },
      { fileData: { mimeType: "application/pdf", fileUri: "gs://b/a.pdf" } },
    ],
    [
      "a stored file",
      { mimeType: "video/mp4", source: { case: "fileId", value: "files/abc" } },
      {
        fileData: {
          mimeType: "video/mp4",
          fileUri: "https://generativelanguage.googleapis.com/v1beta/files/abc",
        },
      },
    ],
    [
      "a stored file by its bare name",
      { source: { case: "fileId", value: "abc" } },
      { fileData: { fileUri: "https://generativelanguage.googleapis.com/v1beta/files/abc" } },
    ],
  ])("by %s", (_, value, expected) => {
    expect(sentPart(media(value))).toEqual({ part: expected, warnings: [] });
  });

  it("on Vertex AI have a MIME type by the name of their file", () => {
    const plan = media({ source: at("gs://b/plan.pdf") });
    expect(sentPart(plan, { dialect: geminiOnVertex })).toEqual({
      part: { fileData: { mimeType: "application/pdf", fileUri: "gs://b/plan.pdf" } },
      warnings: ["DEFAULTED contents[0].parts[0].media.mime_type"],
    });
  });

  it("lose their name with a warning", () => {
    const { warnings } = sentPart(media({ name: "Plan", mimeType: "image/png", source: bytes }));
    expect(warnings).toEqual(["DROPPED contents[0].parts[0].media.name"]);
  });

  it.each([
    ["without a type", { source: bytes }, "INVALID_REQUEST", "media.mime_type"],
    ["without a source", { mimeType: "image/png" }, "INVALID_REQUEST", "media"],
    ["in a cut data: address", { source: at("data:image/png") }, "INVALID_REQUEST", "media.url"],
    ["with a bad escape", { source: at("data:,%zz") }, "INVALID_REQUEST", "media.url"],
  ])("%s are refused", (_, value, reason, field) => {
    const error = errorOf(() => sentPart(media(value)));
    expect(error.reason).toBe(reason);
    expect(error.fields.violations).toMatchObject([
      { field: `request.contents[0].parts[0].${field}` },
    ]);
  });

  it("by a file id are refused where no files are stored", () => {
    const stored = media({ source: { case: "fileId", value: "files/abc" } });
    const error = errorOf(() => sentPart(stored, { dialect: geminiOnVertex }));
    expect(error.reason).toBe("UNSUPPORTED_FIELD");
  });

  it("that only another provider can name go as what was said in them", () => {
    const spoken = media({ id: "audio_1", transcript: "Hello" });
    const { contents, warnings } = send({ contents: [user("Hi"), model(spoken), user("Go on")] });
    expect(contents[1]?.parts).toEqual([{ text: "Hello" }]);
    expect(warnings).toEqual(["CHANGED contents[1].parts[0]"]);
  });
});

describe("calls", () => {
  const sentCall = (args: string) => {
    const {
      contents,
      warnings,
      text: raw,
    } = send({ contents: [user("?"), model(call("c", "f", args))] });
    return { call: contents[1]?.parts[0]?.functionCall, warnings, raw };
  };

  it("have their arguments as the model wrote them", () => {
    const { call: sent, raw } = sentCall('{"b": 1.0, "a": 2}');
    expect(sent).toMatchObject({ name: "f", args: { b: 1, a: 2 } });
    expect(raw).toContain('{"b": 1.0, "a": 2}');
  });

  it("have none as an empty object", () => {
    expect(sentCall(" ").call).toEqual({ id: "c", name: "f", args: {} });
  });

  it("have broken ones as text, with a warning", () => {
    const { call: sent, warnings } = sentCall('{"a":');
    expect(sent).toMatchObject({ args: { invalid_arguments: '{"a":' } });
    expect(warnings).toEqual(["CHANGED contents[1].parts[0].tool_call.arguments"]);
  });
});

describe("thoughts", () => {
  const thought = (value: object): PartInit => ({ kind: { case: "thinking", value } }) as PartInit;
  const sentThought = (value: object, role: Role = Role.ASSISTANT) => {
    const said = { role, parts: [thought(value), text("Hi")] } as never;
    const { contents, warnings } = send({ contents: [user("?"), said] });
    return { part: contents[1]?.parts[0], warnings };
  };

  it("go back with their signature", () => {
    const { part, warnings } = sentThought({ text: "hm", signature: "S", adapter: "google" });
    expect(part).toEqual({ text: "hm", thought: true, thoughtSignature: "S" });
    expect(warnings).toEqual([]);
  });

  it.each([
    ["another provider's", { text: "hm", adapter: "anthropic" }, Role.ASSISTANT],
    ["sealed ones", { redacted: Uint8Array.of(1) }, Role.ASSISTANT],
    ["the user's", { text: "hm" }, Role.USER],
  ])("do not: %s", (_, value, role) => {
    const { part, warnings } = sentThought(value, role);
    expect(part).toEqual({ text: "Hi" });
    expect(warnings).toEqual(["DROPPED contents[1].parts[0]"]);
  });
});

describe("other parts", () => {
  const block = (adapter: string, json: string, google?: object): PartInit => ({
    kind: { case: "provider", value: { adapter, type: "executableCode", json } },
    ...(google && { providerOptions: { google } as never }),
  });

  it("of the provider's own go as they came, fields laid on them", () => {
    const json = '{"executableCode": {"language": "PYTHON", "code": "1.0"}}';
    expect(send({ contents: [user("?"), model(block("google", json))] }).text).toContain(json);
    const { contents } = send({
      contents: [user("?"), model(block("google", json, { thoughtSignature: "S" }))],
    });
    expect(contents[1]?.parts[0]).toEqual({
      executableCode: { language: "PYTHON", code: "1.0" },
      thoughtSignature: "S",
    });
  });

  it("of another provider are left out with a warning", () => {
    const { warnings } = send({ contents: [user("?", block("openai", "{}"))] });
    expect(warnings).toEqual(["DROPPED contents[0].parts[1]"]);
  });

  it("that decline go as text, with a warning", () => {
    const refused = { kind: { case: "refusal", value: { text: "No." } } } as PartInit;
    const { contents, warnings } = send({ contents: [user("?"), model(refused)] });
    expect(contents[1]?.parts).toEqual([{ text: "No." }]);
    expect(warnings).toEqual(["CHANGED contents[1].parts[0]"]);
  });

  it("lose their hints for the cache and foreign citations with a warning", () => {
    const value = { text: "Hi", citations: [{ type: "url_citation" }, { type: "web" }] };
    const cited = { kind: { case: "text", value }, cache: {} } as PartInit;
    expect(send({ contents: [user(cited)] }).warnings).toEqual([
      "DROPPED contents[0].parts[0].cache",
      "DROPPED contents[0].parts[0].text.citations[0]",
    ]);
  });

  it("carry fields of their own", () => {
    const part = {
      ...media({ source: at("https://youtu.be/x") }),
      providerOptions: { google: { videoMetadata: { fps: 2 } } },
    };
    expect(sentPart(part).part).toEqual({
      fileData: { fileUri: "https://youtu.be/x" },
      videoMetadata: { fps: 2 },
    });
  });

  it("refuse fields that are no object", () => {
    const part = { ...text("Hi"), providerOptions: { google: 1 } };
    expect(errorOf(() => sentPart(part as never)).fields.violations).toMatchObject([
      { field: "request.contents[0].parts[0].provider_options.google" },
    ]);
  });
});
