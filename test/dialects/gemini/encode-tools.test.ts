// Proves how tools and the choice among them go out, and how a schema is reduced for models that
// take the API's own words only: nothing of it is lost without a warning that names its path.
import type { JsonObject } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ToolChoiceMode } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { errorOf, type RequestInit } from "../../support/wire-under-test.ts";
import { send } from "./support.ts";

const schema = {
  type: "object",
  properties: { a: { type: "string" } },
  additionalProperties: false,
};
const own = (json: string, adapter = "google") => ({ provider: { adapter, type: "x", json } });

describe("tools", () => {
  it("go as functions of one tool, with JSON Schema as it was written", () => {
    const text = '{"type": "object", "properties": {"b": {"const": 1.0}, "a": {}}}';
    const sent = send({
      tools: [
        { name: "one", description: "First", parameters: schema },
        { name: "two", parametersJson: text },
        { name: "three", providerOptions: { google: { behavior: "NON_BLOCKING" } } },
      ],
    });
    expect(sent.body.tools).toEqual([
      {
        functionDeclarations: [
          { name: "one", description: "First", parametersJsonSchema: schema },
          { name: "two", parametersJsonSchema: JSON.parse(text) },
          { name: "three", behavior: "NON_BLOCKING" },
        ],
      },
    ]);
    expect(sent.text).toContain(text);
    expect(sent.warnings).toEqual([]);
  });

  it("in the API's own words go under its own member", () => {
    const parameters = { properties: { a: { type: "STRING" } } };
    expect(send({ tools: [{ name: "f", parameters }] }).body.tools).toEqual([
      { functionDeclarations: [{ name: "f", parameters }] },
    ]);
  });

  it("that say `nullable` go there too, unless they say what OpenAPI has not", () => {
    const a = { type: "string", nullable: true };
    const member = (parameters: JsonObject): string => {
      const { tools } = send({ tools: [{ name: "f", parameters }] }).body as never as {
        tools: [{ functionDeclarations: [object] }];
      };
      return Object.keys(tools[0].functionDeclarations[0])[1] ?? "";
    };
    expect(member({ type: "object", properties: { a } })).toBe("parameters");
    expect(member({ type: "array", items: { anyOf: [a] } })).toBe("parameters");
    expect(member({ type: "object", properties: { a }, additionalProperties: false })).toBe(
      "parametersJsonSchema",
    );
  });

  it("of the provider go as their JSON says, those of others are left out", () => {
    const { body, warnings } = send({
      tools: [own('{"googleSearch":{}}'), { name: "f" }, own("{}", "openai")],
    });
    expect(body.tools).toEqual([{ functionDeclarations: [{ name: "f" }] }, { googleSearch: {} }]);
    expect(warnings).toEqual(["DROPPED tools[2].provider"]);
  });

  it("lose their hint for the cache with a warning", () => {
    expect(send({ tools: [{ name: "f", cache: {} }] }).warnings).toEqual([
      "DROPPED tools[0].cache",
    ]);
  });
});

describe("the choice of a tool", () => {
  const chosen = (init: RequestInit) => {
    const { body, warnings } = send(init);
    return [(body.toolConfig as JsonObject | undefined)?.functionCallingConfig, warnings];
  };
  const tools = [{ name: "f" }, { name: "g" }];

  it.each([
    ["AUTO", { mode: ToolChoiceMode.AUTO }, { mode: "AUTO" }],
    ["NONE", { mode: ToolChoiceMode.NONE }, { mode: "NONE" }],
    ["REQUIRED", { mode: ToolChoiceMode.REQUIRED }, { mode: "ANY" }],
    [
      "NAMED",
      { mode: ToolChoiceMode.NAMED, name: "f" },
      { mode: "ANY", allowedFunctionNames: ["f"] },
    ],
    ["a name alone", { name: "g" }, { mode: "ANY", allowedFunctionNames: ["g"] }],
    ["nothing", {}, undefined],
  ])("%s", (_, toolChoice, expected) => {
    expect(chosen({ tools, toolChoice })).toEqual([expected, []]);
  });

  it("without tools is left out with a warning, unless the caller's options bring some", () => {
    const toolChoice = { mode: ToolChoiceMode.AUTO };
    expect(chosen({ toolChoice })).toEqual([undefined, ["DROPPED tool_choice"]]);
    const providerOptions = { google: { cachedContent: "cachedContents/1" } };
    expect(chosen({ toolChoice, providerOptions })).toEqual([{ mode: "AUTO" }, []]);
  });

  it("holds the model to all schemas where all tools ask for it", () => {
    const strict = tools.map((tool) => ({ ...tool, strict: true }));
    expect(chosen({ tools: strict })).toEqual([{ mode: "VALIDATED" }, []]);
    expect(chosen({ tools: strict, toolChoice: { mode: ToolChoiceMode.REQUIRED } })).toEqual([
      { mode: "ANY" },
      [],
    ]);
    const [first = { name: "f" }] = strict;
    expect(chosen({ tools: [{ name: "g" }, first] })).toEqual([
      undefined,
      ["DROPPED tools[1].strict"],
    ]);
  });
});

describe("a schema for an older model", () => {
  const reduced = (parameters: JsonObject, model = "gemini-1.5-pro") => {
    const { body, warnings } = send({ tools: [{ name: "f", parameters }] }, { model });
    const [tool] = body.tools as unknown as [
      { functionDeclarations: [{ parameters: JsonObject }] },
    ];
    return { schema: tool.functionDeclarations[0].parameters, warnings };
  };

  it("has types in capital letters and keeps what both have", () => {
    const both = {
      description: "d",
      required: ["a"],
      minProperties: 1,
      properties: {
        a: { type: "string", enum: ["x", "y"], minLength: 1 },
        b: { type: "array", items: { type: "integer", minimum: 0, format: "int32" } },
        c: { anyOf: [{ type: "number" }, { type: "boolean" }] },
      },
    };
    expect(reduced({ type: "object", ...both })).toEqual({
      schema: {
        type: "OBJECT",
        ...both,
        properties: {
          a: { type: "STRING", enum: ["x", "y"], minLength: 1 },
          b: { type: "ARRAY", items: { type: "INTEGER", minimum: 0, format: "int32" } },
          c: { anyOf: [{ type: "NUMBER" }, { type: "BOOLEAN" }] },
        },
      },
      warnings: [],
    });
  });

  const kept = (value: JsonObject) => reduced({ type: "object", properties: { a: value } });
  const at = (path: string, kind = "DROPPED") => `${kind} tools[0].parameters.properties.a${path}`;

  it.each<[string, JsonObject, JsonObject, string[]]>([
    ["null beside a type", { type: ["string", "null"] }, { nullable: true, type: "STRING" }, []],
    ["null alone", { type: "null" }, { nullable: true, type: "NULL" }, []],
    [
      "several types",
      { type: ["string", "integer"] },
      { anyOf: [{ type: "STRING" }, { type: "INTEGER" }] },
      [at(".type", "CHANGED")],
    ],
    ["a constant text", { const: "x" }, { type: "STRING", enum: ["x"] }, []],
    ["a constant number", { type: "number", const: 1 }, { type: "NUMBER" }, [at(".const")]],
    [
      "null among values",
      { enum: ["x", null] },
      { nullable: true, type: "STRING", enum: ["x"] },
      [],
    ],
    [
      "oneOf",
      { oneOf: [{ type: "string" }] },
      { anyOf: [{ type: "STRING" }] },
      [at(".oneOf", "CHANGED")],
    ],
    [
      "one allOf",
      { allOf: [{ type: "object", properties: { b: { type: "string" } } }], required: ["b"] },
      { type: "OBJECT", properties: { b: { type: "STRING" } }, required: ["b"] },
      [],
    ],
    [
      "several allOf",
      {
        allOf: [
          { required: ["b"], properties: { b: {} } },
          { required: ["c"], properties: { c: {} } },
        ],
      },
      { required: ["b", "c"], properties: { b: {}, c: {} } },
      [at(".allOf", "CHANGED")],
    ],
    ["a format", { type: "string", format: "uri" }, { type: "STRING" }, [at(".format")]],
    [
      "a known format",
      { type: "string", format: "date-time" },
      { type: "STRING", format: "date-time" },
      [],
    ],
    ["a schema that is true", { type: "array", items: true }, { type: "ARRAY" }, [at(".items")]],
    ["a tuple", { type: "array", items: [{ type: "string" }] }, { type: "ARRAY" }, [at(".items")]],
    [
      "keywords of JSON Schema alone",
      { type: "object", additionalProperties: false, patternProperties: {}, $comment: "c", if: {} },
      { type: "OBJECT" },
      [at(".additionalProperties"), at(".patternProperties"), at(".$comment"), at(".if")],
    ],
  ])("%s", (_, value, expected, warnings) => {
    const { schema: sent, warnings: told } = kept(value);
    expect((sent.properties as JsonObject).a).toEqual(expected);
    expect(told).toEqual(warnings);
  });

  it("has its references written out, and those that lead in a circle cut with a warning", () => {
    const { schema: sent, warnings } = reduced({
      type: "object",
      $defs: { node: { type: "object", properties: { next: { $ref: "#/$defs/node" } } } },
      definitions: { "a/b": { type: "string" } },
      properties: {
        first: { $ref: "#/$defs/node", description: "The first" },
        slash: { $ref: "#/definitions/a~1b" },
        lost: { $ref: "#/$defs/nobody" },
      },
    });
    expect(sent.properties).toEqual({
      first: { type: "OBJECT", description: "The first", properties: { next: { type: "OBJECT" } } },
      slash: { type: "STRING" },
      lost: { type: "OBJECT" },
    });
    expect(warnings).toEqual([
      "DROPPED tools[0].parameters.properties.first.properties.next.$ref",
      "DROPPED tools[0].parameters.properties.lost.$ref",
    ]);
  });

  it("is refused where its references make it too large", () => {
    const $defs: JsonObject = { d0: { type: "string" } };
    for (let depth = 1; depth < 14; depth += 1) {
      const ref = { $ref: `#/$defs/d${depth - 1}` };
      $defs[`d${depth}`] = { type: "object", properties: { a: ref, b: ref } };
    }
    const error = errorOf(() => reduced({ $defs, $ref: "#/$defs/d13" }));
    expect(error.fields.violations).toMatchObject([{ field: "request.tools[0].parameters" }]);
  });

  it("stays as it is for every newer one", () => {
    const { body } = send(
      { tools: [{ name: "f", parameters: schema }] },
      { model: "gemini-2.0-flash" },
    );
    expect(JSON.stringify(body)).toContain("additionalProperties");
  });

  it("of an answer is reduced likewise", () => {
    const value = { schema };
    const responseFormat = { format: { case: "jsonSchema" as const, value } };
    const { config, warnings } = send({ responseFormat }, { model: "gemini-1.5-flash" });
    expect(config.responseSchema).toEqual({
      type: "OBJECT",
      properties: { a: { type: "STRING" } },
    });
    expect(warnings).toEqual(["DROPPED response_format.json_schema.schema.additionalProperties"]);
  });
});
