// Proves that each knob of a request reaches the body under the provider's name, that what the wire
// has no place for is told by a warning, and that nothing is sent that nobody asked for.
import { create, type JsonObject, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import {
  LLMRequestSchema,
  Modality,
  Role,
  ToolChoiceMode,
  WarningKind,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { WireRequest } from "../../../src/contract/adapter.ts";
import { openAIResponses } from "../../../src/dialects/openai-responses/dialect.ts";

type Init = MessageInitShape<typeof LLMRequestSchema>;

function encode(init: Init, { stream = false, requestId = "" } = {}): WireRequest {
  const request = create(LLMRequestSchema, {
    contents: [{ role: Role.USER, message: "Hi" }],
    ...init,
  });
  return openAIResponses.encode({ request, adapter: "openai", model: "gpt-5", stream, requestId });
}

function bodyOf(init: Init, options?: { stream: boolean }): JsonObject {
  return JSON.parse(encode(init, options).body);
}

const input = [
  { type: "message", role: "user", content: [{ type: "input_text", text: "Hi" }] },
] as const;

test("a bare request sets nothing but model and input", () => {
  const wire = encode({});
  expect(wire).toMatchObject({ method: "POST", path: "/responses", headers: {}, warnings: [] });
  expect(JSON.parse(wire.body)).toEqual({ model: "gpt-5", input });
});

test("a stream is asked for, and the id of the call goes in a header", () => {
  expect(bodyOf({}, { stream: true })).toEqual({ model: "gpt-5", input, stream: true });
  expect(encode({}, { requestId: "call-7" }).headers).toEqual({ "x-client-request-id": "call-7" });
});

const knobs: readonly (readonly [string, Init, JsonObject])[] = [
  ["max_output_tokens", { maxOutputTokens: 64 }, { max_output_tokens: 64 }],
  ["temperature", { temperature: 0 }, { temperature: 0 }],
  ["top_p", { topP: 0.5 }, { top_p: 0.5 }],
  ["parallel_tool_calls", { parallelToolCalls: false }, { parallel_tool_calls: false }],
  ["end_user_id", { endUserId: "u-1" }, { safety_identifier: "u-1" }],
  ["metadata", { metadata: { team: "a" } }, { metadata: { team: "a" } }],
  ["modalities", { modalities: [Modality.TEXT] }, {}],
  [
    "text format",
    { responseFormat: { format: { case: "text", value: {} } } },
    { text: { format: { type: "text" } } },
  ],
  [
    "json_object format",
    { responseFormat: { format: { case: "jsonObject", value: {} } } },
    { text: { format: { type: "json_object" } } },
  ],
  [
    "json_schema format",
    {
      responseFormat: {
        format: {
          case: "jsonSchema",
          value: { name: "person", strict: true, schema: { type: "object" } },
        },
      },
    },
    {
      text: {
        format: { type: "json_schema", name: "person", strict: true, schema: { type: "object" } },
      },
    },
  ],
  [
    "effort",
    { thinking: { effort: "xhigh" } },
    { reasoning: { effort: "xhigh" }, include: ["reasoning.encrypted_content"] },
  ],
  [
    "summary",
    { thinking: { include: true } },
    { reasoning: { summary: "auto" }, include: ["reasoning.encrypted_content"] },
  ],
  ["no summary", { thinking: { include: false } }, { include: ["reasoning.encrypted_content"] }],
  ["choice unset", { toolChoice: {} }, {}],
  ["choice auto", { toolChoice: { mode: ToolChoiceMode.AUTO } }, { tool_choice: "auto" }],
  ["choice none", { toolChoice: { mode: ToolChoiceMode.NONE } }, { tool_choice: "none" }],
  [
    "choice required",
    { toolChoice: { mode: ToolChoiceMode.REQUIRED } },
    { tool_choice: "required" },
  ],
  [
    "choice named",
    { toolChoice: { mode: ToolChoiceMode.NAMED, name: "f" } },
    { tool_choice: { type: "function", name: "f" } },
  ],
  [
    "choice named without a mode",
    { toolChoice: { name: "f" } },
    { tool_choice: { type: "function", name: "f" } },
  ],
];

test.each(knobs)("%s goes out without a warning", (_name, init, members) => {
  const wire = encode(init);
  expect(JSON.parse(wire.body)).toEqual({ model: "gpt-5", input, ...members });
  expect(wire.warnings).toEqual([]);
});

const { DROPPED, CHANGED } = WarningKind;
const lost: readonly (readonly [string, Init, WarningKind, JsonObject])[] = [
  ["top_k", { topK: 4 }, DROPPED, {}],
  ["seed", { seed: 7n }, DROPPED, {}],
  ["presence_penalty", { presencePenalty: 0 }, DROPPED, {}],
  ["frequency_penalty", { frequencyPenalty: 1 }, DROPPED, {}],
  ["stop_sequences", { stopSequences: ["END"] }, DROPPED, {}],
  ["end_user_id", { endUserId: "u".repeat(65) }, DROPPED, {}],
  ["modalities[1]", { modalities: [Modality.TEXT, Modality.AUDIO] }, DROPPED, {}],
  [
    "thinking.budget_tokens",
    { thinking: { budgetTokens: 2000n } },
    DROPPED,
    { include: ["reasoning.encrypted_content"] },
  ],
  [
    "thinking.budget_tokens",
    { thinking: { budgetTokens: 0n, effort: "low" } },
    DROPPED,
    { reasoning: { effort: "low" }, include: ["reasoning.encrypted_content"] },
  ],
  [
    "thinking.budget_tokens",
    { thinking: { budgetTokens: 0n } },
    CHANGED,
    { reasoning: { effort: "none" }, include: ["reasoning.encrypted_content"] },
  ],
];

test.each(lost)("%s is told by a warning", (field, init, kind, members) => {
  const wire = encode(init);
  expect(JSON.parse(wire.body)).toEqual({ model: "gpt-5", input, ...members });
  expect(wire.warnings).toMatchObject([{ field, kind }]);
});

test("functions keep their schema as it was written, and strict only where it is given", () => {
  const parametersJson = '{"type":"object","properties":{"2":{"maximum":1e400},"1":{}}}';
  const { body } = encode({
    tools: [
      { name: "plain", description: "A plain one." },
      { name: "loose", parameters: { type: "object" }, strict: false },
      { name: "exact", parametersJson, strict: true },
    ],
  });
  expect(body).toContain(`"parameters":${parametersJson}`);
  expect(JSON.parse(body).tools).toEqual([
    {
      type: "function",
      name: "plain",
      description: "A plain one.",
      parameters: { type: "object", properties: {}, additionalProperties: false },
    },
    { type: "function", name: "loose", parameters: { type: "object" }, strict: false },
    { type: "function", name: "exact", parameters: expect.anything(), strict: true },
  ]);
});

test("tools of the provider go out as they are, another provider's are left out", () => {
  const wire = encode({
    tools: [
      { provider: { adapter: "openai", type: "web_search", json: '{"type":"web_search"}' } },
      { provider: { adapter: "anthropic", type: "bash", json: "{}" } },
      {
        name: "later",
        cache: {},
        parameters: {},
        providerOptions: { openai: { defer_loading: true } },
      },
    ],
  });
  expect(JSON.parse(wire.body).tools).toEqual([
    { type: "web_search" },
    { type: "function", name: "later", parameters: {}, defer_loading: true },
  ]);
  expect(wire.warnings.map(({ field }) => field)).toEqual(["tools[1].provider", "tools[2].cache"]);
});

test("a tool of the provider is chosen by its name or type", () => {
  const tools = [
    { provider: { adapter: "other", type: "grep", json: "no JSON" } },
    { provider: { adapter: "openai", type: "custom", json: '{"type":"custom","name":"grep"}' } },
    { provider: { adapter: "openai", type: "web_search", json: '{"type":"web_search"}' } },
  ];
  const choose = (name: string): unknown => bodyOf({ tools, toolChoice: { name } }).tool_choice;
  expect(choose("grep")).toEqual({ type: "custom", name: "grep" });
  expect(choose("web_search")).toEqual({ type: "web_search" });
  expect(choose("own")).toEqual({ type: "function", name: "own" });
});

test("schemas that are no JSON object are refused by field", () => {
  const tools = [{ name: "f", parametersJson: "[]" }];
  expect(() => encode({ tools })).toThrow(/^request\.tools\[0\]\.parameters_json: /);
});

test("provider_options of this adapter are laid over the body last", () => {
  const body = bodyOf({
    temperature: 1,
    thinking: { effort: "low" },
    providerOptions: {
      openai: { store: false, temperature: 0, reasoning: { summary: "detailed" }, include: [] },
      anthropic: { top_k: 1 },
    },
  });
  expect(body).toEqual({
    model: "gpt-5",
    input,
    store: false,
    temperature: 0,
    reasoning: { effort: "low", summary: "detailed" },
    include: [],
  });
});
