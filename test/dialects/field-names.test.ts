// Proves that all wires name the fields of a request alike: warnings by the path within the
// request, violations of errors by the path from the call's message on ("request.…").
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { LLMRequestSchema, Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Dialect } from "../../src/contract/adapter.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { anthropic } from "../../src/providers/anthropic/index.ts";
import { openai } from "../../src/providers/openai/index.ts";

type RequestInit = Omit<MessageInitShape<typeof LLMRequestSchema>, "$typeName">;

const wires = [anthropic, openai].flatMap(({ name: adapter, dialects }) =>
  Object.values(dialects).map((dialect) => ({ adapter, dialect, name: dialect.name })),
);

function encode(init: RequestInit, adapter: string, dialect: Dialect) {
  const contents = [{ role: Role.USER, message: "Hi" }];
  const request = create(LLMRequestSchema, { contents, maxOutputTokens: 9, ...init });
  const model = "claude-sonnet-4-6";
  return dialect.encode({ request, adapter, model, stream: false, requestId: "" });
}

const bytes = { case: "data", value: Uint8Array.of(1) } as const;
const video = { mimeType: "video/mp4", source: bytes };
const hi = { kind: { case: "text", value: { text: "Hi" } } } as const;
const broken = (adapter: string) => ({ adapter, type: "x", json: "[]" });

describe.each(wires)("$name of $adapter", ({ adapter, dialect }) => {
  const refused: readonly (readonly [string, RequestInit])[] = [
    [
      "request.contents[0].parts[1]",
      { contents: [{ role: Role.USER, parts: [hi, { kind: { case: "media", value: video } }] }] },
    ],
    [
      "request.contents[0].parts[0].provider.json",
      {
        contents: [
          { role: Role.USER, parts: [{ kind: { case: "provider", value: broken(adapter) } }] },
        ],
      },
    ],
    ["request.tools[0].provider.json", { tools: [{ provider: broken(adapter) }] }],
    ["request.tools[0].parameters_json", { tools: [{ name: "f", parametersJson: "[]" }] }],
    [
      "request.response_format.json_schema.schema_json",
      { responseFormat: { format: { case: "jsonSchema", value: { schemaJson: "[]" } } } },
    ],
  ];

  it.each(refused)("refuses %s", (field, init) => {
    let thrown: unknown;
    try {
      encode(init, adapter, dialect);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ConnectorError);
    const { message, fields } = thrown as ConnectorError;
    expect(fields.violations).toMatchObject([{ field }]);
    expect(message.startsWith(`${field}: `)).toBe(true);
  });

  const other = { adapter: "other", type: "x", json: "{}" };
  const told: readonly (readonly [string, RequestInit])[] = [
    [
      "contents[0].parts[1]",
      {
        contents: [{ role: Role.USER, parts: [hi, { kind: { case: "provider", value: other } }] }],
      },
    ],
    ["tools[0].provider", { tools: [{ provider: other }] }],
    ["seed", { seed: 1n, topK: 1 }],
    ["top_k", { seed: 1n, topK: 1, thinking: { budgetTokens: 2_000n } }],
  ];

  it.each(told)("warns of %s", (field, init) => {
    const names = encode(init, adapter, dialect).warnings.map((warning) => warning.field);
    const isTaken = field === "seed" && dialect.name === "chat";
    expect(names.includes(field)).toBe(!isTaken);
    expect(names.filter((name) => name.startsWith("request."))).toEqual([]);
  });
});
