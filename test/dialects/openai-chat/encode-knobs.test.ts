// Proves that each knob of a request becomes its own member of the Chat Completions body, that a
// knob which is not set is not sent, and that whatever this wire cannot take is told as a warning
// of the right kind.
import { describe, expect, it } from "vitest";
import { Modality, Role, ToolChoiceMode } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { openAIChat } from "../../../src/dialects/openai-chat/dialect.ts";
import { encodeChatRequest } from "../../support/openai-chat.ts";
import { errorOf, type RequestInit } from "../../support/wire-under-test.ts";

const tool = { name: "get_weather" };

interface Knob {
  readonly name: string;
  readonly request: RequestInit;
  readonly members: object;
  readonly warnings?: readonly string[];
}

const knobs: readonly Knob[] = [
  { name: "nothing", request: {}, members: {} },
  { name: "a limit", request: { maxOutputTokens: 64 }, members: { max_completion_tokens: 64 } },
  {
    name: "sampling",
    request: { temperature: 0.7, topP: 0.9, presencePenalty: -1, frequencyPenalty: 0.5, seed: 7n },
    members: {
      temperature: 0.7,
      top_p: 0.9,
      presence_penalty: -1,
      frequency_penalty: 0.5,
      seed: 7,
    },
  },
  { name: "zeros", request: { temperature: 0, seed: 0n }, members: { temperature: 0, seed: 0 } },
  { name: "top_k", request: { topK: 40 }, members: {}, warnings: ["DROPPED top_k"] },
  { name: "stops", request: { stopSequences: ["a", "b"] }, members: { stop: ["a", "b"] } },
  {
    name: "too many stops",
    request: { stopSequences: ["a", "b", "c", "d", "e", "f"] },
    members: { stop: ["a", "b", "c", "d"] },
    warnings: ["DROPPED stop_sequences[4]"],
  },
  {
    name: "text",
    request: { responseFormat: { format: { case: "text", value: {} } } },
    members: { response_format: { type: "text" } },
  },
  {
    name: "any JSON",
    request: { responseFormat: { format: { case: "jsonObject", value: {} } } },
    members: { response_format: { type: "json_object" } },
  },
  {
    name: "JSON by a schema",
    request: {
      responseFormat: {
        format: {
          case: "jsonSchema",
          value: { schema: { type: "object" }, strict: true, description: "A point." },
        },
      },
    },
    members: {
      response_format: {
        type: "json_schema",
        json_schema: {
          name: "response",
          description: "A point.",
          schema: { type: "object" },
          strict: true,
        },
      },
    },
  },
  {
    name: "effort",
    request: { thinking: { effort: "xhigh" } },
    members: { reasoning_effort: "xhigh" },
  },
  {
    name: "effort with a budget",
    request: { thinking: { effort: "low", budgetTokens: 0n } },
    members: { reasoning_effort: "low" },
    warnings: ["DROPPED thinking.budget_tokens"],
  },
  {
    name: "a budget",
    request: { thinking: { budgetTokens: 1024n } },
    members: {},
    warnings: ["DROPPED thinking.budget_tokens"],
  },
  {
    name: "no budget",
    request: { thinking: { budgetTokens: 0n } },
    members: { reasoning_effort: "none" },
    warnings: ["CHANGED thinking.budget_tokens"],
  },
  {
    name: "thinking shown",
    request: { thinking: { include: true } },
    members: {},
    warnings: ["DROPPED thinking.include"],
  },
  { name: "thinking hidden", request: { thinking: { include: false } }, members: {} },
  {
    name: "modalities",
    request: {
      modalities: [Modality.TEXT, Modality.AUDIO],
      providerOptions: { openai: { audio: { voice: "coral", format: "mp3" } } },
    },
    members: { modalities: ["text", "audio"], audio: { voice: "coral", format: "mp3" } },
  },
  {
    name: "labels",
    request: { endUserId: "user-7", metadata: { trace: "a1" } },
    members: { safety_identifier: "user-7", metadata: { trace: "a1" } },
  },
  {
    name: "an end user's id of 64 characters, two of them wide",
    request: { endUserId: `${"u".repeat(62)}🦊🦊` },
    members: { safety_identifier: `${"u".repeat(62)}🦊🦊` },
  },
  {
    name: "an end user's id that is too long",
    request: { endUserId: "u".repeat(65) },
    members: {},
    warnings: ["DROPPED end_user_id"],
  },
  {
    name: "tools",
    request: {
      tools: [
        { ...tool, description: "Weather.", parameters: { type: "object" }, strict: true },
        { name: "now" },
      ],
      parallelToolCalls: false,
    },
    members: {
      tools: [
        {
          type: "function",
          function: {
            name: "get_weather",
            description: "Weather.",
            parameters: { type: "object" },
            strict: true,
          },
        },
        { type: "function", function: { name: "now" } },
      ],
      parallel_tool_calls: false,
    },
  },
  {
    name: "tools of providers",
    request: {
      tools: [
        { provider: { adapter: "openai", type: "custom", json: '{"type":"custom"}' } },
        { provider: { adapter: "anthropic", type: "bash_20250124", json: "{}" } },
      ],
    },
    members: { tools: [{ type: "custom" }] },
    warnings: ["DROPPED tools[1].provider"],
  },
  {
    name: "own fields and cache hint of a tool",
    request: {
      tools: [{ ...tool, cache: {}, providerOptions: { openai: { function: { x: 1 } } } }],
    },
    members: { tools: [{ type: "function", function: { name: "get_weather", x: 1 } }] },
    warnings: ["DROPPED tools[0].cache"],
  },
  {
    name: "options of the provider, merged last",
    request: {
      temperature: 1,
      maxOutputTokens: 5,
      responseFormat: { format: { case: "jsonObject", value: {} } },
      providerOptions: {
        openai: { temperature: 0.5, max_tokens: 9, response_format: { more: true }, n: 2 },
        anthropic: { top_k: 3 },
      },
    },
    members: {
      temperature: 0.5,
      max_completion_tokens: 5,
      max_tokens: 9,
      response_format: { type: "json_object", more: true },
      n: 2,
    },
  },
];

describe("a knob", () => {
  it.each(knobs)("$name", ({ request, members, warnings = [] }) => {
    const { body, warnings: told } = encodeChatRequest(request);
    const { model, messages, ...rest } = body;
    expect(model).toBe("gpt-5-mini");
    expect(messages).toEqual([{ role: "user", content: "Hi" }]);
    expect(rest).toEqual(members);
    expect(told).toEqual(warnings);
  });
});

describe("tool_choice", () => {
  it.each([
    [{ mode: ToolChoiceMode.AUTO }, "auto"],
    [{ mode: ToolChoiceMode.NONE }, "none"],
    [{ mode: ToolChoiceMode.REQUIRED }, "required"],
    [
      { mode: ToolChoiceMode.NAMED, name: "get_weather" },
      { type: "function", function: { name: "get_weather" } },
    ],
    [{ name: "get_weather" }, { type: "function", function: { name: "get_weather" } }],
    [{ name: "sql" }, { type: "custom", custom: { name: "sql" } }],
    [{}, undefined],
  ])("%j", (toolChoice, expected) => {
    const json = '{"type":"custom","custom":{"name":"sql"}}';
    const tools = [tool, { provider: { adapter: "openai", type: "custom", json } }];
    expect(encodeChatRequest({ tools, toolChoice }).body.tool_choice).toEqual(expected);
  });
});

describe("JSON of the caller", () => {
  it("goes out as it was written: order, digits and all", () => {
    const schema = '{"type":"object","properties":{"2":{},"1":{"maximum":9223372036854775807}}}';
    const { text } = encodeChatRequest({
      seed: 9_007_199_254_740_993n,
      tools: [{ ...tool, parametersJson: schema }],
      responseFormat: { format: { case: "jsonSchema", value: { name: "r", schemaJson: schema } } },
    });
    expect(text).toContain(`"parameters":${schema}`);
    expect(text).toContain(`"schema":${schema}`);
    expect(text).toContain('"seed":9007199254740993');
  });

  it.each([
    ["request.tools[0].parameters_json", { tools: [{ ...tool, parametersJson: "[]" }] }],
    [
      "request.tools[0].provider.json",
      { tools: [{ provider: { adapter: "openai", type: "custom", json: "{" } }] },
    ],
  ])("is refused where it is no object: %s", (field, request) => {
    const { reason, fields } = errorOf(() => encodeChatRequest(request));
    expect(reason).toBe("INVALID_REQUEST");
    expect(fields.violations?.[0]?.field).toBe(field);
  });
});

describe("the request around the body", () => {
  it("goes to the path below the base URL, without more headers", () => {
    const { path, headers } = encodeChatRequest({});
    expect(openAIChat.defaultBaseURL + path).toBe("https://api.openai.com/v1/chat/completions");
    expect(headers).toEqual({});
  });

  it("carries the caller's id of the call", () => {
    const { headers } = encodeChatRequest({}, { requestId: "call-77" });
    expect(headers).toEqual({ "x-client-request-id": "call-77" });
  });

  it("asks a stream to tell its usage", () => {
    const { body } = encodeChatRequest({}, { stream: true });
    expect(body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
  });

  it("takes the options of the adapter that speaks, under whatever name", () => {
    const request = { providerOptions: { custom: { top_k: 5 }, openai: { n: 2 } } };
    const { body } = encodeChatRequest(request, { adapter: "custom" });
    expect(body).toMatchObject({ top_k: 5 });
    expect(body).not.toHaveProperty("n");
  });

  it("never lets a caller's options reach a prototype", () => {
    const openai = JSON.parse('{"__proto__":{"polluted":true}}');
    const contents = [{ role: Role.USER, message: "Hi" }];
    const { text } = encodeChatRequest({ contents, providerOptions: { openai } });
    expect(text).toContain('"__proto__":{"polluted":true}');
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });
});
