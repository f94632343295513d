// Proves that what the simulator says on the wires of Google, Mistral and Ollama is valid by those
// providers' specifications: whole answers, every piece of every stream, and the bodies of errors.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";
import { post } from "./client.ts";
import { OpenAPISchemas, specFolder } from "./openapi-schemas.ts";

if (!specFolder) {
  console.log("test/simulator/openapi-of-wires.test.ts is skipped: CONNECTORS_CORPUS is not set.");
}

const parameters = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "array", items: { type: "integer" } } },
  required: ["city", "days"],
};
const key = { "x-goog-api-key": "k" };

const gemini = (text: string, more: object = {}) => ({
  contents: [{ role: "user", parts: [{ text }] }],
  ...more,
});
const functionDeclarations = [
  { name: "get_weather", description: "Weather", parameters },
  { name: "get_time", description: "Time" },
];
const includeThoughts = { thinkingConfig: { includeThoughts: true } };
const geminis: readonly [title: string, model: string, request: object][] = [
  ["text", "gemini-2.5-flash", gemini("Hello")],
  ["thoughts", "gemini-2.5-pro", gemini("Hi", { generationConfig: includeThoughts })],
  ["signed ends", "gemini-3-pro-preview", gemini("Hi", { generationConfig: includeThoughts })],
  [
    "calls",
    "gemini-3-flash-preview",
    gemini("get_weather and get_time", { tools: [{ functionDeclarations }] }),
  ],
  [
    "a schema",
    "gemini-2.5-flash",
    gemini("Hi", {
      generationConfig: { responseMimeType: "application/json", responseSchema: parameters },
    }),
  ],
  ["candidates", "gemini-2.5-flash", gemini("Hi", { generationConfig: { candidateCount: 2 } })],
  ["a search", "gemini-2.5-flash", gemini("search", { tools: [{ googleSearch: {} }] })],
  ["a limit", "gemini-2.0-flash", gemini("Hi", { generationConfig: { maxOutputTokens: 3 } })],
  ["a block", "gemini-2.5-flash", gemini("[[simulate: blocked=SAFETY]] Hi")],
  ["a refusal", "gemini-2.5-flash", gemini("[[simulate: refusal]] Hi")],
];

const chat = (content: string, more: object = {}) => ({
  model: "mistral-small-latest",
  messages: [{ role: "user", content }],
  ...more,
});
const tools = [
  { type: "function", function: { name: "get_weather", description: "Weather", parameters } },
  { type: "function", function: { name: "get_time", parameters: { type: "object" } } },
];
const mistrals: readonly [title: string, request: object][] = [
  ["text", chat("Hello")],
  ["choices", chat("Hello", { n: 2 })],
  ["calls", chat("get_weather and get_time", { tools })],
  ["thoughts", chat("Hi", { model: "magistral-medium-latest" })],
  ["JSON", chat("Hi", { response_format: { type: "json_object" } })],
  ["a limit", chat("Hi", { max_tokens: 3 })],
];

const ollamas: readonly [title: string, request: object][] = [
  ["text", chat("Hello", { model: "llama3.2:3b" })],
  ["calls", chat("get_weather and get_time", { model: "llama3.2:3b", tools })],
  ["thoughts", chat("Hi", { model: "qwen3:4b", think: true })],
  ["a schema", chat("Hi", { model: "llama3.2:3b", format: parameters })],
  ["loading", { model: "llama3.2:3b", messages: [] }],
];

describe.skipIf(!specFolder)("by the providers' specifications", () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator({ seed: 3 });
  });
  afterAll(() => simulator.close());

  describe("Gemini", () => {
    let spec: OpenAPISchemas;
    beforeAll(() => {
      spec = new OpenAPISchemas("google-generativelanguage-v1beta.openapi.json");
    });
    const path = (model: string, method: string) => `/v1beta/models/${model}:${method}`;

    it.each(geminis)("%s", async (_title, model, request) => {
      const whole = await post(simulator, path(model, "generateContent"), request, key);
      expect(whole.status, whole.text).toBe(200);
      expect(spec.problems("GenerateContentResponse", whole.json())).toEqual([]);
      const events = await post(
        simulator,
        path(model, "streamGenerateContent?alt=sse"),
        request,
        key,
      );
      expect(events.events().length).toBeGreaterThan(0);
      const array = await post(simulator, path(model, "streamGenerateContent"), request, key);
      expect(array.json()).toEqual(events.events());
      for (const chunk of array.json()) {
        expect(spec.problems("GenerateContentResponse", chunk)).toEqual([]);
      }
    });

    it("counts and models", async () => {
      const counted = await post(
        simulator,
        path("gemini-2.5-flash", "countTokens"),
        gemini("Hi"),
        key,
      );
      expect(spec.problems("CountTokensResponse", counted.json())).toEqual([]);
      const models = await fetch(`${simulator.url}/v1beta/models`, { headers: key });
      expect(spec.problems("ListModelsResponse", await models.json())).toEqual([]);
    });

    it("would notice an answer that is not valid", () => {
      const wrong = { candidates: [{ content: { parts: "text" }, finishReason: "DONE" }] };
      expect(spec.problems("GenerateContentResponse", wrong)).not.toEqual([]);
    });
  });

  describe("Mistral", () => {
    let spec: OpenAPISchemas;
    beforeAll(() => {
      spec = new OpenAPISchemas("mistral.openapi.yaml");
    });

    it.each(mistrals)("%s", async (_title, request) => {
      const whole = await post(simulator, "/mistral/v1/chat/completions", request);
      expect(whole.status, whole.text).toBe(200);
      const { choices, usage } = whole.json();
      for (const choice of choices) {
        // The specification forgets that calls are null where there are none.
        if (choice.message.tool_calls === null) delete choice.message.tool_calls;
        expect(spec.problems("ChatCompletionChoice", choice)).toEqual([]);
      }
      expect(usageProblems(spec, usage)).toEqual([]);
      const stream = await post(simulator, "/mistral/v1/chat/completions", {
        ...request,
        stream: true,
      });
      expect(stream.text.endsWith("data: [DONE]\n\n")).toBe(true);
      for (const { p: _padding, usage: count, ...chunk } of stream.events()) {
        expect(spec.problems("CompletionChunk", chunk)).toEqual([]);
        if (count) expect(usageProblems(spec, count)).toEqual([]);
      }
    });

    it("errors of validation, and models", async () => {
      const wrong = await post(
        simulator,
        "/mistral/v1/chat/completions",
        chat("Hi", { seed: 3, max_completion_tokens: 3 }),
      );
      expect([wrong.status, wrong.json().detail[0].type]).toEqual([422, "extra_forbidden"]);
      expect(spec.problems("HTTPValidationError", wrong.json())).toEqual([]);
      const headers = { authorization: "Bearer k" };
      const models = await fetch(`${simulator.url}/mistral/v1/models`, { headers });
      expect(spec.problems("ModelList", await models.json())).toEqual([]);
    });
  });

  describe("Ollama", () => {
    let spec: OpenAPISchemas;
    beforeAll(() => {
      spec = new OpenAPISchemas("ollama.openapi.yaml");
    });

    it.each(ollamas)("%s", async (_title, request) => {
      const whole = await post(simulator, "/api/chat", { ...request, stream: false });
      expect(whole.status, whole.text).toBe(200);
      expect(spec.problems("ChatResponse", whole.json())).toEqual([]);
      const stream = await post(simulator, "/api/chat", request);
      const lines = stream.text.trimEnd().split("\n");
      for (const line of lines) {
        expect(spec.problems("ChatStreamEvent", JSON.parse(line))).toEqual([]);
      }
      expect(JSON.parse(lines.at(-1) ?? "").done).toBe(true);
    });

    it("errors, lists, and what is told of a model", async () => {
      const failed = await post(simulator, "/api/chat", chat("[[simulate: status=500]] Hi"));
      expect(spec.problems("ErrorResponse", failed.json())).toEqual([]);
      const tags = await fetch(`${simulator.url}/api/tags`);
      expect(spec.problems("ListResponse", await tags.json())).toEqual([]);
      const shown = await post(simulator, "/api/show", { model: "qwen3:4b" });
      expect(spec.problems("ShowResponse", shown.json())).toEqual([]);
    });
  });
});

/** The specification does not know yet of what answers tell about caches. */
function usageProblems(spec: OpenAPISchemas, usage: Record<string, unknown>): string[] {
  const { prompt_tokens_details: _details, ...known } = usage;
  return spec.problems("UsageInfo", known);
}
