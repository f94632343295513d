// Proves what turns become in Converse's words: roles by turns, results first, ids that the API
// takes, thinking and citations of its own, points of the cache; and that what is left out or moved
// is told.
import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { type Part, PartSchema, Role } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { thrownBy } from "../../support/framing.ts";
import { part, text } from "../../support/parts.ts";
import { adapter, call, claude, result, send } from "./support.ts";

const { USER, ASSISTANT, SYSTEM, TOOL } = Role;

/**
 * The content that a turn of these parts becomes, after one of the user where it is the model's.
 */
function blocks(parts: readonly Part[], role: Role = USER, model = claude) {
  const before = role === ASSISTANT ? [{ role: USER, message: "Hi" }] : [];
  const { body, warnings } = send(
    { contents: [...before, { role, parts: [...parts] }] },
    { model },
  );
  const messages = body.messages as { content: unknown[] }[];
  return { content: messages[before.length]?.content, warnings };
}

function thinking(value: object): Part {
  return part({ case: "thinking", value: value as never });
}

describe("turns", () => {
  it("of one role become one, and a tool's are the user's", () => {
    const { body, warnings } = send({
      contents: [
        { role: USER, message: "one" },
        { role: USER, parts: [text("two"), text("")] },
        { role: ASSISTANT, parts: [call("a", '{"x":1}'), call("b")] },
        { role: TOOL, parts: [result("a")] },
        { role: TOOL, parts: [result("b", "b seen")] },
        { role: USER, message: "three" },
      ],
    });
    expect(body.messages).toEqual([
      { role: "user", content: [{ text: "one" }, { text: "two" }] },
      {
        role: "assistant",
        content: [
          { toolUse: { toolUseId: "a", name: "look", input: { x: 1 } } },
          { toolUse: { toolUseId: "b", name: "look", input: {} } },
        ],
      },
      {
        role: "user",
        content: [
          { toolResult: { toolUseId: "a", content: [{ text: "seen" }] } },
          { toolResult: { toolUseId: "b", content: [{ text: "b seen" }] } },
          { text: "three" },
        ],
      },
    ]);
    expect(warnings).toEqual([]);
  });

  it("have their results first, which is told where they were moved", () => {
    const { body, warnings } = send({
      contents: [
        { role: USER, message: "Hi" },
        { role: ASSISTANT, parts: [call("a")] },
        { role: USER, message: "wait" },
        { role: TOOL, parts: [result("a")] },
      ],
    });
    expect((body.messages as unknown[])[2]).toEqual({
      role: "user",
      content: [{ toolResult: { toolUseId: "a", content: [{ text: "seen" }] } }, { text: "wait" }],
    });
    expect(warnings).toEqual(["CHANGED contents[3]"]);
  });

  it("of the system are the prompt, wherever they stand", () => {
    const { body, warnings } = send({
      contents: [
        { role: SYSTEM, message: "one" },
        { role: USER, message: "Hi" },
        { role: SYSTEM, parts: [text("two"), part({ case: "media", value: {} })] },
      ],
    });
    expect(body.system).toEqual([{ text: "one" }, { text: "two" }]);
    expect(body.messages).toEqual([{ role: "user", content: [{ text: "Hi" }] }]);
    expect(warnings).toEqual(["CHANGED contents[2]", "DROPPED contents[2].parts[1]"]);
  });

  it("that say nothing are left out, and one must be left", () => {
    const { body, warnings } = send({
      contents: [
        { role: USER, name: "Ada", message: "Hi" },
        { role: ASSISTANT, parts: [text("")] },
      ],
    });
    expect(body.messages).toHaveLength(1);
    expect(warnings).toEqual(["DROPPED contents[0].name", "DROPPED contents[1]"]);
    const contents = [{ role: SYSTEM, message: "only" }];
    expect(thrownBy(() => send({ contents })).reason).toBe("INVALID_REQUEST");
  });
});

describe("ids of calls", () => {
  it("are made such as the API takes, the same for call and result, and each once", () => {
    const long = "x".repeat(80);
    const { body } = send({
      contents: [
        { role: USER, message: "Hi" },
        { role: ASSISTANT, parts: [call("call 1/ä"), call(long), call("same"), call("same")] },
        { role: TOOL, parts: [result("call 1/ä"), result(long), result("same"), result("same")] },
      ],
    });
    const turns = (body.messages as { content: Record<string, { toolUseId: string }>[] }[]).slice(
      1,
    );
    const [calls, results] = turns.map(({ content }) =>
      content.map((block) => Object.values(block)[0]?.toolUseId ?? ""),
    );
    expect(results).toEqual(calls);
    expect(new Set(calls).size).toBe(4);
    for (const id of calls ?? []) expect(id).toMatch(/^[a-zA-Z0-9_.:-]{1,64}$/);
    expect(calls?.[0]).toBe("call_1__");
    expect(calls?.slice(2)).toEqual(["same", "same_2"]);
  });

  it("of the API's own stay as they are", () => {
    const id = "tooluse_BvssH5zaRF-PkYOc3BFYJA";
    expect(blocks([call(id)], ASSISTANT).content).toEqual([
      { toolUse: { toolUseId: id, name: "look", input: {} } },
    ]);
  });
});

describe("calls and results", () => {
  it("keep the text of their arguments, and send what is no object as text", () => {
    const { text: sent } = send({
      contents: [{ role: ASSISTANT, parts: [call("a", '{"b": 12345678901234567890, "a": 1}')] }],
    });
    expect(sent).toContain('"input":{"b": 12345678901234567890, "a": 1}');
    const { content, warnings } = blocks([call("a", '{"b": 1')], ASSISTANT);
    expect(content).toEqual([
      { toolUse: { toolUseId: "a", name: "look", input: { invalid_arguments: '{"b": 1' } } },
    ]);
    expect(warnings).toEqual(["CHANGED contents[1].parts[0].tool_call.arguments"]);
  });

  it("hold texts, media and blocks of the API's own, and say that a tool failed", () => {
    const image = part({
      case: "media",
      value: { mimeType: "image/png", source: { case: "data", value: Buffer.from("abc") } },
    });
    const json = part({
      case: "provider",
      value: { adapter, type: "json", json: '{"json":{"a":1}}' },
    });
    const value = { toolCallId: "a", isError: true, parts: [text("no"), image, json] };
    expect(blocks([part({ case: "toolResult", value })], TOOL).content).toEqual([
      {
        toolResult: {
          toolUseId: "a",
          content: [
            { text: "no" },
            { image: { format: "png", source: { bytes: "YWJj" } } },
            { json: { a: 1 } },
          ],
          status: "error",
        },
      },
    ]);
  });
});

describe("thinking", () => {
  const signed = { adapter, text: "hm", signature: "s" };
  const sealed = { adapter, redacted: Buffer.from("abc") };

  it("goes back as it came", () => {
    expect(blocks([thinking(signed), thinking(sealed), text("so")], ASSISTANT)).toEqual({
      content: [
        { reasoningContent: { reasoningText: { text: "hm", signature: "s" } } },
        { reasoningContent: { redactedContent: "YWJj" } },
        { text: "so" },
      ],
      warnings: [],
    });
  });

  it("of a model that signs nothing goes back to it unsigned, but not to Claude", () => {
    const unsigned = thinking({ adapter, text: "hm" });
    expect(blocks([unsigned], ASSISTANT, "openai.gpt-oss-20b-1:0").content).toEqual([
      { reasoningContent: { reasoningText: { text: "hm" } } },
    ]);
    const { content, warnings } = blocks([unsigned, text("so")], ASSISTANT);
    expect(content).toEqual([{ text: "so" }]);
    expect(warnings).toEqual(["DROPPED contents[1].parts[0]"]);
  });

  it.each([
    ["another provider's", thinking({ ...signed, adapter: "openai" }), ASSISTANT],
    ["the user's", thinking(signed), USER],
    ["of nobody, unsigned", thinking({ text: "hm" }), ASSISTANT],
  ])("that is %s is left out", (_title, thought, role) => {
    const { content, warnings } = blocks([thought, text("so")], role);
    expect(content).toEqual([{ text: "so" }]);
    expect(warnings).toHaveLength(1);
  });
});

describe("texts", () => {
  const own = '{"title":"T","location":{"web":{"url":"https://a.example"}}}';

  it("go with citations of Converse's own, and without those of others", () => {
    const citations = [{ json: own }, { type: "url_citation", json: '{"type":"url_citation"}' }];
    const cited = part({ case: "text", value: { text: "So", citations } });
    const { content, warnings } = blocks([cited], ASSISTANT);
    expect(content).toEqual([
      { citationsContent: { content: [{ text: "So" }], citations: [JSON.parse(own)] } },
    ]);
    expect(warnings).toEqual(["DROPPED contents[1].parts[0].text.citations[1]"]);
    const silent = part({ case: "text", value: { citations: [{ json: own }] } });
    expect(blocks([silent], ASSISTANT).content).toEqual([
      { citationsContent: { citations: [JSON.parse(own)] } },
    ]);
  });

  it("of white space stay, but for those that Claude said", () => {
    expect(blocks([text("\n")]).content).toEqual([{ text: "\n" }]);
    const { content, warnings } = blocks([text(" \n"), text("so")], ASSISTANT);
    expect(content).toEqual([{ text: "so" }]);
    expect(warnings).toEqual(["DROPPED contents[1].parts[0]"]);
  });

  it("stand for refusals, and for media that was spoken", () => {
    const refusal = part({ case: "refusal", value: { text: "No." } });
    const mute = part({ case: "refusal", value: {} });
    const spoken = part({ case: "media", value: { transcript: "Aha" } });
    const { content, warnings } = blocks(
      [refusal, mute, spoken, part({ case: "media", value: {} })],
      ASSISTANT,
    );
    expect(content).toEqual([{ text: "No." }, { text: "Aha" }]);
    expect(warnings).toEqual([
      "CHANGED contents[1].parts[0]",
      "DROPPED contents[1].parts[1]",
      "CHANGED contents[1].parts[2]",
      "DROPPED contents[1].parts[3]",
    ]);
  });
});

describe("blocks of the API's own", () => {
  const block = (json: string, from = adapter): Part =>
    part({ case: "provider", value: { adapter: from, type: "guardContent", json } });

  it("go as they are, with the caller's members on them", () => {
    const guard = '{"guardContent":{"text":{"text":"x"}}}';
    const { text: sent } = send({ contents: [{ role: USER, parts: [block(guard)] }] });
    expect(sent).toContain(guard);
    const qualified = create(PartSchema, {
      ...block(guard),
      providerOptions: { [adapter]: { guardContent: { text: { qualifiers: ["query"] } } } },
    });
    expect(blocks([qualified]).content).toEqual([
      { guardContent: { text: { text: "x", qualifiers: ["query"] } } },
    ]);
  });

  it("are left out where another adapter or another API made them", () => {
    const { content, warnings } = blocks([
      block('{"guardContent":{}}', "openai"),
      block('{"type":"server_tool_use","id":"a"}'),
      create(PartSchema, {}),
      text("so"),
    ]);
    expect(content).toEqual([{ text: "so" }]);
    expect(warnings).toHaveLength(3);
    expect(thrownBy(() => blocks([block("[]")])).reason).toBe("INVALID_REQUEST");
  });
});

describe("points of the cache", () => {
  const hint = (seconds?: bigint) => ({ cache: seconds === undefined ? {} : { ttl: { seconds } } });

  it("stand behind what they cache", () => {
    const { body, warnings } = send({
      tools: [{ name: "look", ...hint(3600n) }],
      contents: [
        { role: SYSTEM, parts: [text("Be brief", hint())] },
        { role: USER, parts: [text("Hi", hint(300n)), text("there")] },
      ],
    });
    expect((body.toolConfig as { tools: unknown[] }).tools[1]).toEqual({
      cachePoint: { type: "default", ttl: "1h" },
    });
    expect(body.system).toEqual([{ text: "Be brief" }, { cachePoint: { type: "default" } }]);
    expect(body.messages).toEqual([
      {
        role: "user",
        content: [
          { text: "Hi" },
          { cachePoint: { type: "default", ttl: "5m" } },
          { text: "there" },
        ],
      },
    ]);
    expect(warnings).toEqual([]);
  });

  it("are four at most, the last ones, and move with their part", () => {
    const { body, warnings } = send({
      tools: [{ name: "look", ...hint() }],
      contents: [
        { role: SYSTEM, parts: [text("a", hint())] },
        { role: USER, parts: [text("b", hint()), text("c", hint()), text("d", hint())] },
      ],
    });
    expect((body.toolConfig as { tools: unknown[] }).tools).toHaveLength(1);
    expect(JSON.stringify(body).match(/cachePoint/g)).toHaveLength(4);
    expect(warnings).toEqual(["DROPPED tools[0].cache"]);
  });

  it("are told where their part is left out, or is inside a result", () => {
    const marked = part({ case: "thinking", value: { text: "hm" } }, hint());
    const value = { toolCallId: "a", parts: [text("seen", hint())] };
    const inner = part({ case: "toolResult", value });
    expect(blocks([inner, marked]).warnings).toEqual([
      "DROPPED contents[0].parts[0].tool_result.parts[0].cache",
      "DROPPED contents[0].parts[1]",
      "DROPPED contents[0].parts[1].cache",
    ]);
  });
});
