// Proves that what the simulator says is valid by the providers' own OpenAPI specifications: whole
// answers, every event of every stream, and the bodies of errors, over everything it can be asked
// for.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";
import { chat, message, post, responses } from "./client.ts";
import { OpenAPISchemas, specFolder } from "./openapi-schemas.ts";

if (!specFolder) {
  console.log("test/simulator/openapi.test.ts is skipped: CONNECTORS_CORPUS is not set.");
}

const parameters = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "array", items: { type: "integer" } } },
  required: ["city", "days"],
  additionalProperties: false,
};
const schemaName = "forecast";

const anthropicTools = [
  { name: "get_weather", input_schema: parameters },
  { name: "get_time", input_schema: { type: "object" } },
];
const thinking = { type: "enabled", budget_tokens: 1024 };
const document = (source: object) => ({
  type: "document",
  title: "Notes",
  source,
  citations: { enabled: true },
});
const says = (...content: object[]) => ({ messages: [{ role: "user", content }] });
const question = { type: "text", text: "What does it say?" };
const png = { type: "base64", media_type: "image/png", data: "AAAA" };
const cacheMark = { cache_control: { type: "ephemeral", ttl: "1h" } };

const messages: readonly [title: string, request: object][] = [
  ["text", message("Hello")],
  [
    "a system prompt and a cache",
    message("Hi", { system: [{ type: "text", text: "Be kind.", ...cacheMark }] }),
  ],
  ["thoughts and tools", message("get_time, get_weather", { thinking, tools: anthropicTools })],
  ["hidden thoughts", message("[[simulate: thinking=redacted]] Hi")],
  [
    "a named tool",
    message("Hi", { tools: anthropicTools, tool_choice: { type: "tool", name: "get_time" } }),
  ],
  [
    "a schema",
    message("Hi", { output_config: { format: { type: "json_schema", schema: parameters } } }),
  ],
  [
    "a web search",
    message("search", { tools: [{ type: "web_search_20250305", name: "web_search" }] }),
  ],
  [
    "a cited text",
    message(
      "",
      says(document({ type: "text", media_type: "text/plain", data: "A b. C." }), question),
    ),
  ],
  [
    "a cited PDF",
    message("", says(document({ type: "url", url: "https://example.com/a.pdf" }), question)),
  ],
  ["cited blocks", message("", says(document({ type: "content", content: "A b. C." }), question))],
  [
    "a cited result",
    message(
      "",
      says({ ...document({}), type: "search_result", source: "x", content: [question] }, question),
    ),
  ],
  ["an image", message("", says({ type: "image", source: png }, question))],
  ["a limit", message("Hi", { max_tokens: 3 })],
  ["a stop sequence", message("a STOP b", { stop_sequences: ["STOP"] })],
  ["a refusal", message("[[simulate: refusal]] Hi")],
];

const chatTools = [
  { type: "function", function: { name: "get_weather", parameters, strict: true } },
  { type: "function", function: { name: "get_time" } },
];
const chats: readonly [title: string, request: object][] = [
  ["text", chat("Hello")],
  [
    "several choices with usage",
    chat("Hi", { n: 2, stream_options: { include_usage: true }, stream: true }),
  ],
  ["probabilities", chat("Hi", { logprobs: true, top_logprobs: 2 })],
  ["tools", chat("get_time and get_weather", { tools: chatTools })],
  [
    "a named tool",
    chat("Hi", {
      tools: chatTools,
      tool_choice: { type: "function", function: { name: "get_time" } },
    }),
  ],
  [
    "a schema",
    chat("Hi", {
      response_format: {
        type: "json_schema",
        json_schema: { name: schemaName, schema: parameters },
      },
    }),
  ],
  ["JSON", chat("Hi in JSON", { response_format: { type: "json_object" } })],
  ["thoughts", chat("Hi", { model: "gpt-5" })],
  ["a web search", chat("search", { web_search_options: {} })],
  ["a limit", chat("Hi", { max_tokens: 3 })],
  ["a refusal", chat("[[simulate: refusal]] Hi")],
  ["a filter", chat("[[simulate: finish=content_filter]] Hi")],
];

const responseTools = [
  { type: "function", name: "get_weather", parameters, strict: true },
  { type: "function", name: "get_time", parameters: null },
];
const reasoning = { effort: "low", summary: "auto" };
const include = ["reasoning.encrypted_content"];
const answers: readonly [title: string, request: object][] = [
  ["text", responses("Hello", { instructions: "Be kind.", metadata: { a: "b" } })],
  ["tools", responses("get_time and get_weather", { tools: responseTools })],
  ["thoughts", responses("Hi", { model: "gpt-5", reasoning, include })],
  [
    "thoughts and tools",
    responses("get_time", { model: "o4-mini", reasoning, include, tools: responseTools }),
  ],
  [
    "a schema",
    responses("Hi", {
      text: { format: { type: "json_schema", name: schemaName, schema: parameters } },
    }),
  ],
  ["a web search", responses("search", { tools: [{ type: "web_search" }] })],
  ["a limit", responses("[[simulate: text=40]] Hi", { max_output_tokens: 16 })],
  ["a filter", responses("[[simulate: finish=content_filter]] Hi")],
  ["a failure", responses("[[simulate: finish=failed]] Hi")],
  ["a refusal", responses("[[simulate: refusal]] Hi")],
];

describe.skipIf(!specFolder)("by the providers' specifications", () => {
  let simulator: Simulator;
  let anthropic: OpenAPISchemas;
  let openai: OpenAPISchemas;

  beforeAll(async () => {
    simulator = await startSimulator({ seed: 3 });
    anthropic = new OpenAPISchemas("anthropic.openapi.json");
    openai = new OpenAPISchemas("openai.openapi.yaml");
  }, 60_000);
  afterAll(() => simulator.close());

  describe("Anthropic Messages", () => {
    it.each(messages)("%s", async (_title, request) => {
      const whole = await post(simulator, "/v1/messages", request);
      expect(whole.status, whole.text).toBe(200);
      expect(anthropic.problems("Message", whole.json())).toEqual([]);
      const stream = await post(simulator, "/v1/messages", { ...request, stream: true });
      const events = stream.events().filter((event) => event.type !== "ping");
      expect(events.at(-1)).toEqual({ type: "message_stop" });
      for (const event of events) {
        const schema = anthropic.eventSchema("MessageStreamEvent", event.type) ?? "";
        expect(anthropic.problems(schema, event)).toEqual([]);
      }
    });

    it("counts and models", async () => {
      const counted = await post(simulator, "/v1/messages/count_tokens", {
        model: "claude-haiku-4-5",
        messages: [{ role: "user", content: "Hi" }],
      });
      expect(anthropic.problems("CountMessageTokensResponse", counted.json())).toEqual([]);
      const headers = { "x-api-key": "k", "anthropic-version": "2023-06-01" };
      const models = await fetch(`${simulator.url}/v1/models`, { headers });
      for (const model of ((await models.json()) as { data: unknown[] }).data) {
        expect(anthropic.problems("ModelInfo", model)).toEqual([]);
      }
    });

    // 413 comes from the provider's edge, in a form that the specification does not have.
    it.each([400, 401, 402, 403, 404, 409, 429, 500, 502, 503, 504, 529])(
      "error %d",
      async (status) => {
        const request = message(`[[simulate: status=${status}]] Hi`);
        const failed = await post(simulator, "/v1/messages", request);
        expect(failed.status).toBe(status);
        expect(anthropic.problems("ErrorResponse", failed.json())).toEqual([]);
      },
    );

    it("errors of wrong requests, and in the middle of a stream", async () => {
      const wrong = await post(simulator, "/v1/messages", { model: "claude-haiku-4-5" });
      expect(anthropic.problems("ErrorResponse", wrong.json())).toEqual([]);
      const request = message("[[simulate: error-after=2]] Hi", { stream: true });
      const broken = await post(simulator, "/v1/messages", request);
      expect(anthropic.problems("ErrorResponse", broken.events().at(-1))).toEqual([]);
    });
  });

  describe("OpenAI Chat Completions", () => {
    it.each(chats)("%s", async (_title, request) => {
      const {
        stream: _stream,
        stream_options: _options,
        ...plain
      } = request as Record<string, unknown>;
      const whole = await post(simulator, "/v1/chat/completions", plain);
      expect(whole.status, whole.text).toBe(200);
      expect(openai.problems("CreateChatCompletionResponse", whole.json())).toEqual([]);
      const stream = await post(simulator, "/v1/chat/completions", { ...request, stream: true });
      expect(stream.text.endsWith("data: [DONE]\n\n")).toBe(true);
      for (const chunk of stream.events()) {
        expect(openai.problems("CreateChatCompletionStreamResponse", chunk)).toEqual([]);
      }
    });
  });

  describe("OpenAI Responses", () => {
    it.each(answers)("%s", async (_title, request) => {
      const whole = await post(simulator, "/v1/responses", request);
      expect(whole.status, whole.text).toBe(200);
      expect(openai.problems("Response", whole.json())).toEqual([]);
      const stream = await post(simulator, "/v1/responses", { ...request, stream: true });
      const events = stream.events();
      expect(events.map((event) => event.sequence_number)).toEqual([...events.keys()]);
      expect(events.at(-1)?.type).toBe(`response.${whole.json().status}`);
      for (const event of events) {
        const schema = openai.eventSchema("ResponseStreamEvent", event.type);
        expect(schema, event.type).toBeDefined();
        expect(openai.problems(schema ?? "", event)).toEqual([]);
      }
    });
  });

  describe("OpenAI besides", () => {
    it("counts and models", async () => {
      const counted = await post(simulator, "/v1/responses/input_tokens", {
        model: "gpt-4o",
        input: "Hi",
      });
      expect(openai.problems("TokenCountsResource", counted.json())).toEqual([]);
      const models = await fetch(`${simulator.url}/v1/models`, {
        headers: { authorization: "Bearer k" },
      });
      expect(openai.problems("ListModelsResponse", await models.json())).toEqual([]);
    });

    it.each([400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504])(
      "error %d",
      async (status) => {
        const failed = await post(
          simulator,
          "/v1/responses",
          responses(`[[simulate: status=${status}]] Hi`),
        );
        expect(failed.status).toBe(status);
        expect(openai.problems("ErrorResponse", failed.json())).toEqual([]);
      },
    );

    it("errors in the middle of a stream", async () => {
      const text = "[[simulate: error-after=2]] Hi";
      const chunks = await post(simulator, "/v1/chat/completions", chat(text, { stream: true }));
      expect(openai.problems("ErrorResponse", chunks.events().at(-1))).toEqual([]);
      const stream = await post(simulator, "/v1/responses", responses(text, { stream: true }));
      const [error, failed] = stream.events().slice(-2);
      expect(openai.problems("ResponseErrorEvent", error)).toEqual([]);
      expect(openai.problems("ResponseFailedEvent", failed)).toEqual([]);
    });

    it("would notice an answer that is not valid", async () => {
      const whole = (await post(simulator, "/v1/responses", responses("Hi"))).json();
      expect(openai.problems("Response", { ...whole, output: [{ type: "message" }] })).not.toEqual(
        [],
      );
      const completed = { type: "response.completed", sequence_number: 1, response: {} };
      expect(openai.problems("ResponseCompletedEvent", completed)).not.toEqual([]);
      expect(openai.problems("ErrorResponse", { error: { message: 1 } })).not.toEqual([]);
      const said = (await post(simulator, "/v1/messages", message("Hi"))).json();
      expect(anthropic.problems("Message", { ...said, content: [{ type: "text" }] })).not.toEqual(
        [],
      );
    });
  });
});
