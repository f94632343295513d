// Proves that every knob and tool becomes what Cohere's API has for it, and that what cannot be
// sent is told, never lost in silence.
import { describe, expect, it } from "vitest";
import { Modality, Role, ToolChoiceMode } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { encodeCohereRequest } from "../../support/cohere.ts";
import { errorOf, type RequestInit } from "../../support/wire-under-test.ts";

const hi = { role: "user", content: "Hi" };

describe("knobs", () => {
  it("are sent under the API's names, and only where they are given", () => {
    expect(encodeCohereRequest({}).body).toEqual({ model: "command-a", messages: [hi] });
    const { body, warnings } = encodeCohereRequest(
      {
        maxOutputTokens: 9,
        temperature: 0.5,
        topP: 0.25,
        topK: 7,
        seed: 5n,
        presencePenalty: 0.5,
        frequencyPenalty: 0.25,
        stopSequences: ["a", "b"],
      },
      true,
    );
    expect(body).toEqual({
      model: "command-a",
      messages: [hi],
      max_tokens: 9,
      temperature: 0.5,
      p: 0.25,
      k: 7,
      seed: 5,
      presence_penalty: 0.5,
      frequency_penalty: 0.25,
      stop_sequences: ["a", "b"],
      stream: true,
    });
    expect(warnings).toEqual([]);
  });

  it("keep all digits of a seed", () => {
    expect(encodeCohereRequest({ seed: 2n ** 63n - 1n }).text).toContain(
      '"seed":9223372036854775807',
    );
  });

  it("are left out with a warning where the API has none", () => {
    const { body, warnings } = encodeCohereRequest({
      stopSequences: ["a", "b", "c", "d", "e", "f", "g"],
      parallelToolCalls: false,
      endUserId: "u1",
      metadata: { team: "x" },
      modalities: [Modality.TEXT, Modality.AUDIO],
    });
    expect(body.stop_sequences).toEqual(["a", "b", "c", "d", "e"]);
    expect(Object.keys(body)).toEqual(["model", "messages", "stop_sequences"]);
    expect(warnings).toEqual([
      "DROPPED stop_sequences[5]",
      "DROPPED end_user_id",
      "DROPPED metadata",
      "DROPPED parallel_tool_calls",
      "DROPPED modalities[1]",
    ]);
  });

  it("of the API alone are laid over the body", () => {
    const own = {
      documents: [{ id: "d1", data: { text: "a" } }],
      citation_options: { mode: "FAST" },
      safety_mode: "OFF",
      max_tokens: 3,
    };
    const { body } = encodeCohereRequest({ maxOutputTokens: 9, providerOptions: { custom: own } });
    expect(body).toMatchObject(own);
  });

  it.each([
    [{ budgetTokens: 100n }, { type: "enabled", token_budget: 100 }, []],
    [{ budgetTokens: 0n }, { type: "disabled" }, []],
    [{ effort: "none" }, { type: "disabled" }, []],
    [{ effort: "high" }, { type: "enabled" }, ["CHANGED thinking.effort"]],
    [
      { effort: "high", budgetTokens: 5n, include: false },
      { type: "enabled", token_budget: 5 },
      ["DROPPED thinking.include", "CHANGED thinking.effort"],
    ],
    [{ include: true }, undefined, []],
  ])("say of thinking %o", (thinking, sent, told) => {
    const { body, warnings } = encodeCohereRequest({ thinking });
    expect(body.thinking).toEqual(sent);
    expect(warnings).toEqual(told);
  });
});

describe("the shape of the answer", () => {
  const schema = { type: "object", properties: { b: {}, a: {} } };

  it.each([
    [{ case: "text", value: {} }, { type: "text" }],
    [{ case: "jsonObject", value: {} }, { type: "json_object" }],
    [
      { case: "jsonSchema", value: { schema } },
      { type: "json_object", json_schema: schema },
    ],
  ] as const)("is %j", (format, sent) => {
    const { body, warnings } = encodeCohereRequest({ responseFormat: { format } });
    expect(body.response_format).toEqual(sent);
    expect(warnings).toEqual([]);
  });

  it("keeps the order of a schema in text, and tells what a schema has not", () => {
    const schemaJson = '{"type":"object","properties":{"b":{},"a":{}}}';
    const value = { name: "out", description: "d", strict: false, schemaJson };
    const { text: sent, warnings } = encodeCohereRequest({
      responseFormat: { format: { case: "jsonSchema", value } },
    });
    expect(sent).toContain(`"json_schema":${schemaJson}`);
    expect(warnings).toEqual([
      "DROPPED response_format.json_schema.name",
      "DROPPED response_format.json_schema.description",
      "CHANGED response_format.json_schema.strict",
    ]);
  });
});

describe("tools", () => {
  const plain = { name: "get_time" };
  const full = { name: "get_weather", description: "d", parameters: { type: "object" } };
  const sentPlain = {
    type: "function",
    function: { name: "get_time", parameters: { type: "object", properties: {} } },
  };
  const sentFull = {
    type: "function",
    function: { name: "get_weather", description: "d", parameters: { type: "object" } },
  };

  it("are functions, with a schema even where they take nothing", () => {
    expect(encodeCohereRequest({ tools: [plain, full] }).body.tools).toEqual([sentPlain, sentFull]);
  });

  it.each([
    [ToolChoiceMode.AUTO, undefined],
    [ToolChoiceMode.NONE, "NONE"],
    [ToolChoiceMode.REQUIRED, "REQUIRED"],
    [ToolChoiceMode.UNSPECIFIED, undefined],
  ])("are chosen by mode %s", (mode, sent) => {
    const { body, warnings } = encodeCohereRequest({ tools: [full], toolChoice: { mode } });
    expect(body.tool_choice).toBe(sent);
    expect(warnings).toEqual([]);
  });

  it.each([ToolChoiceMode.NAMED, ToolChoiceMode.UNSPECIFIED])(
    "of which one is named are that one, in mode %s",
    (mode) => {
      const { body, warnings } = encodeCohereRequest({
        tools: [plain, full],
        toolChoice: { mode, name: "get_weather" },
      });
      expect(body).toMatchObject({ tools: [sentFull], tool_choice: "REQUIRED" });
      expect(warnings).toEqual(["CHANGED tool_choice"]);
    },
  );

  it("are held to their schemas all or none", () => {
    const strict = { ...full, strict: true };
    expect(encodeCohereRequest({ tools: [strict] }).body).toMatchObject({
      strict_tools: true,
      tools: [sentFull],
    });
    const some = encodeCohereRequest({ tools: [plain, strict] });
    expect(some.body).not.toHaveProperty("strict_tools");
    expect(some.warnings).toEqual(["DROPPED tools[1].strict"]);
  });

  it("of the provider are sent as they are, those of others not", () => {
    const own = { provider: { adapter: "custom", type: "x", json: '{"type":"x","n":1}' } };
    const other = { provider: { adapter: "openai", type: "web_search", json: "{}" }, cache: {} };
    const { body, warnings } = encodeCohereRequest({ tools: [own, other] });
    expect(body.tools).toEqual([{ type: "x", n: 1 }]);
    expect(warnings).toEqual(["DROPPED tools[1].cache", "DROPPED tools[1].provider"]);
  });
});

describe("JSON as text", () => {
  const broken = { adapter: "custom", type: "x", json: "[]" };
  const format = { case: "jsonSchema", value: { schemaJson: "[]" } } as const;

  it.each<readonly [string, RequestInit]>([
    ["request.tools[0].parameters_json", { tools: [{ name: "f", parametersJson: "[]" }] }],
    ["request.tools[0].provider.json", { tools: [{ provider: broken }] }],
    ["request.response_format.json_schema.schema_json", { responseFormat: { format } }],
    [
      "request.contents[0].parts[0].provider.json",
      { contents: [{ role: Role.USER, parts: [{ kind: { case: "provider", value: broken } }] }] },
    ],
  ])("that is no object is refused in %s", (field, init) => {
    const error = errorOf(() => encodeCohereRequest(init));
    expect(error.reason).toBe("INVALID_REQUEST");
    expect(error.fields.violations).toMatchObject([{ field }]);
  });
});
