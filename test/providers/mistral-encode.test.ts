// Proves what a request becomes for each of Mistral's three endpoints: knobs by the API's own
// names, what an endpoint lacks left out with a Warning, and nothing that its specification does
// not know.
import { describe, expect, it } from "vitest";
import {
  MediaKind,
  Modality,
  Role,
  ToolChoiceMode,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { encodeMistralRequest } from "../support/mistral.ts";
import { errorOf, type RequestInit } from "../support/wire-under-test.ts";

const optionsField = "request.provider_options.mistral.fim";
const chat = { model: "mistral-small-latest", messages: [{ role: "user", content: "Hi" }] };

const tool = { name: "get_weather", description: "Weather", parametersJson: '{"type":"object"}' };

const knobs: readonly (readonly [string, RequestInit, object, readonly string[]])[] = [
  ["nothing", {}, {}, []],
  ["the limit", { maxOutputTokens: 5 }, { max_tokens: 5 }, []],
  ["sampling", { temperature: 0.5, topP: 0.9 }, { temperature: 0.5, top_p: 0.9 }, []],
  ["a seed", { seed: 7n }, { random_seed: 7 }, []],
  [
    "penalties",
    { presencePenalty: 1, frequencyPenalty: -1 },
    { presence_penalty: 1, frequency_penalty: -1 },
    [],
  ],
  ["stop sequences", { stopSequences: ["a", "b"] }, { stop: ["a", "b"] }, []],
  ["top_k", { topK: 5 }, {}, ["DROPPED top_k"]],
  ["metadata", { metadata: { a: "b" } }, { metadata: { a: "b" } }, []],
  ["an end user", { endUserId: "u" }, {}, ["DROPPED end_user_id"]],
  ["an effort", { thinking: { effort: "high" } }, { reasoning_effort: "high" }, []],
  [
    "no thinking",
    { thinking: { budgetTokens: 0n } },
    { reasoning_effort: "none" },
    ["CHANGED thinking.budget_tokens"],
  ],
  ["a budget", { thinking: { budgetTokens: 9n } }, {}, ["DROPPED thinking.budget_tokens"]],
  ["shown thinking", { thinking: { include: true } }, {}, []],
  ["hidden thinking", { thinking: { include: false } }, {}, ["DROPPED thinking.include"]],
  ["text", { modalities: [Modality.TEXT] }, {}, []],
  ["speech", { modalities: [Modality.TEXT, Modality.AUDIO] }, {}, ["DROPPED modalities[1]"]],
  [
    "JSON",
    { responseFormat: { format: { case: "jsonObject", value: {} } } },
    { response_format: { type: "json_object" } },
    [],
  ],
  [
    "JSON by a schema",
    {
      responseFormat: {
        format: { case: "jsonSchema", value: { schemaJson: '{"type":"object"}', strict: true } },
      },
    },
    {
      response_format: {
        type: "json_schema",
        json_schema: { name: "response", schema: { type: "object" }, strict: true },
      },
    },
    [],
  ],
  [
    "tools",
    { tools: [tool], toolChoice: { mode: ToolChoiceMode.REQUIRED }, parallelToolCalls: false },
    {
      tools: [
        {
          type: "function",
          function: {
            name: "get_weather",
            description: "Weather",
            parameters: { type: "object" },
          },
        },
      ],
      tool_choice: "required",
      parallel_tool_calls: false,
    },
    [],
  ],
  [
    "a tool by its name",
    { tools: [{ name: "get_weather", parametersJson: "{}" }], toolChoice: { name: "get_weather" } },
    {
      tools: [{ type: "function", function: { name: "get_weather", parameters: {} } }],
      tool_choice: { type: "function", function: { name: "get_weather" } },
    },
    [],
  ],
  [
    "a tool without arguments",
    { tools: [{ name: "ping" }] },
    {
      tools: [
        {
          type: "function",
          function: { name: "ping", parameters: { type: "object", properties: {} } },
        },
      ],
    },
    [],
  ],
  [
    "a tool of the provider's",
    {
      tools: [
        { provider: { adapter: "mistral", type: "web_search", json: '{"type":"web_search"}' } },
      ],
    },
    { tools: [{ type: "web_search" }] },
    [],
  ],
  [
    "the provider's own members",
    { providerOptions: { mistral: { safe_prompt: true, prompt_mode: "reasoning" }, openai: {} } },
    { safe_prompt: true, prompt_mode: "reasoning" },
    [],
  ],
];

describe("a chat", () => {
  it.each(knobs)("sends %s", (_, init, expected, warnings) => {
    const encoded = encodeMistralRequest(init);
    expect(encoded.body).toEqual({ ...chat, ...expected });
    expect(encoded.warnings).toEqual(warnings);
    expect(encoded.path).toBe("/v1/chat/completions");
  });

  it("sends only what it was asked, streams by one member, and no id of the call", () => {
    const input = { stream: true, requestId: "r-1" };
    const { body, headers } = encodeMistralRequest({}, input);
    expect(body).toEqual({ ...chat, stream: true });
    expect(headers).toEqual({});
  });

  it("keeps all digits of a seed", () => {
    const { text } = encodeMistralRequest({ seed: 9_007_199_254_740_993n });
    expect(text).toContain('"random_seed":9007199254740993');
  });
});

describe("an agent", () => {
  it("is asked at its own endpoint, with its own model and sampling", () => {
    const { body, path, warnings } = encodeMistralRequest({
      temperature: 0.3,
      topP: 0.5,
      maxOutputTokens: 9,
      presencePenalty: 1,
      providerOptions: { mistral: { agent_id: "ag_1" } },
    });
    expect(path).toBe("/v1/agents/completions");
    expect(body).toEqual({
      agent_id: "ag_1",
      messages: chat.messages,
      max_tokens: 9,
      presence_penalty: 1,
    });
    expect(warnings).toEqual(["DROPPED temperature", "DROPPED top_p"]);
  });
});

describe("code to fill in", () => {
  const options = (fim: object) => ({ mistral: { fim, safe_prompt: false } }) as never;

  it("is the turn of the user, with what stands behind the gap", () => {
    const { body, path, warnings } = encodeMistralRequest(
      {
        contents: [
          { role: Role.USER, parts: [textOf("def add("), textOf("a, b):")], message: "# sum\n" },
        ],
        maxOutputTokens: 24,
        temperature: 0,
        seed: 1n,
        stopSequences: ["\n\n"],
        metadata: { a: "b" },
        providerOptions: options({ suffix: "return c", min_tokens: 2 }),
      },
      { stream: true, model: "codestral-latest" },
    );
    expect(path).toBe("/v1/fim/completions");
    expect(body).toEqual({
      model: "codestral-latest",
      prompt: "# sum\ndef add(a, b):",
      suffix: "return c",
      min_tokens: 2,
      max_tokens: 24,
      temperature: 0,
      random_seed: 1,
      stop: ["\n\n"],
      metadata: { a: "b" },
      safe_prompt: false,
      stream: true,
    });
    expect(warnings).toEqual([]);
  });

  it("leaves out what the endpoint lacks", () => {
    const { body, warnings } = encodeMistralRequest({
      presencePenalty: 1,
      frequencyPenalty: 1,
      tools: [tool],
      toolChoice: { mode: ToolChoiceMode.AUTO },
      parallelToolCalls: true,
      responseFormat: { format: { case: "jsonObject", value: {} } },
      thinking: { effort: "high" },
      providerOptions: { mistral: { fim: {} } },
    });
    expect(body).toEqual({ model: chat.model, prompt: "Hi" });
    expect(warnings.toSorted()).toEqual([
      "DROPPED frequency_penalty",
      "DROPPED parallel_tool_calls",
      "DROPPED presence_penalty",
      "DROPPED response_format",
      "DROPPED thinking",
      "DROPPED tool_choice",
      "DROPPED tools",
    ]);
  });

  const image = { kind: { case: "media" as const, value: { kind: MediaKind.IMAGE } } };
  const wrong: readonly (readonly [string, RequestInit, string])[] = [
    [
      "two turns",
      { contents: [user("a"), user("b")], providerOptions: options({}) },
      "request.contents[1]",
    ],
    [
      "a turn of another role",
      { contents: [{ role: Role.SYSTEM, message: "a" }], providerOptions: options({}) },
      "request.contents[0]",
    ],
    [
      "an image",
      { contents: [{ role: Role.USER, parts: [image] }], providerOptions: options({}) },
      "request.contents[0].parts[0]",
    ],
    ["no object", { providerOptions: { mistral: { fim: true } } }, optionsField],
    [
      "an agent as well",
      { providerOptions: { mistral: { fim: {}, agent_id: "ag_1" } } },
      optionsField,
    ],
  ];
  it.each(wrong)("refuses %s, and names the field", (_, init, field) => {
    const { fields } = errorOf(() => encodeMistralRequest(init));
    expect(fields.violations?.map((violation) => violation.field)).toEqual([field]);
  });
});

function textOf(text: string) {
  return { kind: { case: "text" as const, value: { text } } };
}

function user(message: string) {
  return { role: Role.USER, message };
}
