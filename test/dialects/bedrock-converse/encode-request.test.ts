// Proves what a request becomes in Converse's words: path, knobs, tools, format, labels, thinking
// by the maker of the model, the caller's own members last; and that what has no place is told.
import { describe, expect, it } from "vitest";
import { Modality, Role, ToolChoiceMode } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { thrownBy } from "../../support/framing.ts";
import { part, text } from "../../support/parts.ts";
import { call, claude, result, send } from "./support.ts";

const messages = [{ role: "user", content: [{ text: "Hi" }] }];

describe("the path", () => {
  it.each([
    ["amazon.nova-lite-v1:0", "/model/amazon.nova-lite-v1%3A0/converse"],
    ["us.meta.llama3-2-1b-instruct-v1:0", "/model/us.meta.llama3-2-1b-instruct-v1%3A0/converse"],
    [
      "arn:aws:bedrock:us-east-1:123456789012:inference-profile/my.profile",
      "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fmy.profile/converse",
    ],
    ["a/../b?c#d", "/model/a%2F..%2Fb%3Fc%23d/converse"],
  ])("names %s", (model, path) => {
    expect(send({}, { model }).path).toBe(path);
    expect(send({}, { model, stream: true }).path).toBe(`${path}-stream`);
  });

  it("is refused for a name that would leave it", () => {
    for (const model of [".", "..", "..."]) {
      expect(thrownBy(() => send({}, { model })).reason).toBe("INVALID_REQUEST");
    }
  });
});

describe("a request", () => {
  it("has only what is asked for", () => {
    expect(send().body).toEqual({ messages });
    expect(send().warnings).toEqual([]);
  });

  it("has its knobs in inferenceConfig", () => {
    const { body, warnings } = send({
      maxOutputTokens: 100,
      temperature: 0.25,
      topP: 0.5,
      stopSequences: ["END"],
    });
    expect(body.inferenceConfig).toEqual({
      maxTokens: 100,
      temperature: 0.25,
      topP: 0.5,
      stopSequences: ["END"],
    });
    expect(warnings).toEqual([]);
  });

  it("tells what Converse has no word for", () => {
    const { body, warnings } = send({
      seed: 1n,
      presencePenalty: 1,
      frequencyPenalty: 1,
      endUserId: "u",
      modalities: [Modality.TEXT, Modality.IMAGE],
      parallelToolCalls: true,
      responseFormat: { format: { case: "jsonObject", value: {} } },
    });
    expect(body).toEqual({ messages });
    expect([...warnings].sort()).toEqual([
      "DROPPED end_user_id",
      "DROPPED frequency_penalty",
      "DROPPED modalities[1]",
      "DROPPED parallel_tool_calls",
      "DROPPED presence_penalty",
      "DROPPED response_format.json_object",
      "DROPPED seed",
    ]);
  });

  it("has the caller's own members laid on it last", () => {
    const { body } = send({
      maxOutputTokens: 100,
      providerOptions: {
        custom: {
          guardrailConfig: { guardrailIdentifier: "g1", guardrailVersion: "1", trace: "enabled" },
          performanceConfig: { latency: "optimized" },
          serviceTier: { type: "flex" },
          inferenceConfig: { maxTokens: 7 },
        },
        anthropic: { thinking: {} },
      },
    });
    expect(body).toEqual({
      messages,
      guardrailConfig: { guardrailIdentifier: "g1", guardrailVersion: "1", trace: "enabled" },
      performanceConfig: { latency: "optimized" },
      serviceTier: { type: "flex" },
      inferenceConfig: { maxTokens: 7 },
    });
  });

  it("has labels as its metadata, as far as the API takes them", () => {
    const labels = { team: "a b", "bad!": "x", long: "x".repeat(257), __proto__x: "ok" };
    const { body, warnings } = send({ metadata: labels });
    expect(body.requestMetadata).toEqual({ team: "a b", __proto__x: "ok" });
    expect(warnings).toEqual(['DROPPED metadata["bad!"]', 'DROPPED metadata["long"]']);
    const many = Object.fromEntries(Array.from({ length: 18 }, (_, index) => [`l${index}`, "v"]));
    expect(send({ metadata: many }).warnings).toHaveLength(2);
  });

  it("shapes its answer by a schema, which goes as text, its digits kept", () => {
    const schemaJson = ' {"type": "object", "maximum": 12345678901234567890} ';
    const value = { name: "city", description: "One city", schemaJson, strict: false };
    const { body, warnings } = send({ responseFormat: { format: { case: "jsonSchema", value } } });
    expect(body.outputConfig).toEqual({
      textFormat: {
        type: "json_schema",
        structure: {
          jsonSchema: { schema: schemaJson.trim(), name: "city", description: "One city" },
        },
      },
    });
    expect(warnings).toEqual(["CHANGED response_format.json_schema.strict"]);
    const broken = { format: { case: "jsonSchema" as const, value: { schemaJson: "[]" } } };
    expect(thrownBy(() => send({ responseFormat: broken })).reason).toBe("INVALID_REQUEST");
  });
});

describe("tools", () => {
  const tools = [{ name: "look", description: "Looks", strict: true }];
  const spec = {
    toolSpec: {
      name: "look",
      description: "Looks",
      inputSchema: { json: { type: "object", properties: {} } },
      strict: true,
    },
  };

  it.each([
    [ToolChoiceMode.AUTO, "", { auto: {} }],
    [ToolChoiceMode.REQUIRED, "", { any: {} }],
    [ToolChoiceMode.NAMED, "look", { tool: { name: "look" } }],
    [ToolChoiceMode.UNSPECIFIED, "look", { tool: { name: "look" } }],
    [ToolChoiceMode.UNSPECIFIED, "", undefined],
  ])("are chosen by mode %s and name %j", (mode, name, toolChoice) => {
    const { body, warnings } = send({ tools, toolChoice: { mode, name } });
    expect(body.toolConfig).toEqual({ tools: [spec], ...(toolChoice && { toolChoice }) });
    expect(warnings).toEqual([]);
  });

  it("are left out where none may be called", () => {
    const { body, warnings } = send({ tools, toolChoice: { mode: ToolChoiceMode.NONE } });
    expect(body).toEqual({ messages });
    expect(warnings).toEqual(["CHANGED tool_choice"]);
  });

  it("stay where earlier calls need them, though none may be called", () => {
    const contents = [
      { role: Role.USER, message: "Hi" },
      { role: Role.ASSISTANT, parts: [call("a")] },
      { role: Role.TOOL, parts: [result("a")] },
    ];
    const { body, warnings } = send({ tools, contents, toolChoice: { mode: ToolChoiceMode.NONE } });
    expect(body.toolConfig).toEqual({ tools: [spec] });
    expect(warnings).toEqual(["DROPPED tool_choice"]);
  });

  it("are needed for a choice", () => {
    const { body, warnings } = send({ toolChoice: { mode: ToolChoiceMode.REQUIRED } });
    expect(body).toEqual({ messages });
    expect(warnings).toEqual(["DROPPED tool_choice"]);
  });

  it("of the provider go as they are, of another one not at all", () => {
    const json = '{"systemTool":{"name":"nova_grounding"}}';
    const { body, warnings } = send({
      tools: [
        { provider: { adapter: "custom", type: "systemTool", json } },
        { provider: { adapter: "openai", type: "web_search", json: "{}" } },
      ],
    });
    expect(body.toolConfig).toEqual({ tools: [{ systemTool: { name: "nova_grounding" } }] });
    expect(warnings).toEqual(["DROPPED tools[1].provider"]);
  });

  it("keep the text of their schema, and get a type where they have none", () => {
    const parametersJson = '{"properties":{"b":{},"a":{}},"type":"object"}';
    const { text: sent } = send({ tools: [{ name: "look", parametersJson }] });
    expect(sent).toContain(`"json":${parametersJson}`);
    const { body, warnings } = send({ tools: [{ name: "look", parameters: { properties: {} } }] });
    expect(JSON.stringify(body.toolConfig)).toContain('{"type":"object","properties":{}}');
    expect(warnings).toEqual(["CHANGED tools[0].parameters"]);
  });
});

describe("fields of the model's own maker", () => {
  const fieldsOf = (init: object, model?: string) => {
    const { body, warnings } = send(init, model === undefined ? {} : { model });
    return [body.additionalModelRequestFields, warnings];
  };

  it.each([
    [
      claude,
      { thinking: { effort: "high" } },
      { thinking: { type: "adaptive" }, output_config: { effort: "high" } },
    ],
    [
      claude,
      { thinking: { budgetTokens: 2048n } },
      { thinking: { type: "enabled", budget_tokens: 2048 } },
    ],
    [claude, { thinking: { effort: "none" } }, { thinking: { type: "disabled" } }],
    [claude, { topK: 5 }, { top_k: 5 }],
    [
      "us.amazon.nova-2-lite-v1:0",
      { thinking: { effort: "low" } },
      { reasoningConfig: { type: "enabled", maxReasoningEffort: "low" } },
    ],
    [
      "us.amazon.nova-2-lite-v1:0",
      { thinking: { budgetTokens: 0n } },
      { reasoningConfig: { type: "disabled" } },
    ],
    ["amazon.nova-lite-v1:0", { topK: 5 }, { inferenceConfig: { topK: 5 } }],
    ["openai.gpt-oss-120b-1:0", { thinking: { effort: "low" } }, { reasoning_effort: "low" }],
    ["qwen.qwen3-32b-v1:0", { thinking: { effort: "high" } }, { reasoning_config: "high" }],
    ["mistral.mistral-large-2407-v1:0", { topK: 5 }, { top_k: 5 }],
    ["cohere.command-r-v1:0", { topK: 5 }, { k: 5 }],
  ])("of %s, case %#", (model, init, fields) => {
    expect(fieldsOf(init, model)).toEqual([fields, []]);
  });

  it("are told where they are not known", () => {
    const init = { topK: 5, thinking: { effort: "high", budgetTokens: 9n, include: true } };
    expect(fieldsOf(init, "meta.llama3-2-1b-instruct-v1:0")).toEqual([
      undefined,
      [
        "DROPPED top_k",
        "DROPPED thinking.include",
        "DROPPED thinking.budget_tokens",
        "DROPPED thinking",
      ],
    ]);
  });

  it("leave out sampling that Claude refuses beside thinking", () => {
    const { body, warnings } = send(
      { thinking: { budgetTokens: 2048n }, temperature: 0.5 },
      { model: claude },
    );
    expect(body.inferenceConfig).toBeUndefined();
    expect(warnings).toEqual(["DROPPED temperature"]);
  });
});

describe("a count of tokens", () => {
  it("asks for what the model reads", () => {
    const { body, path, warnings } = send(
      {
        maxOutputTokens: 9,
        metadata: { a: "b" },
        contents: [
          { role: Role.SYSTEM, message: "Be brief" },
          {
            role: Role.USER,
            parts: [part({ case: "text", value: { text: "Hi" } }), text("there")],
          },
        ],
        providerOptions: { custom: { serviceTier: { type: "flex" }, toolConfig: { tools: [] } } },
      },
      { count: true },
    );
    expect(path).toBe("/model/us.amazon.nova-2-lite-v1%3A0/count-tokens");
    expect(body).toEqual({
      input: {
        converse: {
          messages: [{ role: "user", content: [{ text: "Hi" }, { text: "there" }] }],
          system: [{ text: "Be brief" }],
          toolConfig: { tools: [] },
        },
      },
    });
    expect(warnings).toEqual([]);
  });
});
