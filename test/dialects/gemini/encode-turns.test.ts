// Proves how a conversation becomes `systemInstruction` and `contents`: roles, where system words
// go, how results find the names of their calls and stand right behind them, and which ids are
// sent.
import { describe, expect, it } from "vitest";
import { Role } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { geminiOnVertex } from "../../../src/dialects/gemini/dialect.ts";
import type { PartInit } from "../../support/parts.ts";
import { errorOf } from "../../support/wire-under-test.ts";
import { call, model, result, type Sent, send, text, tools, user } from "./support.ts";

const system = (message: string) => ({ role: Role.SYSTEM, message });

describe("turns", () => {
  it("have the roles user and model", () => {
    const { contents, warnings } = send({ contents: [user("Hi"), model("Yes?"), user("Go on")] });
    expect(contents).toEqual([
      { role: "user", parts: [{ text: "Hi" }] },
      { role: "model", parts: [{ text: "Yes?" }] },
      { role: "user", parts: [{ text: "Go on" }] },
    ]);
    expect(warnings).toEqual([]);
  });

  it("take the short form of a turn, and the words of an answer once only", () => {
    const answer = { role: Role.ASSISTANT, message: "Yes?", parts: [text("Yes?")] };
    const { contents } = send({ contents: [{ role: Role.USER, message: "Hi" }, answer] });
    expect(contents.map(({ parts }) => parts)).toEqual([[{ text: "Hi" }], [{ text: "Yes?" }]]);
  });

  it("keep an empty text only where a turn would be missing", () => {
    const { contents, warnings } = send({ contents: [user(""), model("", "Yes"), user("Go on")] });
    expect(contents.map(({ parts }) => parts)).toEqual([
      [{ text: "" }],
      [{ text: "Yes" }],
      [{ text: "Go on" }],
    ]);
    expect(warnings).toEqual([]);
  });

  it("are left out with a warning where nothing of them can be sent", () => {
    const thinking = { kind: { case: "thinking", value: { text: "hm", adapter: "anthropic" } } };
    const { contents, warnings } = send({ contents: [user("Hi"), model(thinking as never)] });
    expect(contents).toHaveLength(1);
    expect(warnings).toEqual(["DROPPED contents[1].parts[0]", "DROPPED contents[1]"]);
  });

  it("lose their speaker's name with a warning", () => {
    const { warnings } = send({ contents: [{ role: Role.USER, message: "Hi", name: "Ann" }] });
    expect(warnings).toEqual(["DROPPED contents[0].name"]);
  });

  it("must be there besides system words", () => {
    const error = errorOf(() => send({ contents: [system("Be kind")] }));
    expect(error.fields.violations).toMatchObject([{ field: "request.contents" }]);
  });
});

describe("system words", () => {
  it("become the system instruction, all of them", () => {
    const { body, contents, warnings } = send({
      contents: [system("Be kind"), system("Be short"), user("Hi")],
    });
    expect(body.systemInstruction).toEqual({ parts: [{ text: "Be kind" }, { text: "Be short" }] });
    expect(contents).toHaveLength(1);
    expect(warnings).toEqual([]);
  });

  it("are moved there from later turns, with a warning", () => {
    const { body, warnings } = send({ contents: [user("Hi"), system("Be short"), model("Yes")] });
    expect(body.systemInstruction).toEqual({ parts: [{ text: "Be short" }] });
    expect(warnings).toEqual(["CHANGED contents[1]"]);
  });

  it("stand before the first turn for a model that takes none", () => {
    const { body, contents, warnings } = send(
      { contents: [system("Be kind"), user("Hi")] },
      { model: "gemma-3-27b-it" },
    );
    expect(body.systemInstruction).toBeUndefined();
    expect(contents[0]?.parts).toEqual([{ text: "Be kind" }, { text: "Hi" }]);
    expect(warnings).toEqual(["CHANGED contents"]);
  });
});

describe("results of tools", () => {
  const asked = user("Where?");

  it("go under the name of their call, with an id that a provider gave", () => {
    const { contents } = send({
      contents: [asked, model(call("c1")), tools(result("c1", "left"))],
    });
    expect(contents.slice(1)).toEqual([
      { role: "model", parts: [{ functionCall: { id: "c1", name: "look", args: {} } }] },
      {
        role: "user",
        parts: [{ functionResponse: { id: "c1", name: "look", response: { output: "left" } } }],
      },
    ]);
  });

  it("go without an id that was made up here, and without any on Vertex AI", () => {
    const contents = [
      asked,
      model(call("gemini_call_r-1_1")),
      tools(result("gemini_call_r-1_1", "l")),
    ];
    expect(send({ contents }).text).not.toContain('"id"');
    const given = [asked, model(call("c1")), tools(result("c1", "left"))];
    expect(send({ contents: given }, { dialect: geminiOnVertex }).text).not.toContain('"id"');
  });

  it("come together, before other words, with a warning where they stood elsewhere", () => {
    const { contents, warnings } = send({
      contents: [
        asked,
        model(call("a", "one"), call("b", "two")),
        tools(result("a", "1")),
        user("Hurry up"),
        tools(result("b", "2")),
      ],
    });
    expect(
      contents.slice(2).map(({ role, parts }) => [role, parts.map((one) => Object.keys(one)[0])]),
    ).toEqual([
      ["user", ["functionResponse", "functionResponse"]],
      ["user", ["text"]],
    ]);
    expect(warnings).toEqual(["CHANGED contents[4]"]);
  });

  it("find their calls in order where several have the same id", () => {
    const { contents } = send({
      contents: [
        asked,
        model(call("x", "one"), call("x", "two")),
        tools(result("x", "1"), result("x", "2")),
        model(call("x", "three")),
        tools(result("x", "3")),
      ],
    });
    const names = contents.flatMap(({ parts }) =>
      parts.flatMap(({ functionResponse }) => (functionResponse as { name: string })?.name ?? []),
    );
    expect(names).toEqual(["one", "two", "three"]);
  });

  it("are refused without a call before them", () => {
    const error = errorOf(() => send({ contents: [asked, tools(result("c1", "left"))] }));
    expect(error.fields.violations).toMatchObject([
      { field: "request.contents[1].parts[0].tool_result.tool_call_id" },
    ]);
  });
});

describe("what a result says", () => {
  const responseFor = (...parts: readonly (string | PartInit)[]): Sent =>
    send({ contents: [user("?"), model(call("c")), tools(result("c", ...parts))] });
  const response = ({ contents }: Sent): unknown => {
    const part: { functionResponse?: unknown } = contents[2]?.parts[0] ?? {};
    return (part.functionResponse as { response: unknown }).response;
  };

  it.each([
    ["a plain text", ["left"], { output: "left" }],
    ["a JSON object", ['{"way":"left"}'], { way: "left" }],
    ["a JSON list", ["[1]"], { output: "[1]" }],
    ["several texts", ["left", "right"], { output: ["left", "right"] }],
    ["nothing", [], {}],
  ])("%s", (_, parts, expected) => {
    expect(response(responseFor(...parts))).toEqual(expected);
  });

  it("keeps all digits of an object", () => {
    expect(responseFor('{"n":12345678901234567890.0}').text).toContain("12345678901234567890.0");
  });

  it.each([
    ["no", { error: "no" }],
    ['{"code":7}', { error: { code: 7 } }],
  ])("an error: %s", (said, expected) => {
    const failed = {
      kind: { case: "toolResult", value: { toolCallId: "c", isError: true, parts: [text(said)] } },
    };
    const sent = send({ contents: [user("?"), model(call("c")), tools(failed as never)] });
    expect(response(sent)).toEqual(expected);
  });

  const picture = {
    kind: {
      case: "media",
      value: { mimeType: "image/png", source: { case: "data", value: Uint8Array.of(1) } },
    },
  } as const;

  it("holds media where the model takes them there", () => {
    const contents = [user("?"), model(call("c")), tools(result("c", "see", picture))];
    const { contents: sent, warnings } = send({ contents }, { model: "gemini-3-flash-preview" });
    expect(sent[2]?.parts).toEqual([
      {
        functionResponse: {
          id: "c",
          name: "look",
          response: { output: "see" },
          parts: [{ inlineData: { mimeType: "image/png", data: "AQ==" } }],
        },
      },
    ]);
    expect(warnings).toEqual(["DEFAULTED contents"]);
  });

  it("has them behind it where the model does not, with a warning", () => {
    const { contents, warnings } = responseFor("see", picture);
    expect(contents[2]?.parts.map((part) => Object.keys(part)[0])).toEqual([
      "functionResponse",
      "inlineData",
    ]);
    expect(warnings).toEqual(["CHANGED contents[2].parts[0].tool_result.parts[1]"]);
  });

  it("leaves out what it cannot hold, with a warning", () => {
    const thought = { kind: { case: "thinking", value: { text: "hm" } } };
    expect(responseFor("a", thought as never).warnings).toEqual([
      "DROPPED contents[2].parts[0].tool_result.parts[1]",
    ]);
  });
});
