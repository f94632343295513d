// Proves that each knob of a request becomes its own member or option of Ollama's body, that
// streaming is always said, and that whatever this wire cannot take is told as a warning of the
// right kind.
import { describe, expect, it } from "vitest";
import { Modality, ToolChoiceMode } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { encodeOllamaRequest } from "../../support/ollama.ts";
import { errorOf, type RequestInit } from "../../support/wire-under-test.ts";

const tool = { name: "get_weather", parameters: { type: "object", properties: {} } };
const sent = { type: "function", function: tool };

interface Knob {
  readonly name: string;
  readonly request: RequestInit;
  readonly members: object;
  readonly warnings?: readonly string[];
}

function schemaFormat(value: object): RequestInit {
  return { responseFormat: { format: { case: "jsonSchema", value } } };
}

const knobs: readonly Knob[] = [
  { name: "nothing", request: {}, members: {} },
  {
    name: "sampling",
    request: {
      maxOutputTokens: 64,
      temperature: 0,
      topP: 0.9,
      topK: 40,
      seed: 7n,
      presencePenalty: -1,
      frequencyPenalty: 0.5,
      stopSequences: ["a", "b", "c", "d", "e"],
    },
    members: {
      options: {
        num_predict: 64,
        temperature: 0,
        top_p: 0.9,
        top_k: 40,
        seed: 7,
        presence_penalty: -1,
        frequency_penalty: 0.5,
        stop: ["a", "b", "c", "d", "e"],
      },
    },
  },
  {
    name: "options of the runner beside knobs",
    request: {
      temperature: 1,
      providerOptions: {
        llama: { options: { num_ctx: 8192 }, keep_alive: "5m" },
        openai: { n: 2 },
      },
    },
    members: { options: { temperature: 1, num_ctx: 8192 }, keep_alive: "5m" },
  },
  {
    name: "any JSON",
    request: { responseFormat: { format: { case: "jsonObject", value: {} } } },
    members: { format: "json" },
  },
  {
    name: "JSON by a schema",
    request: schemaFormat({ schema: { type: "object" }, strict: true }),
    members: { format: { type: "object" } },
  },
  {
    name: "JSON by a described schema",
    request: schemaFormat({ schemaJson: '{"type":"object"}', description: "A point." }),
    members: { format: { type: "object" } },
    warnings: ["DROPPED response_format.json_schema.description"],
  },
  {
    name: "text",
    request: { responseFormat: { format: { case: "text", value: {} } } },
    members: {},
  },
  { name: "a level", request: { thinking: { effort: "high" } }, members: { think: "high" } },
  { name: "no thinking", request: { thinking: { effort: "none" } }, members: { think: false } },
  { name: "no budget", request: { thinking: { budgetTokens: 0n } }, members: { think: false } },
  { name: "shown thinking", request: { thinking: { include: true } }, members: { think: true } },
  {
    name: "a budget",
    request: { thinking: { budgetTokens: 512n } },
    members: { think: true },
    warnings: ["DROPPED thinking.budget_tokens"],
  },
  {
    name: "thinking that is not shown",
    request: { thinking: { effort: "low", include: false } },
    members: { think: "low" },
    warnings: ["DROPPED thinking.include"],
  },
  { name: "tools", request: { tools: [tool] }, members: { tools: [sent] } },
  {
    name: "a tool without a schema, strict and cached",
    request: { tools: [{ name: "get_weather", strict: true, cache: {} }] },
    members: { tools: [sent] },
    warnings: [
      "DROPPED tools[0].cache",
      "DROPPED tools[0].strict",
      "DEFAULTED tools[0].parameters",
    ],
  },
  {
    name: "a tool of another provider",
    request: { tools: [{ provider: { adapter: "openai", type: "web_search", json: "{}" } }, tool] },
    members: { tools: [sent] },
    warnings: ["DROPPED tools[0].provider"],
  },
  {
    name: "no choice of a tool",
    request: { tools: [tool], toolChoice: { mode: ToolChoiceMode.NONE } },
    members: {},
    warnings: ["CHANGED tool_choice"],
  },
  {
    name: "a free choice of a tool",
    request: { tools: [tool], toolChoice: { mode: ToolChoiceMode.AUTO } },
    members: { tools: [sent] },
  },
  {
    name: "a forced choice of a tool",
    request: {
      tools: [tool],
      toolChoice: { mode: ToolChoiceMode.REQUIRED },
      parallelToolCalls: false,
    },
    members: { tools: [sent] },
    warnings: ["DROPPED parallel_tool_calls", "DROPPED tool_choice"],
  },
  {
    name: "a named choice of a tool",
    request: { tools: [tool], toolChoice: { name: "get_weather" } },
    members: { tools: [sent] },
    warnings: ["DROPPED tool_choice"],
  },
  {
    name: "labels and speech",
    request: {
      endUserId: "u-1",
      metadata: { team: "a" },
      modalities: [Modality.TEXT, Modality.AUDIO],
    },
    members: {},
    warnings: ["DROPPED end_user_id", "DROPPED metadata", "DROPPED modalities"],
  },
];

describe("the body", () => {
  it.each(knobs)("says $name", ({ request, members, warnings = [] }) => {
    const encoded = encodeOllamaRequest(request);
    const basis = { model: "llama3.2:3b", messages: [{ role: "user", content: "Hi" }] };
    expect(encoded.body).toEqual({ ...basis, stream: false, ...members });
    expect([encoded.path, encoded.headers]).toEqual(["/api/chat", {}]);
    expect(encoded.warnings).toEqual(warnings);
  });

  it("says that a stream is wanted", () => {
    expect(encodeOllamaRequest({}, true).body.stream).toBe(true);
  });

  it("keeps every digit of a seed and the order of a schema", () => {
    const schemaJson = '{"type":"object","properties":{"b":{"maximum":90071992547409931},"a":{}}}';
    const { text } = encodeOllamaRequest({
      seed: 90071992547409931n,
      ...schemaFormat({ schemaJson }),
    });
    expect(text).toContain('"seed":90071992547409931');
    expect(text).toContain(`"format":${schemaJson}`);
  });

  it("refuses a schema that is no object", () => {
    const error = errorOf(() => encodeOllamaRequest(schemaFormat({ schemaJson: "[]" })));
    expect(error.reason).toBe("INVALID_REQUEST");
  });
});
