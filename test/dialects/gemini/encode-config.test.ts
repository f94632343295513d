// Proves where a request goes and how its knobs go out: paths of both hosts, generation settings,
// the shape of the answer, labels, caller's options, counts of tokens.
import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { LLMRequestSchema, Modality } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { gemini, geminiOnVertex } from "../../../src/dialects/gemini/dialect.ts";
import { errorOf } from "../../support/wire-under-test.ts";
import { send, user } from "./support.ts";

const onVertex = { dialect: geminiOnVertex };
const place = "/v1/projects/shop/locations/europe-west4/publishers/google/models";

describe("the path", () => {
  it.each([
    ["gemini-2.5-pro", "/v1beta/models/gemini-2.5-pro"],
    ["models/gemini-2.5-pro", "/v1beta/models/gemini-2.5-pro"],
    ["tunedModels/mine-1", "/v1beta/tunedModels/mine-1"],
    ["odd name", "/v1beta/models/odd%20name"],
  ])("of %s", (model, path) => {
    expect(send({}, { model }).path).toBe(`${path}:generateContent`);
    expect(send({}, { model, stream: true }).path).toBe(`${path}:streamGenerateContent?alt=sse`);
    expect(send({}, { model, count: true }).path).toBe(`${path}:countTokens`);
  });

  it("on Vertex AI names project and location", () => {
    const { path } = send({}, { ...onVertex, stream: true });
    expect(path).toBe(`${place}/gemini-2.5-flash:streamGenerateContent?alt=sse`);
  });

  it("on Vertex AI needs a project", () => {
    const request = create(LLMRequestSchema, { contents: [user("Hi")] });
    const input = { request, adapter: "google", model: "m", stream: false, requestId: "" };
    expect(errorOf(() => geminiOnVertex.encode(input)).reason).toBe("TARGET_NOT_CONFIGURED");
  });

  it("stands behind the address of the host", () => {
    expect(gemini.defaultBaseURL).toBe("https://generativelanguage.googleapis.com");
    expect(geminiOnVertex.regionalBaseURL?.("eu")).toBe("https://aiplatform.eu.rep.googleapis.com");
  });

  it("comes with the key where each host looks for it", () => {
    expect(gemini.auth).toEqual({ scheme: "header", name: "x-goog-api-key" });
    expect([geminiOnVertex.auth, geminiOnVertex.credentials]).toEqual([
      { scheme: "bearer" },
      "google",
    ]);
  });
});

describe("settings", () => {
  it("go out under the API's names, and only those that are given", () => {
    const { config, warnings } = send({
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      maxOutputTokens: 100,
      stopSequences: ["a"],
      seed: 7n,
      presencePenalty: 0.1,
      frequencyPenalty: -0.1,
      modalities: [Modality.TEXT, Modality.IMAGE, Modality.AUDIO],
    });
    expect(config).toEqual({
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      maxOutputTokens: 100,
      stopSequences: ["a"],
      seed: 7,
      presencePenalty: 0.1,
      frequencyPenalty: -0.1,
      responseModalities: ["TEXT", "IMAGE", "AUDIO"],
    });
    expect(warnings).toEqual([]);
    expect(send().body).toEqual({ contents: [{ role: "user", parts: [{ text: "Hi" }] }] });
  });

  it("keep all digits of a seed", () => {
    expect(send({ seed: 9007199254740993n }).text).toContain('"seed":9007199254740993');
  });

  it("take five stop sequences, and warn of more", () => {
    const { config, warnings } = send({ stopSequences: [..."abcdefg"] });
    expect(config.stopSequences).toEqual([..."abcde"]);
    expect(warnings).toEqual(["DROPPED stop_sequences[5]"]);
  });

  it("that the API has not are left out with a warning", () => {
    const { body, warnings } = send({
      endUserId: "u1",
      metadata: { team: "a" },
      parallelToolCalls: false,
      tools: [{ name: "f" }],
    });
    expect(Object.keys(body)).toEqual(["contents", "tools"]);
    expect(warnings).toEqual([
      "DROPPED parallel_tool_calls",
      "DROPPED end_user_id",
      "DROPPED metadata[team]",
    ]);
  });

  it("go as labels on Vertex AI where they may", () => {
    const { body, warnings } = send({ metadata: { team: "a-1", Team: "b", t: "Ü" } }, onVertex);
    expect(body.labels).toEqual({ team: "a-1" });
    expect(warnings).toEqual(["DROPPED metadata[Team]", "DROPPED metadata[t]"]);
  });

  it("of the caller's own are laid on last", () => {
    const { body } = send({
      temperature: 1,
      providerOptions: {
        google: {
          cachedContent: "cachedContents/1",
          generationConfig: { candidateCount: 2, temperature: 0 },
        },
        openai: { store: true },
      },
    });
    expect(body).toMatchObject({
      cachedContent: "cachedContents/1",
      generationConfig: { candidateCount: 2, temperature: 0 },
    });
    expect(body).not.toHaveProperty("store");
  });
});

describe("the shape of the answer", () => {
  const schema = { type: "object", properties: { a: { type: "string" } } };
  const format = (value: object) =>
    send({ responseFormat: { format: { case: "jsonSchema", value } } as never });

  it("is text or any JSON", () => {
    const text = send({ responseFormat: { format: { case: "text", value: {} } } });
    expect(text.config).toEqual({ responseMimeType: "text/plain" });
    const json = send({ responseFormat: { format: { case: "jsonObject", value: {} } } });
    expect(json.config).toEqual({ responseMimeType: "application/json" });
  });

  it("follows a schema as it was written", () => {
    const { config, warnings } = format({ schema, strict: true });
    expect(config).toEqual({ responseMimeType: "application/json", responseJsonSchema: schema });
    expect(warnings).toEqual([]);
    const text = '{"type": "object", "properties": {"b": {}, "a": {"minimum": 1.0}}}';
    expect(format({ schemaJson: text }).text).toContain(text);
  });

  it("follows a schema in the API's own words under its own member", () => {
    const own = { type: "OBJECT", properties: { a: { type: "STRING" } }, propertyOrdering: ["a"] };
    expect(format({ schema: own }).config).toMatchObject({ responseSchema: own });
  });

  it("loses what the API has not, with a warning", () => {
    const { warnings } = format({ schema, name: "answer", description: "d", strict: false });
    expect(warnings).toEqual([
      "DROPPED response_format.json_schema.name",
      "DROPPED response_format.json_schema.description",
      "CHANGED response_format.json_schema.strict",
    ]);
  });
});

describe("a count of tokens", () => {
  const request = { tools: [{ name: "f" }], temperature: 1, metadata: { a: "b" } };

  it("is asked for the whole request directly", () => {
    const { body } = send(request, { count: true, model: "tunedModels/x" });
    expect(body).toEqual({
      generateContentRequest: {
        model: "tunedModels/x",
        contents: [{ role: "user", parts: [{ text: "Hi" }] }],
        tools: [{ functionDeclarations: [{ name: "f" }] }],
        generationConfig: { temperature: 1 },
      },
    });
    expect(send({}, { count: true }).body).toMatchObject({
      generateContentRequest: { model: "models/gemini-2.5-flash" },
    });
  });

  it("is asked for the parts of it on Vertex AI", () => {
    const { body, path } = send(request, { ...onVertex, count: true });
    expect(path).toBe(`${place}/gemini-2.5-flash:countTokens`);
    expect(Object.keys(body)).toEqual(["contents", "tools", "generationConfig"]);
  });

  it("is read, or refused", () => {
    expect(gemini.countTokens?.decode({ totalTokens: 31 })).toBe(31n);
    expect(errorOf(() => gemini.countTokens?.decode({})).reason).toBe(
      "PROVIDER_MALFORMED_RESPONSE",
    );
  });
});
