// Proves that a signature comes back on the very part it came with, whichever kind that is, whole
// or streamed; and that calls from elsewhere are signed only where the model refuses them unsigned.
import { describe, expect, it } from "vitest";
import type { RequestInit } from "../../support/wire-under-test.ts";
import {
  bodyOf,
  call,
  chunk,
  lastChunk,
  model,
  read,
  result,
  send,
  streamed,
  tools,
  user,
} from "./support.ts";

const signed: readonly (readonly [string, object])[] = [
  ["text", { text: "Hi", thoughtSignature: "S=" }],
  ["an empty text", { text: "", thoughtSignature: "S=" }],
  ["a thought", { text: "hm", thought: true, thoughtSignature: "S=" }],
  ["an empty thought", { text: "", thought: true, thoughtSignature: "S=" }],
  ["a call", { functionCall: { id: "c", name: "f", args: { a: 1 } }, thoughtSignature: "S=" }],
  ["an image", { inlineData: { mimeType: "image/png", data: "AQI=" }, thoughtSignature: "S=" }],
  [
    "an image that was a thought",
    { inlineData: { mimeType: "image/png", data: "AQI=" }, thought: true, thoughtSignature: "S=" },
  ],
  ["a file", { fileData: { mimeType: "video/mp4", fileUri: "gs://b/v" }, thoughtSignature: "S=" }],
  ["code", { executableCode: { language: "PYTHON", code: "1" }, thoughtSignature: "S=" }],
  ["a result of code", { codeExecutionResult: { outcome: "OUTCOME_OK" }, thoughtSignature: "S=" }],
  [
    "a tool of the server",
    { toolCall: { id: "t", toolType: "FILE_SEARCH" }, thoughtSignature: "S=" },
  ],
  ["something new", { someday: { a: [1] }, thoughtSignature: "S=" }],
];

const before = { text: "Well, " };
const after = { text: "then." };

describe.each(signed)("a signature on %s", (_, part) => {
  it("of a whole answer goes back on it", () => {
    const { content } = read(bodyOf([before, part, after]));
    const { contents } = send({ contents: [user("?"), content!, user("Go on")] });
    expect(contents[1]?.parts).toEqual([before, part, after]);
  });

  it("of a stream goes back on it, and on no neighbour", () => {
    const { content } = streamed(chunk([before]), chunk([part]), chunk([after]), lastChunk);
    const { contents } = send({ contents: [user("?"), content!, user("Go on")] });
    expect(contents[1]?.parts).toEqual([before, part, after]);
  });
});

it("a signature on nothing goes back on an empty text", () => {
  const { content } = read(bodyOf([before, { thoughtSignature: "S=" }]));
  const { contents } = send({ contents: [user("?"), content!, user("Go on")] });
  expect(contents[1]?.parts).toEqual([before, { text: "", thoughtSignature: "S=" }]);
});

describe("calls from elsewhere", () => {
  const standIn = "skip_thought_signature_validator";
  const three = { model: "gemini-3-pro-preview" };
  const signatures = (contents: NonNullable<RequestInit["contents"]>, settings: object) => {
    const sent = send({ contents }, settings);
    return {
      found: sent.contents.flatMap(({ role, parts }) =>
        role === "model" ? parts.map((one) => one.thoughtSignature) : [],
      ),
      warnings: sent.warnings,
    };
  };
  const turn = [user("?"), model(call("a"), call("b")), tools(result("a", "1"), result("b", "2"))];

  it("get the documented stand-in on the first of a turn, with a warning", () => {
    expect(signatures(turn, three)).toEqual({
      found: [standIn, undefined],
      warnings: ["DEFAULTED contents"],
    });
  });

  it("get one in every turn since the user last spoke, and none before", () => {
    const later = [
      ...turn,
      model("Fine."),
      user("And now?"),
      model(call("c")),
      tools(result("c", "3")),
      model(call("d")),
      tools(result("d", "4")),
    ];
    expect(signatures(later, three)).toEqual({
      found: [undefined, undefined, undefined, standIn, standIn],
      warnings: ["DEFAULTED contents", "DEFAULTED contents"],
    });
  });

  it("keep the signature they have", () => {
    const own = [
      user("?"),
      model(call("a", "f", "{}", { thoughtSignature: "S=" })),
      tools(result("a", "1")),
    ];
    expect(signatures(own, three)).toEqual({ found: ["S="], warnings: [] });
    const snake = [
      user("?"),
      model(call("a", "f", "{}", { thought_signature: "S=" })),
      tools(result("a", "1")),
    ];
    expect(signatures(snake, three).warnings).toEqual([]);
  });

  it.each(["gemini-2.5-pro", "gemini-2.0-flash", "tunedModels/mine"])("get none for %s", (name) => {
    expect(signatures(turn, { model: name })).toEqual({
      found: [undefined, undefined],
      warnings: [],
    });
  });
});
