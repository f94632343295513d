// Proves how a conversation is sent: roles, system prompt, results of tools, ids, and what becomes
// of parts that the API has no place for.
import { describe, expect, it } from "vitest";
import { Role } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { part, text } from "../../support/parts.ts";
import { errorOf } from "../../support/wire-under-test.ts";
import { send } from "./support.ts";

const call = (id: string, args = "{}") =>
  part({ case: "toolCall", value: { id, name: "look", arguments: args } });
const result = (toolCallId: string, words = "seen") =>
  part({ case: "toolResult", value: { toolCallId, parts: [text(words)] } });
const user = (message: string) => ({ role: Role.USER, message });
const system = (message: string) => ({ role: Role.SYSTEM, message });
const assistant = (message: string) => ({ role: Role.ASSISTANT, message });

describe("turns", () => {
  it("sends plain texts in the short form, message before parts", () => {
    const { body, warnings } = send({
      contents: [user("a"), { role: Role.ASSISTANT, message: "b", parts: [text("c")] }, user("d")],
    });
    expect(body.messages).toEqual([
      { role: "user", content: "a" },
      {
        role: "assistant",
        content: [
          { type: "text", text: "b" },
          { type: "text", text: "c" },
        ],
      },
      { role: "user", content: "d" },
    ]);
    expect(warnings).toEqual([]);
  });

  it("sends the text of an answer that comes back as it was given once", () => {
    const answer = {
      role: Role.ASSISTANT,
      message: "bc",
      parts: [text("b"), call("t"), text("c")],
    };
    const { body } = send({ contents: [user("a"), answer] });
    expect((body.messages as { content: unknown[] }[])[1]?.content).toMatchObject([
      { text: "b" },
      { type: "tool_use" },
      { text: "c" },
    ]);
    const asked = { role: Role.USER, message: "b", parts: [text("b")] };
    expect(
      (send({ contents: [asked] }).body.messages as { content: unknown[] }[])[0]?.content,
    ).toHaveLength(2);
  });

  it("keeps neighbours of one role apart, and a last turn of the assistant as a prefill", () => {
    const { body } = send({ contents: [user("a"), user("b"), assistant("The answer is (")] });
    expect(body.messages).toEqual([
      { role: "user", content: "a" },
      { role: "user", content: "b" },
      { role: "assistant", content: "The answer is (" },
    ]);
  });

  it("sends one plain system text as a string, and several as blocks", () => {
    expect(send({ contents: [system("s"), user("a")] }).body.system).toBe("s");
    expect(send({ contents: [system("s"), system("t"), user("a")] }).body.system).toEqual([
      { type: "text", text: "s" },
      { type: "text", text: "t" },
    ]);
    expect(send({ contents: [user("a")] }).body).not.toHaveProperty("system");
  });

  it("moves a later system content to the system prompt, and says so", () => {
    const { body, warnings } = send({ contents: [system("s"), user("a"), system("t")] });
    expect(body.system).toEqual([
      { type: "text", text: "s" },
      { type: "text", text: "t" },
    ]);
    expect(body.messages).toEqual([{ role: "user", content: "a" }]);
    expect(warnings).toEqual(["CHANGED contents[2]"]);
  });

  it.each([
    ["claude-opus-4-8", [user("a"), system("t")], true],
    ["claude-opus-5", [user("a"), system("t"), system("u"), assistant("b"), user("c")], true],
    ["claude-opus-4-8", [user("a"), assistant("b"), system("t"), user("c")], false],
    ["claude-opus-4-8", [user("a"), system("t"), user("c")], false],
    ["claude-opus-4-7", [user("a"), system("t")], false],
  ])("leaves a system turn in place where %s takes it (case %#)", (model, contents, stays) => {
    const { body, warnings } = send({ contents }, { model });
    const roles = (body.messages as { role: string }[]).map(({ role }) => role);
    expect(roles.filter((role) => role === "system")).toHaveLength(stays ? 1 : 0);
    expect(warnings.length > 0).toBe(!stays);
    expect("system" in body).toBe(!stays);
  });

  it("keeps a system turn after a tool that the server ran", () => {
    const block = { adapter: "anthropic", type: "x_tool_result", json: '{"type":"x_tool_result"}' };
    const ran = { role: Role.ASSISTANT, parts: [part({ case: "provider", value: block })] };
    const contents = [user("a"), ran, system("t"), assistant("b"), user("c")];
    const { body } = send({ contents }, { model: "claude-opus-4-8" });
    expect((body.messages as { role: string }[])[2]).toEqual({ role: "system", content: "t" });
  });

  it.each([[[]], [[system("only this")]]])(
    "refuses a request without a turn (case %#)",
    (contents) => {
      const error = errorOf(() => send({ contents }));
      expect(error.reason).toBe("INVALID_REQUEST");
      expect(error.fields.violations?.[0]?.field).toBe("request.contents");
    },
  );

  it("leaves names of speakers out, and refuses a turn without a role", () => {
    expect(send({ contents: [{ ...user("a"), name: "Ada" }] }).warnings).toEqual([
      "DROPPED contents[0].name",
    ]);
    expect(errorOf(() => send({ contents: [{ message: "a" }] })).reason).toBe("INVALID_REQUEST");
  });

  it("sends the user's white space as it is", () => {
    expect(send({ contents: [user(" ")] }).body.messages).toEqual([{ role: "user", content: " " }]);
  });

  it("leaves out what has no visible text, and turns of which nothing is left", () => {
    const { body, warnings } = send({
      contents: [
        user("a"),
        { role: Role.ASSISTANT, parts: [text(""), text("\n"), call("c1")] },
        { role: Role.TOOL, parts: [result("c1")] },
        { role: Role.ASSISTANT, parts: [text("")] },
        user("b"),
      ],
    });
    const messages = body.messages as { role: string; content: unknown[] }[];
    expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "user", "user"]);
    expect(messages[1]?.content).toHaveLength(1);
    expect(warnings).toEqual(["DROPPED contents[1].parts[1]", "DROPPED contents[3]"]);
  });
});

describe("tools in the history", () => {
  it("gathers the results of a turn, before the user's words", () => {
    const { body, warnings } = send({
      contents: [
        user("a"),
        { role: Role.ASSISTANT, parts: [call("c1", '{"n": 1}'), call("c2", "")] },
        { role: Role.TOOL, parts: [result("c1", "one")] },
        { role: Role.TOOL, parts: [result("c2", "two")] },
        user("b"),
      ],
    });
    expect(body.messages).toEqual([
      { role: "user", content: "a" },
      {
        role: "assistant",
        content: [
          { type: "tool_use", id: "c1", name: "look", input: { n: 1 } },
          { type: "tool_use", id: "c2", name: "look", input: {} },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "c1", content: "one" },
          { type: "tool_result", tool_use_id: "c2", content: "two" },
        ],
      },
      { role: "user", content: "b" },
    ]);
    expect(warnings).toEqual([]);
  });

  it("moves results that stand behind words, and says so", () => {
    const within = send({
      contents: [
        { role: Role.ASSISTANT, parts: [call("c1")] },
        { role: Role.USER, parts: [text("and"), result("c1")] },
      ],
    });
    expect((within.body.messages as { content: { type: string }[] }[])[1]?.content).toMatchObject([
      { type: "tool_result" },
      { type: "text" },
    ]);
    expect(within.warnings).toEqual(["CHANGED contents[1]"]);

    const across = send({
      contents: [
        { role: Role.ASSISTANT, parts: [call("c1"), call("c2")] },
        { role: Role.TOOL, parts: [result("c1")] },
        user("wait"),
        { role: Role.TOOL, parts: [result("c2")] },
        { role: Role.USER, parts: [result("c2"), text("now")] },
      ],
    });
    const messages = across.body.messages as { content: unknown }[];
    expect(messages[1]?.content).toMatchObject([
      { tool_use_id: "c1" },
      { tool_use_id: "c2" },
      { tool_use_id: "c2" },
    ]);
    expect(messages.slice(2)).toEqual([
      { role: "user", content: "wait" },
      { role: "user", content: "now" },
    ]);
    expect(across.warnings).toEqual(["CHANGED contents[3]", "CHANGED contents[4]"]);
  });

  it("sends failures, results of several parts, and empty results", () => {
    const image = part({
      case: "media",
      value: { mimeType: "image/png", source: { case: "data", value: new Uint8Array([1]) } },
    });
    const results = [
      part({ case: "toolResult", value: { toolCallId: "c1", parts: [text("no")], isError: true } }),
      part({ case: "toolResult", value: { toolCallId: "c2", parts: [text("see"), image] } }),
      part({ case: "toolResult", value: { toolCallId: "c3" } }),
    ];
    const { body } = send({
      contents: [
        { role: Role.ASSISTANT, parts: ["c1", "c2", "c3"].map((id) => call(id)) },
        { role: Role.TOOL, parts: results },
      ],
    });
    expect((body.messages as { content: unknown }[])[1]?.content).toEqual([
      { type: "tool_result", tool_use_id: "c1", content: "no", is_error: true },
      {
        type: "tool_result",
        tool_use_id: "c2",
        content: [
          { type: "text", text: "see" },
          { type: "image", source: { type: "base64", media_type: "image/png", data: "AQ==" } },
        ],
      },
      { type: "tool_result", tool_use_id: "c3" },
    ]);
  });

  it("maps ids to what the API accepts, alike for a call and its result, and keeps them unique", () => {
    const ids = ["functions.look:0", "functions_look_0", "", "toolu_ok-1", "call_0", "call_0"];
    const first = ids.map((id) => call(id));
    const { body, warnings } = send({
      contents: [
        { role: Role.ASSISTANT, parts: first },
        { role: Role.TOOL, parts: ids.map((id) => result(id)) },
        { role: Role.ASSISTANT, parts: [call("call_0")] },
        { role: Role.TOOL, parts: [result("call_0")] },
      ],
    });
    const messages = body.messages as { content: { id: string; tool_use_id: string }[] }[];
    const calls = messages[0]?.content.map(({ id }) => id) ?? [];
    expect(calls).toEqual([
      ...["functions_look_0", "functions_look_0_2", "call", "toolu_ok-1", "call_0", "call_0_2"],
    ]);
    expect(messages[1]?.content.map(({ tool_use_id: id }) => id)).toEqual(calls);
    expect(messages[2]?.content[0]?.id).toBe("call_0_3");
    expect(messages[3]?.content[0]?.tool_use_id).toBe("call_0_3");
    expect(warnings).toEqual([]);
  });

  it("sends arguments exactly as they came, large numbers too", () => {
    const args = '{ "2": 1, "1": 12345678901234567890, "x": 1.0 }';
    expect(send({ contents: [{ role: Role.ASSISTANT, parts: [call("c", args)] }] }).text).toContain(
      `"input":${args}`,
    );
  });

  it.each(['{"cut": ', "[1]", '"text"'])("wraps arguments that are no object: %s", (args) => {
    const { body, warnings } = send({
      contents: [{ role: Role.ASSISTANT, parts: [call("c", args)] }],
    });
    expect((body.messages as { content: unknown[] }[])[0]?.content[0]).toMatchObject({
      input: { invalid_arguments: args },
    });
    expect(warnings).toEqual(["CHANGED contents[0].parts[0].tool_call.arguments"]);
  });
});

describe("parts of the model", () => {
  const thinking = (value: object) => part({ case: "thinking", value });
  const sentParts = (parts: ReturnType<typeof part>[], model?: string) =>
    send(
      { contents: [user("a"), { role: Role.ASSISTANT, parts }, user("b")] },
      { ...(model && { model }) },
    );

  it("sends own thinking back unchanged and in order, sealed thinking too", () => {
    const { body, warnings } = sentParts([
      thinking({ adapter: "anthropic", text: "hm", signature: "sig" }),
      thinking({ adapter: "anthropic", redacted: new TextEncoder().encode("c2VhbA==") }),
      thinking({ adapter: "anthropic" }),
      text("so"),
    ]);
    expect((body.messages as { content: unknown }[])[1]?.content).toEqual([
      { type: "thinking", thinking: "hm", signature: "sig" },
      { type: "redacted_thinking", data: "c2VhbA==" },
      { type: "thinking", thinking: "", signature: "" },
      { type: "text", text: "so" },
    ]);
    expect(warnings).toEqual([]);
  });

  it.each([
    ["of another adapter", { adapter: "openai", text: "hm", signature: "sig" }, undefined, 0],
    ["of nobody, unsigned", { text: "hm" }, undefined, 0],
    ["of nobody, signed", { text: "hm", signature: "sig" }, undefined, 1],
    ["of nobody, unsigned, for another maker's model", { text: "hm" }, "qwen3:8b", 1],
  ])("sends thinking %s: %#", (_, value, model, count) => {
    const { body, warnings } = sentParts([thinking(value), text("so")], model);
    const { content } = (body.messages as { content: unknown[] | string }[])[1]!;
    expect(typeof content === "string" ? 0 : content.length - 1).toBe(count);
    expect(warnings).toEqual(count === 0 ? ["DROPPED contents[1].parts[0]"] : []);
  });

  it("takes thinking of the assistant only", () => {
    const contents = [
      { role: Role.USER, parts: [thinking({ adapter: "anthropic", signature: "s" }), text("a")] },
    ];
    expect(send({ contents }).warnings).toEqual(["DROPPED contents[0].parts[0]"]);
  });

  it("sends refusals as text, and leaves wordless ones and foreign blocks out", () => {
    const { body, warnings } = sentParts([
      part({ case: "refusal", value: { text: "No." } }),
      part({ case: "refusal", value: { category: "bio" } }),
      part({ case: "provider", value: { adapter: "openai", type: "x", json: "{}" } }),
      part({
        case: "media",
        value: { transcript: "Said.", source: { case: "url", value: "https://x.example" } },
      }),
      part({ case: "media", value: { source: { case: "url", value: "https://x.example" } } }),
    ]);
    expect((body.messages as { content: unknown }[])[1]?.content).toEqual([
      { type: "text", text: "No." },
      { type: "text", text: "Said." },
    ]);
    expect(warnings).toEqual([
      "CHANGED contents[1].parts[0]",
      "DROPPED contents[1].parts[1]",
      "DROPPED contents[1].parts[2]",
      "CHANGED contents[1].parts[3]",
      "DROPPED contents[1].parts[4]",
    ]);
  });

  it("sends own blocks exactly as they came, and with a hint or options laid on", () => {
    const json = '{"type":"server_tool_use", "id":"s1", "input":{"9":1,"1":2}}';
    const block = { case: "provider", value: { adapter: "anthropic", type: "t", json } } as const;
    expect(sentParts([part(block)]).text).toContain(json);
    const { body } = sentParts([
      part(block, { cache: {}, providerOptions: { anthropic: { caller: { type: "direct" } } } }),
    ]);
    expect((body.messages as { content: unknown[] }[])[1]?.content[0]).toEqual({
      ...JSON.parse(json),
      cache_control: { type: "ephemeral" },
      caller: { type: "direct" },
    });
    const broken = part({ case: "provider", value: { adapter: "anthropic", json: "[" } });
    expect(errorOf(() => sentParts([broken])).fields.violations?.[0]?.field).toBe(
      "request.contents[1].parts[0].provider.json",
    );
  });

  it("sends own citations exactly as they came, and leaves others out", () => {
    const json = '{"type":"char_location","start_char_index":0}';
    const value = {
      text: "so",
      citations: [
        { type: "char_location", json },
        { type: "url_citation", json: '{"type":"url_citation"}' },
        { type: "page_location", json: "" },
      ],
    };
    const { text: sent, warnings } = sentParts([part({ case: "text", value })]);
    expect(sent).toContain(`{"type":"text","text":"so","citations":[${json}]}`);
    expect(warnings).toEqual([
      "DROPPED contents[1].parts[0].text.citations[1]",
      "DROPPED contents[1].parts[0].text.citations[2]",
    ]);
  });
});
