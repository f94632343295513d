// Proves how tools, the choice of one, and a schema for the answer are sent, exactly as they were
// given.
import { describe, expect, it } from "vitest";
import { ToolChoiceMode } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { errorOf } from "../../support/wire-under-test.ts";
import { send } from "./support.ts";

const tools = [{ name: "look" }];

describe("tools", () => {
  it("carry their schema exactly, their strictness and their options", () => {
    const parametersJson = '{"type":"object","properties":{"2":{},"1":{"maximum":1e400}}}';
    const {
      text: sent,
      body,
      warnings,
    } = send({
      tools: [
        { name: "a", description: "d", parametersJson, strict: true },
        { name: "b", parameters: { type: "object" }, strict: false },
        { name: "c", providerOptions: { anthropic: { defer_loading: true }, openai: { x: 1 } } },
      ],
    });
    expect(sent).toContain(`"input_schema":${parametersJson}`);
    expect(body.tools).toMatchObject([
      { name: "a", description: "d", strict: true },
      { name: "b", input_schema: { type: "object" }, strict: false },
      { name: "c", input_schema: { type: "object", properties: {} }, defer_loading: true },
    ]);
    expect(warnings).toEqual([]);
  });

  it("get the type that the API requires, and no strictness that a model lacks", () => {
    const { body, warnings } = send(
      {
        tools: [
          { name: "a", parameters: {}, strict: true },
          { name: "b", parametersJson: '{"properties":{}}' },
        ],
      },
      { model: "claude-sonnet-4-0" },
    );
    expect(body.tools).toEqual([
      { name: "a", input_schema: { type: "object" } },
      { name: "b", input_schema: { type: "object", properties: {} } },
    ]);
    expect(warnings).toEqual([
      "DROPPED tools[0].strict",
      "CHANGED tools[0].parameters",
      "CHANGED tools[1].parameters_json",
    ]);
  });

  it("of the provider go as they are; those of others do not", () => {
    const json = '{"type":"web_search_20260318","name":"web_search","max_uses":3}';
    const { text: sent, warnings } = send({
      tools: [
        { provider: { adapter: "anthropic", json } },
        { provider: { adapter: "openai", json: "{}" } },
      ],
    });
    expect(sent).toContain(`"tools":[${json}]`);
    expect(warnings).toEqual(["DROPPED tools[1].provider"]);
  });

  it("never change the request they came with", () => {
    const parameters = { type: "object", properties: { a: { type: "string" } } };
    const input_schema = { properties: { a: { type: "number" } } };
    send({ tools: [{ name: "a", parameters, providerOptions: { anthropic: { input_schema } } }] });
    expect(parameters.properties.a.type).toBe("string");
  });

  it.each([
    [undefined, undefined, undefined],
    [{}, undefined, undefined],
    [{ mode: ToolChoiceMode.AUTO }, undefined, { type: "auto" }],
    [{ mode: ToolChoiceMode.NONE }, undefined, { type: "none" }],
    [{ mode: ToolChoiceMode.REQUIRED }, undefined, { type: "any" }],
    [{ mode: ToolChoiceMode.NAMED, name: "look" }, undefined, { type: "tool", name: "look" }],
    [{ name: "look" }, undefined, { type: "tool", name: "look" }],
    [undefined, false, { type: "auto", disable_parallel_tool_use: true }],
    [undefined, true, { type: "auto", disable_parallel_tool_use: false }],
    [{ mode: ToolChoiceMode.REQUIRED }, false, { type: "any", disable_parallel_tool_use: true }],
  ])("are chosen as %o, parallel %s", (toolChoice, parallelToolCalls, sent) => {
    const { body, warnings } = send({ tools, toolChoice, parallelToolCalls });
    expect(body.tool_choice).toEqual(sent);
    expect(warnings).toEqual([]);
  });

  it("cannot be chosen where there are none, and not in parallel where none may be called", () => {
    const choice = { mode: ToolChoiceMode.REQUIRED };
    expect(send({ toolChoice: choice }).warnings).toEqual(["DROPPED tool_choice"]);
    expect(send({ parallelToolCalls: true }).warnings).toEqual(["DROPPED parallel_tool_calls"]);
    const none = { tools, toolChoice: { mode: ToolChoiceMode.NONE }, parallelToolCalls: true };
    expect(send(none).body.tool_choice).toEqual({ type: "none" });
    expect(send(none).warnings).toEqual(["DROPPED parallel_tool_calls"]);
    const servers = { anthropic: { mcp_servers: [{ name: "m" }] } };
    expect(send({ toolChoice: choice, providerOptions: servers }).body.tool_choice).toEqual({
      type: "any",
    });
  });
});

describe("a schema for the answer", () => {
  const withSchema = (value: object, model?: string) =>
    send(
      { responseFormat: { format: { case: "jsonSchema", value } } },
      { ...(model !== undefined && { model }) },
    );

  it("goes exactly as its text, or as its value", () => {
    const schemaJson = '{"type":"object","properties":{"10":{},"9":{}}}';
    const { text: sent, warnings } = withSchema({ schemaJson, strict: true });
    expect(sent).toContain(
      `"output_config":{"format":{"type":"json_schema","schema":${schemaJson}}}`,
    );
    expect(warnings).toEqual([]);
    expect(withSchema({ schema: { type: "object" } }).body.output_config).toEqual({
      format: { type: "json_schema", schema: { type: "object" } },
    });
  });

  it("stands beside effort, and loses what the API has no place for", () => {
    const value = { name: "n", description: "d", schemaJson: "{}", strict: false };
    const { body, warnings } = send({
      responseFormat: { format: { case: "jsonSchema", value } },
      thinking: { effort: "low" },
    });
    expect(body.output_config).toMatchObject({ effort: "low", format: { type: "json_schema" } });
    expect(warnings).toEqual([
      "DROPPED response_format.json_schema.name",
      "DROPPED response_format.json_schema.description",
      "CHANGED response_format.json_schema.strict",
    ]);
  });

  it("is left out for models that hold to none, and refused where it is no JSON", () => {
    expect(withSchema({ schemaJson: "{}" }, "claude-3-7-sonnet").warnings).toEqual([
      "DROPPED response_format.json_schema",
    ]);
    expect(errorOf(() => withSchema({ schemaJson: "{" })).reason).toBe("INVALID_REQUEST");
  });
});
