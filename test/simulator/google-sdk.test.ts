// Proves that Google's own SDK, unchanged, works against the simulator, with a key and on Vertex
// AI: answers, streams, tools whose signatures go back, thoughts, images, schemas, counts, models,
// blocks and typed errors.
import {
  ApiError,
  type Content,
  FunctionCallingConfigMode,
  type GenerateContentConfig,
  GoogleGenAI,
  type GoogleGenAIOptions,
  type Part,
  ThinkingLevel,
  Type,
} from "@google/genai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";

const model = "gemini-2.5-flash";
const thinker = "gemini-3-flash-preview";
const weather = {
  name: "get_weather",
  description: "Weather of a city",
  parameters: {
    type: Type.OBJECT,
    properties: {
      city: { type: Type.STRING },
      unit: { type: Type.STRING, enum: ["celsius", "fahrenheit"] },
    },
    required: ["city", "unit"],
  },
};
const clock = { name: "get_time", description: "The time" };
const tools = [{ functionDeclarations: [weather, clock] }];

let simulator: Simulator;
let client: GoogleGenAI;
let vertex: GoogleGenAI;

beforeAll(async () => {
  simulator = await startSimulator({ seed: 7 });
  const { google, vertex: baseUrl } = simulator.baseURLs;
  client = new GoogleGenAI({ apiKey: "AIza-test-0123456789", httpOptions: { baseUrl: google } });
  const authClient = {
    getRequestHeaders: async () => new Headers({ authorization: "Bearer ya29.simulated" }),
  };
  const options = {
    vertexai: true,
    project: "simulated-project",
    location: "europe-west4",
    apiVersion: "v1",
    googleAuthOptions: { authClient },
    httpOptions: { baseUrl },
  };
  // A stand-in for Google's own client of credentials, of which the SDK asks for headers alone.
  vertex = new GoogleGenAI(options as unknown as GoogleGenAIOptions);
});
afterAll(() => simulator.close());

function ask(contents: string | Content[], config: GenerateContentConfig = {}, name = model) {
  return client.models.generateContent({ model: name, contents, config });
}

async function pieces(text: string, config: GenerateContentConfig = {}, name = model) {
  const parts: Part[] = [];
  let last: string | undefined;
  const stream = await client.models.generateContentStream({
    model: name,
    contents: text,
    config,
  });
  for await (const { candidates } of stream) {
    parts.push(...(candidates?.[0]?.content?.parts ?? []));
    last = candidates?.[0]?.finishReason;
  }
  return { parts, last };
}

function callOf(parts: readonly Part[] | undefined): Part {
  const found = parts?.find((part) => part.functionCall);
  if (!found) throw new Error("nothing was called");
  return found;
}

function result(part: Part, output: string): Content {
  const { id, name } = part.functionCall ?? {};
  const functionResponse = { ...(id && { id }), name: name ?? "", response: { output } };
  return { role: "user", parts: [{ functionResponse }] };
}

describe("Google's SDK", () => {
  it("gets an answer that says it is simulated and quotes the question", async () => {
    const answer = await ask("Where is Zürich? 🏔️");
    expect(answer.text).toMatch(/simulated/);
    expect(answer.text).toContain("Where is Zürich? 🏔️");
    expect(answer.candidates?.[0]?.finishReason).toBe("STOP");
    expect(answer.modelVersion).toBe(model);
    const { promptTokenCount = 0, candidatesTokenCount = 0, ...usage } = answer.usageMetadata ?? {};
    const thoughts = usage.thoughtsTokenCount ?? 0;
    expect(thoughts).toBeGreaterThan(0);
    expect(usage.totalTokenCount).toBe(promptTokenCount + candidatesTokenCount + thoughts);
  });

  it("streams the very text that it answers whole", async () => {
    const { parts, last } = await pieces("Tell me about rivers.");
    expect(parts.map((part) => part.text).join("")).toBe((await ask("Tell me about rivers.")).text);
    expect(last).toBe("STOP");
    expect(parts.length).toBeGreaterThan(3);
  });

  it("gets thoughts where it asks for them", async () => {
    const config = { thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 } };
    const { candidates } = await ask("Hello", config);
    expect(candidates?.[0]?.content?.parts?.map((part) => part.thought === true)).toEqual([
      true,
      false,
    ]);
    const { parts } = await pieces(
      "Hello",
      {
        thinkingConfig: { includeThoughts: true, thinkingLevel: ThinkingLevel.LOW },
      },
      thinker,
    );
    expect(parts.some((part) => part.thought)).toBe(true);
    expect(parts.at(-1)).toMatchObject({ text: "", thoughtSignature: expect.any(String) });
  });

  it("sends a signed call back with its result, and is refused without the signature", async () => {
    const question: Content = { role: "user", parts: [{ text: "call get_weather and get_time" }] };
    const { parts } = await pieces("call get_weather and get_time", { tools }, thinker);
    const calls = parts.filter((part) => part.functionCall);
    expect(calls.map((part) => part.functionCall?.name)).toEqual(["get_weather", "get_time"]);
    expect(calls.map((part) => part.thoughtSignature !== undefined)).toEqual([true, false]);
    expect(calls[0]?.functionCall?.id).toMatch(/^[a-z0-9]{8}$/);
    expect(["celsius", "fahrenheit"]).toContain(calls[0]?.functionCall?.args?.unit);
    const results = calls.flatMap((part) => result(part, "21 degrees").parts ?? []);
    const turns = (made: Part[]): Content[] => [
      question,
      { role: "model", parts: made },
      { role: "user", parts: results },
    ];
    const second = await ask(turns(calls), { tools }, thinker);
    expect(second.text).toContain("21 degrees");
    const [first, other] = calls as [Part, Part];
    const { thoughtSignature, ...unsigned } = first;
    await expect(ask(turns([unsigned, other]), { tools }, thinker)).rejects.toThrow(
      /missing a thought_signature.*default_api:get_weather/s,
    );
    const moved = { ...other, ...(thoughtSignature && { thoughtSignature }) };
    await expect(ask(turns([moved, first]), { tools }, thinker)).rejects.toThrow(/Corrupted/);
    const pass = Buffer.from("skip_thought_signature_validator").toString("base64");
    const passed = [{ ...unsigned, thoughtSignature: pass }, other];
    expect((await ask(turns(passed), { tools }, thinker)).text).toContain("21 degrees");
  });

  it("calls without ids on older models and on Vertex AI", async () => {
    const first = await ask("call get_weather", { tools });
    const part = callOf(first.candidates?.[0]?.content?.parts);
    expect(part.functionCall?.id).toBeUndefined();
    const contents = "call get_weather";
    const other = await vertex.models.generateContent({
      model: thinker,
      contents,
      config: { tools },
    });
    expect(callOf(other.candidates?.[0]?.content?.parts).functionCall?.id).toBeUndefined();
    expect(other.usageMetadata?.trafficType).toBe("ON_DEMAND");
  });

  it("obeys the calling mode", async () => {
    const config = (mode: FunctionCallingConfigMode, allowed?: string[]) => ({
      tools,
      toolConfig: {
        functionCallingConfig: { mode, ...(allowed && { allowedFunctionNames: allowed }) },
      },
    });
    const forced = await ask("Hello", config(FunctionCallingConfigMode.ANY, ["get_time"]));
    expect(forced.functionCalls?.map(({ name }) => name)).toEqual(["get_time"]);
    const none = await ask("call get_time", config(FunctionCallingConfigMode.NONE));
    expect(none.functionCalls).toBeUndefined();
  });

  it("sees images and answers by either kind of schema", async () => {
    const image = { inlineData: { mimeType: "image/png", data: "AAAA" } };
    const seen = await ask([{ role: "user", parts: [image, { text: "What is it?" }] }]);
    expect(seen.text).toMatch(/image \(image\/png, 3 bytes\)/);
    const form = { responseMimeType: "application/json" };
    const first = await ask("Hi", { ...form, responseSchema: weather.parameters });
    expect(Object.keys(JSON.parse(first.text ?? ""))).toEqual(["city", "unit"]);
    const responseJsonSchema = {
      type: "object",
      properties: { days: { type: "array", items: { type: "integer" }, minItems: 2 } },
      required: ["days"],
      additionalProperties: false,
    };
    const second = await ask("Hi", { ...form, responseJsonSchema });
    expect(JSON.parse(second.text ?? "").days.length).toBeGreaterThan(1);
  });

  it("rests text on a search", async () => {
    const { candidates } = await ask("search for rivers", { tools: [{ googleSearch: {} }] });
    const { groundingChunks, groundingSupports } = candidates?.[0]?.groundingMetadata ?? {};
    expect(groundingChunks?.[0]?.web?.uri).toMatch(/^https:/);
    expect(groundingSupports?.[0]?.segment?.text).toMatch(/The web says/);
  });

  it("is told of blocks and limits", async () => {
    const blocked = await ask("[[simulate: blocked=SAFETY]] Hi");
    expect(blocked.candidates).toBeUndefined();
    expect(blocked.promptFeedback?.blockReason).toBe("SAFETY");
    const refused = await ask("[[simulate: refusal]] Hi");
    expect(refused.candidates?.[0]?.finishReason).toBe("SAFETY");
    const named = await ask("[[simulate: finish=PROHIBITED_CONTENT]] Hi");
    expect(named.candidates?.[0]?.finishReason).toBe("PROHIBITED_CONTENT");
    const cut = await ask("[[simulate: text=90]] Hi", {
      maxOutputTokens: 9,
      thinkingConfig: { thinkingBudget: 0 },
    });
    expect(cut.candidates?.[0]?.finishReason).toBe("MAX_TOKENS");
    expect(cut.usageMetadata?.candidatesTokenCount).toBe(9);
  });

  it("counts tokens as it bills them, and lists models", async () => {
    const counted = await client.models.countTokens({ model, contents: "Hello" });
    expect((await ask("Hello")).usageMetadata?.promptTokenCount).toBe(counted.totalTokens);
    const pager = await client.models.list();
    expect(pager.page.map(({ name }) => name)).toContain(`models/${thinker}`);
    expect(await client.models.get({ model })).toMatchObject({ name: `models/${model}` });
    const onVertex = await vertex.models.countTokens({ model, contents: "Hello" });
    expect(onVertex.totalTokens).toBe(counted.totalTokens);
  });

  it("streams on Vertex AI", async () => {
    const stream = await vertex.models.generateContentStream({ model, contents: "Hello" });
    let text = "";
    for await (const chunk of stream) text += chunk.text ?? "";
    expect(text).toMatch(/simulated/);
  });

  it("throws its typed errors", async () => {
    const failure = async (promise: Promise<unknown>): Promise<ApiError> => {
      const thrown: unknown = await promise.then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(thrown).toBeInstanceOf(ApiError);
      return thrown as ApiError;
    };
    const missing = await failure(ask("Hi", {}, "gemini-does-not-exist"));
    expect(missing).toMatchObject({ status: 404, message: expect.stringContaining("NOT_FOUND") });
    const words = "status=429 retry-after=7 code=GenerateRequestsPerDayPerProjectPerModel";
    const limited = await failure(ask(`[[simulate: ${words}]] Hi`));
    expect(limited.status).toBe(429);
    expect(limited.message).toContain('"retryDelay":"7s"');
    expect(limited.message).toContain('"quotaId":"GenerateRequestsPerDayPerProjectPerModel"');
    const streamed = await failure(pieces("[[simulate: error-after=2 status=503]] Hi"));
    expect(streamed.status).toBe(503);
    const locked = await startSimulator({ keys: ["right"] });
    const httpOptions = { baseUrl: locked.baseURLs.google };
    const wrong = new GoogleGenAI({ apiKey: "wrong", httpOptions });
    const refused = await failure(wrong.models.generateContent({ model, contents: "Hi" }));
    expect(refused).toMatchObject({
      status: 400,
      message: expect.stringContaining("API_KEY_INVALID"),
    });
    await locked.close();
  });
});
