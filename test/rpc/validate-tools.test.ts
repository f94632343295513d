// Proves that tools, schemas and answer formats are held to the contract (V08, V09, V10), that
// nothing of a schema is fetched or run, and that options of a call are (V30 and the comments of
// CallOptions).
import type { JsonObject, MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  type JsonSchemaFormatSchema,
  ToolChoiceMode,
  type ToolChoiceSchema,
  type ToolSchema,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import {
  type OptionsInit,
  refusalOf,
  requestWith,
  wrongFields,
  wrongOptions,
} from "../support/violations.ts";

type ToolInit = MessageInitShape<typeof ToolSchema>;

function wrongTools(...tools: ToolInit[]): readonly string[] {
  return wrongFields({ tools }).map((field) => field.replace("request.", ""));
}

function nestedSchema(depth: number): string {
  const opening = '{"properties":{"a":'.repeat(depth / 2);
  return `${opening}{}${"}}".repeat(depth / 2)}`;
}

describe("tools", () => {
  it.each<[string, ToolInit[], readonly string[]]>([
    ["no name", [{}], ["tools[0].name"]],
    ["a name with a space", [{ name: "a b" }], ["tools[0].name"]],
    ["a long name", [{ name: "x".repeat(129) }], ["tools[0].name"]],
    ["a name twice", [{ name: "a" }, { name: "b" }, { name: "a" }], ["tools[2].name"]],
    [
      "two schemas",
      [{ name: "a", parameters: {}, parametersJson: "{}" }],
      ["tools[0].parameters_json"],
    ],
    ["a negative cache", [{ name: "a", cache: { ttl: { nanos: -1 } } }], ["tools[0].cache.ttl"]],
    [
      "options that are no objects",
      [{ name: "a", providerOptions: { openai: [] } }],
      ["tools[0].provider_options"],
    ],
    [
      "a provider's tool that is no JSON",
      [{ provider: { adapter: "anthropic", json: "web_search" } }],
      ["tools[0].provider.json"],
    ],
  ])("refuses %s", (_, tools, wrong) => {
    expect(wrongTools(...tools)).toEqual(wrong);
  });

  it("refuses more than the limit", () => {
    const tools = Array.from({ length: 513 }, (_, index) => ({ name: `t${index}` }));
    expect(wrongTools(...tools)).toEqual(["tools"]);
  });

  it("takes tools with and without schema, and those of a provider", () => {
    const wrong = wrongTools(
      { name: "none" },
      { name: "struct", parameters: { type: "object", properties: {} } },
      { name: "text.-_1", parametersJson: '{"type":"object"}' },
      { provider: { adapter: "anthropic", json: '{"type":"web_search_20250305"}' } },
    );
    expect(wrong).toEqual([]);
  });

  it.each<[string, ToolInit[], MessageInitShape<typeof ToolChoiceSchema>, readonly string[]]>([
    ["names a tool", [{ name: "a" }], { name: "a" }, []],
    ["names a tool by mode", [{ name: "a" }], { mode: ToolChoiceMode.NAMED, name: "a" }, []],
    ["forbids tools", [], { mode: ToolChoiceMode.NONE }, []],
    [
      "may name a provider's tool",
      [{ provider: { adapter: "x", json: "{}" } }],
      { name: "web_search" },
      [],
    ],
    ["names nothing", [{ name: "a" }], { mode: ToolChoiceMode.NAMED }, ["tool_choice.name"]],
    ["names no tool", [{ name: "a" }], { name: "b" }, ["tool_choice.name"]],
    [
      "names a tool and wants any",
      [{ name: "a" }],
      { mode: ToolChoiceMode.REQUIRED, name: "a" },
      ["tool_choice.name"],
    ],
  ])("a choice that %s", (_, tools, toolChoice, wrong) => {
    const fields = wrongFields({ tools, toolChoice });
    expect(fields.map((field) => field.replace("request.", ""))).toEqual(wrong);
  });
});

describe("schemas", () => {
  const good: readonly JsonObject[] = [
    {},
    { type: "object", properties: { type: { type: ["string", "null"] } }, required: ["type"] },
    { type: "OBJECT", properties: { $ref: { type: "STRING" } } },
    { $ref: "#/$defs/a", $defs: { a: { $ref: "#" } }, $schema: "https://json-schema.org/x" },
    { anyOf: [true, { const: 1 }], items: [{}], additionalProperties: false },
    { properties: { a: { pattern: "^(a+)+$", enum: ["b"] } }, "x-vendor": [1, { a: null }] },
  ];
  it.each(good.map((schema) => [JSON.stringify(schema), schema] as const))(
    "takes %s",
    (json, schema) => {
      expect(wrongTools({ name: "a", parameters: schema })).toEqual([]);
      expect(wrongTools({ name: "a", parametersJson: json })).toEqual([]);
    },
  );

  const bad: readonly JsonObject[] = [
    { type: "banana" },
    { type: 5 },
    { type: [] },
    { properties: [] },
    { properties: { a: 1 } },
    { properties: { a: { items: null } } },
    { anyOf: {} },
    { allOf: [{ not: "x" }] },
    { required: true },
    { enum: "a" },
    { pattern: {} },
    { $ref: "https://example.com/schema.json" },
    { properties: { a: { anyOf: [{ $ref: "file:///etc/passwd" }] } } },
    { $dynamicRef: 1 },
  ];
  it.each(bad.map((schema) => [JSON.stringify(schema), schema] as const))(
    "refuses %s",
    (json, schema) => {
      expect(wrongTools({ name: "a", parameters: schema })).toEqual(["tools[0].parameters"]);
      expect(wrongTools({ name: "a", parametersJson: json })).toEqual(["tools[0].parameters_json"]);
    },
  );

  it.each([
    ["no JSON", "{"],
    ["no object", '"object"'],
    ["a list", "[]"],
    ["1 MiB", `{"description":"${"x".repeat(1024 * 1024)}"}`],
    ["66 levels", nestedSchema(66)],
    ["1,000 levels", nestedSchema(1_000)],
    ["100,000 levels", nestedSchema(100_000)],
    ["a number that is no number", '{"maximum":1e309}'],
    ["__proto__", '{"properties":{"__proto__":{}}}'],
  ])("refuses text with %s", (_, parametersJson) => {
    expect(wrongTools({ name: "a", parametersJson })).toEqual(["tools[0].parameters_json"]);
  });

  it("says where it is wrong", () => {
    const parameters = { properties: { a: { items: { type: "banana" } } } };
    const [violation] = refusalOf(requestWith({ tools: [{ name: "a", parameters }] }))?.fields
      .violations ?? [undefined];
    expect(violation?.description).toBe(
      "is no JSON Schema: #/properties/a/items/type names no type of JSON Schema",
    );
  });

  it("measures a Struct as the text that it becomes", () => {
    const parameters = { description: "x".repeat(256 * 1024) };
    expect(wrongTools({ name: "a", parameters })).toEqual(["tools[0].parameters"]);
  });

  it("never runs a pattern: one that takes for ever takes no time", () => {
    const pattern = "^(a+)+$";
    const text = "a".repeat(50_000);
    const parameters = {
      properties: { a: { pattern, default: `${text}!`, examples: [`${text}!`] } },
    };
    const startMs = performance.now();
    expect(wrongTools({ name: "a", parameters })).toEqual([]);
    expect(performance.now() - startMs).toBeLessThan(50);
  });
});

describe("formats of the answer", () => {
  function wrongFormat(value: MessageInitShape<typeof JsonSchemaFormatSchema>): readonly string[] {
    const responseFormat = { format: { case: "jsonSchema", value } } as const;
    return wrongFields({ responseFormat }).map((field) =>
      field.replace("request.response_format.json_schema", ""),
    );
  }
  it.each<[string, MessageInitShape<typeof JsonSchemaFormatSchema>, readonly string[]]>([
    ["a schema", { schema: { type: "object" } }, []],
    ["text", { name: "my-answer_1", schemaJson: "{}" }, []],
    ["nothing", {}, [""]],
    ["both", { schema: {}, schemaJson: "{}" }, [".schema_json"]],
    ["a bad name", { name: "a b", schema: {} }, [".name"]],
    ["a long name", { name: "x".repeat(65), schema: {} }, [".name"]],
    ["a bad schema", { schema: { type: "banana" } }, [".schema"]],
    ["half a pair", { schema: {}, description: "\ud800" }, [".description"]],
  ])("%s", (_, format, wrong) => {
    expect(wrongFormat(format)).toEqual(wrong);
  });
});

describe("options", () => {
  const token = "sk-secret-canary";
  it.each<[string, OptionsInit, readonly string[]]>([
    ["a time of 0", { timeout: {} }, ["timeout"]],
    ["a negative time", { attemptTimeout: { seconds: -1n } }, ["attempt_timeout"]],
    ["negative nanos", { firstDeltaTimeout: { seconds: 1n, nanos: -1 } }, ["first_delta_timeout"]],
    ["a second of nanos", { idleTimeout: { nanos: 1_000_000_000 } }, ["idle_timeout"]],
    ["20,000 years", { timeout: { seconds: 631_152_000_000n } }, ["timeout"]],
    ["four attempts", { retry: { maxAttempts: 4 } }, ["retry.max_attempts"]],
    ["-1 attempts", { retry: { maxAttempts: -1 } }, ["retry.max_attempts"]],
    ["nine fallbacks", { fallbackModels: new Array(9).fill("a") }, ["fallback_models"]],
    ["a bad fallback", { fallbackModels: ["a", ""] }, ["fallback_models[1]"]],
    ["a hedge without delay", { hedge: {} }, ["hedge.delay"]],
    ["a hedge at once", { hedge: { delay: {} } }, ["hedge.delay"]],
    ["an empty region", { region: { preferred: ["eu", ""] } }, ["region.preferred[1]"]],
    ["a region as pattern", { region: { allowed: ["(eu|us)"] } }, ["region.allowed[0]"]],
    ["a space to prefer", { region: { preferred: ["us 1"] } }, ["region.preferred[0]"]],
    ["65 regions", { region: { allowed: new Array(65).fill("eu") } }, ["region.allowed"]],
    ["a key with a line break", { apiKey: `${token}\r\n` }, ["api_key"]],
    ["a key beyond ASCII", { apiKey: `${token}é` }, ["api_key"]],
    ["a long key", { apiKey: "x".repeat(4097) }, ["api_key"]],
    ["a long request id", { requestId: "x".repeat(256) }, ["request_id"]],
    ["a request id beyond ASCII", { requestId: "ü" }, ["request_id"]],
    ["a target with a line break", { target: "a\nb" }, ["target"]],
    ["a header with a space", { headers: { "a b": "x" } }, ["headers"]],
    ["a header named __proto__", { headers: { ["__proto__"]: "x" } }, ["headers"]],
    ["a header with a line break", { headers: { "x-a": `${token}\nb: c` } }, ["headers[x-a]"]],
    ["an address without key", { baseUrl: "https://example.com" }, ["base_url"]],
    ["an ftp: address", { baseUrl: "ftp://example.com", apiKey: token }, ["base_url"]],
    ["an address with a user", { baseUrl: "https://u@example.com", apiKey: token }, ["base_url"]],
    ["an address with a query", { baseUrl: "https://example.com?a", apiKey: token }, ["base_url"]],
  ])("refuses %s, without repeating a secret", (_, options, wrong) => {
    expect(wrongOptions(options)).toEqual(wrong.map((field) => `options.${field}`));
    const error = refusalOf({ ...requestWith({}), options });
    expect(JSON.stringify([error?.message, error?.fields])).not.toContain(token);
  });

  it("refuses more headers than the limit", () => {
    const names = Array.from({ length: 65 }, (_, index) => [`x-${index}`, "v"]);
    expect(wrongOptions({ headers: Object.fromEntries(names) })).toEqual(["options.headers"]);
  });

  it("takes everything that is allowed, at its bounds", () => {
    const wrong = wrongOptions({
      timeout: { seconds: 315_576_000_000n },
      attemptTimeout: { nanos: 1 },
      retry: { maxAttempts: 3 },
      region: { preferred: ["eu-west-1"], allowed: ["eu-*", "us"] },
      fallbackModels: new Array(8).fill("a"),
      hedge: { delay: { nanos: 1_000_000 } },
      apiKey: "~!".repeat(2048),
      requestId: "x".repeat(255),
      target: "my target",
      headers: { "anthropic-beta": "a, b\tc" },
      baseUrl: "http://127.0.0.1:1234/v1",
    });
    expect(wrong).toEqual([]);
  });

  it.each([
    [0n, 999_999_999, false],
    [1n, 0, true],
    [300n, 0, true],
    [300n, 1, false],
  ])("a heartbeat of %d s and %d ns", (seconds, nanos, isGood) => {
    const streamOptions = { heartbeatInterval: { seconds, nanos } };
    const error = refusalOf({ ...requestWith({}), streamOptions });
    expect(error === undefined).toBe(isGood);
  });
});
