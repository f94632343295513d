// Proves what a whole answer becomes: parts of every kind, stop reasons, usage, blocked prompts,
// further candidates, sources, and what the contract has no place for.
import { toJson } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  CitationSchema,
  MediaKind,
  StopReason,
  type Usage,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { errorOf } from "../../support/wire-under-test.ts";
import { bodyOf, read, readParts } from "./support.ts";

const nameOf = (stop: StopReason): string | undefined =>
  Object.entries(StopReason).find(([, value]) => value === stop)?.[0];

describe("parts", () => {
  it("keep their order and their words", () => {
    const { content } = read(bodyOf([{ text: "hm", thought: true }, { text: "A" }, { text: "B" }]));
    expect(content?.message).toBe("AB");
    expect(content?.parts.map(({ kind }) => [kind.case, kind.value])).toMatchObject([
      ["thinking", { text: "hm", adapter: "google" }],
      ["text", { text: "A" }],
      ["text", { text: "B" }],
    ]);
  });

  it("that say nothing are none", () => {
    expect(
      readParts({}, { text: "" }, { text: "A", thought: false }, { text: "", thought: true }),
    ).toHaveLength(1);
    expect(readParts({ text: null, thought: null })).toEqual([]);
  });

  it("are calls, with the given id or one that is made up", () => {
    const calls = readParts(
      { functionCall: { id: "c1", name: "f", args: { a: [1, "x"] } } },
      { functionCall: { name: "g" } },
      { functionCall: { name: "h", args: {} } },
    );
    expect(calls.map(({ kind }) => kind.value)).toMatchObject([
      { id: "c1", name: "f", arguments: '{"a":[1,"x"]}', validJson: true },
      { id: "gemini_call_r-1_2", name: "g", arguments: "{}", validJson: true },
      { id: "gemini_call_r-1_3", name: "h", arguments: "{}", validJson: true },
    ]);
  });

  it.each([
    ["image/png", MediaKind.IMAGE],
    ["audio/L16;rate=24000", MediaKind.AUDIO],
    ["video/mp4", MediaKind.VIDEO],
    ["application/pdf", MediaKind.DOCUMENT],
    ["toString/x", MediaKind.DOCUMENT],
  ])("are media of %s", (mimeType, kind) => {
    const [inline, file] = readParts(
      { inlineData: { mimeType, data: "AQI=", displayName: "N" } },
      { fileData: { mimeType, fileUri: "gs://b/f" } },
    );
    expect(inline?.kind.value).toMatchObject({
      kind,
      mimeType,
      name: "N",
      source: { case: "data", value: Uint8Array.of(1, 2) },
    });
    expect(file?.kind.value).toMatchObject({ kind, source: { case: "url", value: "gs://b/f" } });
  });

  it.each([
    [{ executableCode: { language: "PYTHON", code: "1" } }, "executableCode"],
    [{ codeExecutionResult: { outcome: "OUTCOME_OK", output: "1" } }, "codeExecutionResult"],
    [{ thoughtSignature: "S", toolCall: { id: "t" } }, "toolCall"],
    [{ someday: 1 }, "someday"],
    [{ inlineData: { mimeType: "image/png" } }, "inlineData"],
    [{ functionCall: { args: {} } }, "functionCall"],
    [{ text: 7 }, "text"],
  ])("are blocks of the provider: %o", (part, type) => {
    const [block] = readParts(part);
    expect(block?.kind).toMatchObject({
      case: "provider",
      value: { adapter: "google", type, json: JSON.stringify(part) },
    });
  });

  it("that are no objects are kept too", () => {
    const [block] = read(bodyOf(["odd"])).content?.parts ?? [];
    expect(block?.kind.value).toMatchObject({ json: '{"value":"odd"}' });
  });

  it("carry what else stands on them", () => {
    const [text, call, image] = readParts(
      { text: "A", partMetadata: { a: 1 } },
      { functionCall: { name: "f", novel: true }, novel: 2 },
      { inlineData: { mimeType: "image/png", data: "", novel: 3 } },
    );
    expect(text?.providerOptions).toEqual({ google: { partMetadata: { a: 1 } } });
    expect(call?.providerOptions).toEqual({ google: { functionCall: { novel: true }, novel: 2 } });
    expect(image?.providerOptions).toEqual({ google: { inlineData: { novel: 3 } } });
  });
});

describe("the end", () => {
  it.each([
    ["STOP", "END_TURN"],
    ["MAX_TOKENS", "MAX_TOKENS"],
    ["SAFETY", "CONTENT_FILTER"],
    ["RECITATION", "CONTENT_FILTER"],
    ["LANGUAGE", "OTHER"],
    ["OTHER", "OTHER"],
    ["BLOCKLIST", "CONTENT_FILTER"],
    ["PROHIBITED_CONTENT", "CONTENT_FILTER"],
    ["SPII", "CONTENT_FILTER"],
    ["MODEL_ARMOR", "CONTENT_FILTER"],
    ["MALFORMED_FUNCTION_CALL", "MALFORMED_TOOL_CALL"],
    ["UNEXPECTED_TOOL_CALL", "MALFORMED_TOOL_CALL"],
    ["TOO_MANY_TOOL_CALLS", "OTHER"],
    ["IMAGE_SAFETY", "CONTENT_FILTER"],
    ["IMAGE_PROHIBITED_CONTENT", "CONTENT_FILTER"],
    ["IMAGE_RECITATION", "CONTENT_FILTER"],
    ["IMAGE_OTHER", "OTHER"],
    ["NO_IMAGE", "OTHER"],
    ["SOMEDAY", "OTHER"],
  ])("%s is %s", (finishReason, stop) => {
    const response = read(bodyOf([{ text: "A" }], { finishReason }));
    expect([response.rawStopReason, nameOf(response.stopReason)]).toEqual([finishReason, stop]);
  });

  it("with a call is told as STOP, and is a use of tools", () => {
    const response = read(bodyOf([{ functionCall: { name: "f" } }]));
    expect([response.rawStopReason, nameOf(response.stopReason)]).toEqual(["STOP", "TOOL_USE"]);
    const cut = read(bodyOf([{ functionCall: { name: "f" } }], { finishReason: "MAX_TOKENS" }));
    expect(nameOf(cut.stopReason)).toBe("MAX_TOKENS");
  });

  it("may be a number", () => {
    const response = read(bodyOf([{ text: "A" }], { finishReason: 2 }));
    expect([response.rawStopReason, nameOf(response.stopReason)]).toEqual(["2", "MAX_TOKENS"]);
    const blocked = [7, 8].map((finishReason) => read(bodyOf([], { finishReason })));
    expect(blocked.map(({ stopReason }) => nameOf(stopReason))).toEqual([
      "CONTENT_FILTER",
      "CONTENT_FILTER",
    ]);
  });

  it.each([[{ content: undefined }], [{ content: null }], [{ content: { role: "model" } }]])(
    "may come without content: %o",
    (candidate) => {
      const response = read(bodyOf([], { ...candidate, finishReason: "MAX_TOKENS" }));
      expect([response.content?.parts, nameOf(response.stopReason)]).toEqual([[], "MAX_TOKENS"]);
    },
  );

  it("of a blocked prompt is the filter's, with what the provider says of it", () => {
    const promptFeedback = {
      blockReason: "PROHIBITED_CONTENT",
      safetyRatings: [{ category: "C" }],
    };
    const response = read({ promptFeedback, usageMetadata: { promptTokenCount: 9 } });
    expect([response.rawStopReason, nameOf(response.stopReason)]).toEqual([
      "PROHIBITED_CONTENT",
      "CONTENT_FILTER",
    ]);
    expect(response.content?.parts).toEqual([]);
    expect(response.providerMetadata).toMatchObject({ promptFeedback });
    expect(response.usage?.inputTokens).toBe(9n);
  });

  it.each([[{}], [{ candidates: [] }], [{ usageMetadata: {} }], [{ candidates: ["x"] }]])(
    "is missing in %o, which is no answer",
    (body) => {
      expect(errorOf(() => read(body)).reason).toBe("PROVIDER_MALFORMED_RESPONSE");
    },
  );

  it("may be an error inside a success", () => {
    const error = errorOf(() =>
      read({ error: { code: 429, status: "RESOURCE_EXHAUSTED", message: "no" } }),
    );
    expect([error.reason, error.fields.metadata?.http_status]).toEqual([
      "PROVIDER_RATE_LIMITED",
      "200",
    ]);
  });
});

describe("usage", () => {
  const counts = (usageMetadata: object): Partial<Usage> | undefined => {
    const { usage } = read(bodyOf([{ text: "A" }], {}, { usageMetadata }));
    if (usage === undefined) return undefined;
    const { $typeName: _, serverToolUses: _uses, source: _source, ...rest } = usage;
    return Object.fromEntries(Object.entries(rest).filter(([, count]) => count !== 0n));
  };

  it("includes thoughts in output, cached and tools' tokens in input", () => {
    expect(
      counts({
        promptTokenCount: 100,
        cachedContentTokenCount: 60,
        toolUsePromptTokenCount: 7,
        candidatesTokenCount: 20,
        thoughtsTokenCount: 30,
        totalTokenCount: 157,
        promptTokensDetails: [
          { modality: "TEXT", tokenCount: 90 },
          { modality: "AUDIO", tokenCount: 10 },
        ],
        candidatesTokensDetails: [{ modality: 4, tokenCount: 5 }],
      }),
    ).toEqual({
      inputTokens: 107n,
      outputTokens: 50n,
      cacheReadTokens: 60n,
      reasoningTokens: 30n,
      inputAudioTokens: 10n,
      outputAudioTokens: 5n,
    });
  });

  it("is none where nothing is counted", () => {
    expect(counts({ trafficType: "ON_DEMAND" })).toBeUndefined();
    expect(counts({ promptTokenCount: "many" })).toBeUndefined();
  });

  it("keeps what has no place as it came", () => {
    const usageMetadata = {
      promptTokenCount: 1,
      totalTokenCount: 3,
      thoughtsTokenCount: "x",
      serviceTier: "flex",
    };
    expect(read(bodyOf([], {}, { usageMetadata })).providerMetadata).toEqual({
      usageMetadata: { totalTokenCount: 3, thoughtsTokenCount: "x", serviceTier: "flex" },
    });
  });
});

describe("around the parts", () => {
  it("stand id, model and time", () => {
    const response = read(bodyOf([], {}, { createTime: "2026-05-04T20:01:02.264968Z" }));
    expect([response.id, response.model, response.createTime?.seconds]).toEqual([
      "r-1",
      "gemini-2.5-flash",
      1777924862n,
    ]);
    const bare = read(bodyOf([], {}, { modelVersion: undefined, createTime: "soon" }));
    expect([bare.model, bare.createTime]).toEqual(["gemini-2.5-flash", undefined]);
  });

  it("stands what only the provider knows, under its own names", () => {
    const candidate = {
      index: 0,
      avgLogprobs: -0.1,
      safetyRatings: [{ category: "C" }],
      novel: { a: 1 },
    };
    const body = bodyOf(
      [],
      { ...candidate, content: { parts: [], novel: 2 } },
      { modelStatus: { m: 1 } },
    );
    expect(read(body).providerMetadata).toEqual({
      avgLogprobs: -0.1,
      safetyRatings: [{ category: "C" }],
      novel: { a: 1 },
      content: { novel: 2 },
      modelStatus: { m: 1 },
    });
  });

  it("stand further candidates, whole, with a warning", () => {
    const other = { index: 1, content: { parts: [{ text: "B" }] }, finishReason: "STOP" };
    const body = bodyOf([{ text: "A" }]);
    const response = read({
      ...body,
      candidates: [...(body.candidates as object[]), other] as never,
    });
    expect(response.content?.message).toBe("A");
    expect(response.providerMetadata).toEqual({ candidates: [other] });
    expect(response.warnings.map(({ field }) => field)).toEqual(["provider_metadata.candidates"]);
  });
});

describe("sources", () => {
  const groundingMetadata = {
    webSearchQueries: ["q"],
    groundingChunks: [
      { web: { uri: "https://a.example", title: "A" } },
      { retrievedContext: { text: "passage", title: "Doc", fileSearchStore: "stores/s" } },
    ],
    groundingSupports: [
      { segment: { endIndex: 6, text: "Züric" }, groundingChunkIndices: [0] },
      { segment: { startIndex: 2, endIndex: 6, text: "word" }, groundingChunkIndices: [1, 9] },
    ],
  };

  it("stand on the texts that they support, and whole in the metadata", () => {
    const body = bodyOf(
      [{ text: "Zürich" }, { executableCode: { code: "1" } }, { text: "a word" }],
      {
        groundingMetadata,
      },
    );
    const { content, providerMetadata } = read(body);
    const citations = (content?.parts ?? []).map(({ kind }) =>
      kind.case === "text"
        ? kind.value.citations.map((one) => toJson(CitationSchema, one))
        : undefined,
    );
    expect(citations).toEqual([
      [
        {
          type: "web",
          title: "A",
          url: "https://a.example",
          start: "0",
          end: "6",
          json: expect.stringContaining('"groundingSupport"'),
        },
      ],
      undefined,
      [
        {
          type: "retrievedContext",
          citedText: "passage",
          title: "Doc",
          sourceId: "stores/s",
          start: "2",
          end: "6",
          json: expect.any(String),
        },
      ],
    ]);
    expect(providerMetadata).toEqual({ groundingMetadata });
  });

  it("of recited passages stand on the first text where nothing tells which", () => {
    const citationMetadata = {
      citationSources: [{ startIndex: 1, endIndex: 3, uri: "u", license: "MIT" }],
    };
    const { content } = read(bodyOf([{ text: "ABC" }, { text: "DEF" }], { citationMetadata }));
    const [first] = content?.parts ?? [];
    expect(first?.kind.value).toMatchObject({
      citations: [{ type: "citationSource", url: "u", start: 1n, end: 3n }],
    });
  });

  it("stand on the part that they name where none has just their words", () => {
    const segment = { partIndex: 1, startIndex: 0, endIndex: 3, text: "of another" };
    const support = { segment, groundingChunkIndices: [0] };
    const body = bodyOf([{ text: "A" }, { text: "B" }], {
      groundingMetadata: { groundingChunks: [{ web: {} }], groundingSupports: [support] },
    });
    const [first, second] = read(body).content?.parts ?? [];
    expect(first?.kind.value).toMatchObject({ citations: [] });
    expect(second?.kind.value).toMatchObject({ citations: [{ type: "web" }] });
  });

  it("are bounded, however often one large source is named", () => {
    const supports = Array.from({ length: 50 }, () => ({
      segment: { endIndex: 1, text: "A" },
      groundingChunkIndices: Array.from({ length: 50 }, () => 0),
    }));
    const cited = (title: string): number => {
      const groundingMetadata = {
        groundingChunks: [{ web: { title } }],
        groundingSupports: supports,
      };
      const [part] = read(bodyOf([{ text: "A" }], { groundingMetadata })).content?.parts ?? [];
      return part?.kind.case === "text" ? part.kind.value.citations.length : 0;
    };
    expect(cited("short")).toBe(1000);
    expect(cited("x".repeat(200_000))).toBe(5);
  });

  it("without a text to stand on are in the metadata only", () => {
    const { content, providerMetadata } = read(bodyOf([], { groundingMetadata }));
    expect([content?.parts, providerMetadata]).toEqual([[], { groundingMetadata }]);
  });
});
