// Proves that the simulated Google refuses wrong requests with Google's status, words and details,
// at the Gemini API and on Vertex AI, and that what it should take is taken.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";
import { post } from "./client.ts";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

const key = { "x-goog-api-key": "k" };
const user = { role: "user", parts: [{ text: "Hi" }] };
const functionCall = { name: "get_time", args: { zone: "UTC", hour: 1 } };
const called = { role: "model", parts: [{ functionCall }] };
const pass = "skip_thought_signature_validator";
const passed = { role: "model", parts: [{ functionCall, thoughtSignature: pass }] };
const functionResponse = { name: "get_time", response: { output: "noon" } };
const answered = { role: "user", parts: [{ functionResponse }] };
const declared = (more: object = {}) => [
  { functionDeclarations: [{ name: "get_time", description: "Time", ...more }] },
];
const config = (generationConfig: object) => ({ contents: [user], generationConfig });
const form = (responseSchema: object) =>
  config({ responseMimeType: "application/json", responseSchema });

const two = "gemini-2.5-flash";
const three = "gemini-3-flash-preview";
const pro = "gemini-3-pro-preview";

function send(model: string, body: object, method = "generateContent") {
  return post(simulator, `/v1beta/models/${model}:${method}`, body, key);
}

const refused: readonly [title: string, model: string, body: object, words: string | RegExp][] = [
  [
    "an unknown field",
    two,
    { contents: [user], foo: 1 },
    'Invalid JSON payload received. Unknown name "foo": Cannot find field.',
  ],
  [
    "an unknown field inside",
    two,
    config({ thinkingConfig: { effort: "low" } }),
    'Invalid JSON payload received. Unknown name "effort" at ' +
      "'generation_config.thinking_config': Cannot find field.",
  ],
  [
    "a keyword that its schemas do not have",
    two,
    form({ type: "OBJECT", properties: { a: { type: "STRING", additionalProperties: false } } }),
    'Invalid JSON payload received. Unknown name "additionalProperties" at ' +
      "'generation_config.response_schema.properties[0].value': Cannot find field.",
  ],
  [
    "$ref in parameters",
    two,
    { contents: [user], tools: declared({ parameters: { type: "OBJECT", $ref: "#/a" } }) },
    /Unknown name "\$ref" at 'tools\[0\]\.function_declarations\[0\]\.parameters'/,
  ],
  [
    "a list of types",
    two,
    form({ type: ["STRING", "NULL"] }),
    /Proto field is not repeating, cannot start list/,
  ],
  ["a type nobody knows", two, form({ type: "text" }), /\.Type\), "text"/],
  ["a list without items", two, form({ type: "ARRAY" }), /response_schema\.items: missing field/],
  [
    "a required property that is not there",
    two,
    form({ type: "OBJECT", properties: { a: { type: "STRING" } }, required: ["b"] }),
    /response_schema\.required\[0\]: property is not defined/,
  ],
  ["an enum of numbers", two, form({ type: "INTEGER", enum: ["1"] }), /only allowed for STRING/],
  [
    "a format of text",
    two,
    form({ type: "STRING", format: "email" }),
    /only 'enum' and 'date-time' are supported/,
  ],
  [
    "both kinds of schema",
    two,
    config({
      responseMimeType: "application/json",
      responseSchema: { type: "STRING" },
      responseJsonSchema: { type: "string" },
    }),
    /only one of response_schema and response_json_schema/,
  ],
  ["a schema without JSON", two, config({ responseSchema: { type: "STRING" } }), /requires/],
  [
    "budget and level",
    three,
    config({ thinkingConfig: { thinkingBudget: 100, thinkingLevel: "LOW" } }),
    "You can only set only one of thinking budget and thinking level.",
  ],
  ["a level of an older model", two, config({ thinkingConfig: { thinkingLevel: "LOW" } }), /level/],
  [
    "no thoughts of a pro",
    "gemini-2.5-pro",
    config({ thinkingConfig: { thinkingBudget: 0 } }),
    /0/,
  ],
  ["minimal of a pro", pro, config({ thinkingConfig: { thinkingLevel: "MINIMAL" } }), /MINIMAL/],
  [
    "thoughts of a model without",
    "gemini-2.0-flash",
    config({ thinkingConfig: { includeThoughts: true } }),
    /not enabled/,
  ],
  ["no contents", two, {}, /contents is not specified/],
  ["an empty content", two, { contents: [{ role: "user", parts: [] }] }, /must not be empty/],
  ["an empty part", two, { contents: [{ role: "user", parts: [{}] }] }, /'data' must have one/],
  [
    "a part of two kinds",
    two,
    { contents: [{ role: "user", parts: [{ text: "a", functionCall }] }] },
    /oneof field 'data' is already set/,
  ],
  ["a role of others", two, { contents: [{ ...user, role: "assistant" }] }, /use a valid role/],
  ["a hot temperature", two, config({ temperature: 3 }), /must be in the range \[0, 2\]/],
  ["a temperature in words", two, config({ temperature: "hot" }), /\(TYPE_FLOAT\), "hot"/],
  ["no tokens", two, config({ maxOutputTokens: 0 }), /must be at least 1/],
  [
    "a picture of no known kind",
    two,
    {
      contents: [
        { role: "user", parts: [{ inlineData: { mimeType: "image/tiff", data: "AAAA" } }] },
      ],
    },
    "Unsupported MIME type: image/tiff",
  ],
  [
    "data that are not base64",
    two,
    {
      contents: [{ role: "user", parts: [{ inlineData: { mimeType: "image/png", data: "?" } }] }],
    },
    /Base64 decoding failed/,
  ],
  ["a call first", two, { contents: [called, answered] }, /immediately after a user turn/],
  ["a result without a call", two, { contents: [user, answered] }, /after a function call turn/],
  [
    "one result for two calls",
    two,
    { contents: [user, { ...called, parts: [...called.parts, ...called.parts] }, answered] },
    /number of function response parts is equal/,
  ],
  [
    "an unsigned call of the turn",
    three,
    { contents: [user, called, answered] },
    /missing a thought_signature.*`default_api:get_time` , position 2/s,
  ],
  [
    "a second step that is not signed",
    three,
    { contents: [user, passed, answered, called, answered] },
    /missing a thought_signature.*position 4/s,
  ],
  [
    "a signature of nobody",
    two,
    { contents: [user, { role: "model", parts: [{ functionCall, thoughtSignature: "AAAA" }] }] },
    "Corrupted thought signature.",
  ],
  [
    "two functions of one name",
    two,
    { contents: [user], tools: [...declared(), ...declared()] },
    /Duplicate function declaration/,
  ],
  ["a wrong name", two, { contents: [user], tools: declared({ name: "1 a" }) }, /function name/],
  [
    "a forced call of nothing",
    two,
    { contents: [user], toolConfig: { functionCallingConfig: { mode: "ANY" } } },
    /without function_declarations/,
  ],
  [
    "allowed names that nobody must call",
    two,
    {
      contents: [user],
      tools: declared(),
      toolConfig: { functionCallingConfig: { mode: "AUTO", allowedFunctionNames: ["get_time"] } },
    },
    /must be ANY or VALIDATED/,
  ],
  [
    "search and functions of an older model",
    two,
    { contents: [user], tools: [...declared(), { googleSearch: {} }] },
    /unsupported/,
  ],
];

describe("the simulated Gemini", () => {
  it.each(refused)("refuses %s", async (_title, model, body, words) => {
    const reply = await send(model, body);
    expect(reply.status, reply.text).toBe(400);
    const { error } = reply.json();
    expect(error).toMatchObject({ code: 400, status: "INVALID_ARGUMENT" });
    if (words instanceof RegExp) expect(error.message).toMatch(words);
    else expect(error.message).toBe(words);
  });

  it("names the fields that it does not know", async () => {
    const { error } = (await send(two, config({ foo: 1 }))).json();
    expect(error.details).toEqual([
      {
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        fieldViolations: [{ field: "generation_config", description: error.message }],
      },
    ]);
  });

  it.each<[string, string, object]>([
    ["both spellings", two, { contents: [user], generation_config: { max_output_tokens: 9 } }],
    ["one content for a list", two, { contents: { parts: { text: "Hi" } } }],
    ["numbers as text", two, config({ temperature: "0.5", maxOutputTokens: "9" })],
    [
      "types in small letters",
      two,
      form({ type: "object", properties: { a: { type: "string" } } }),
    ],
    ["null for nothing", two, { contents: [user], tools: null, safetySettings: null }],
    ["an unsigned call of an older model", two, { contents: [user, called, answered] }],
    ["an unsigned call of an older turn", three, { contents: [user, called, answered, user] }],
    ["the documented pass", three, { contents: [user, passed, answered] }],
    ["every step with its pass", three, { contents: [user, passed, answered, passed, answered] }],
    [
      "search and functions",
      three,
      { contents: [user], tools: [...declared(), { googleSearch: {} }] },
    ],
    ["calls in two contents", two, { contents: [user, called, called, answered, answered] }],
  ])("takes %s", async (_title, model, body) => {
    const reply = await send(model, body);
    expect(reply.status, reply.text).toBe(200);
  });

  it("wants a key, and wraps the failures of streams that are arrays", async () => {
    const bare = { "content-type": "application/json" };
    const body = JSON.stringify({ contents: [user] });
    const url = `${simulator.url}/v1beta/models/${two}:streamGenerateContent`;
    const failed = await fetch(url, { method: "POST", headers: bare, body });
    expect([failed.status, await failed.json()]).toEqual([
      403,
      [{ error: expect.objectContaining({ status: "PERMISSION_DENIED" }) }],
    ]);
    const inQuery = await fetch(`${url}?key=k`, { method: "POST", headers: bare, body });
    expect(inQuery.status).toBe(200);
    expect(simulator.requests.at(-1)?.path).toContain("key=");
    const events = await post(
      simulator,
      `/v1beta/models/nope:streamGenerateContent?alt=sse`,
      {},
      key,
    );
    expect(events.json().error.status).toBe("NOT_FOUND");
  });

  it("breaks an array as it breaks a stream of events", async () => {
    const body = {
      contents: [{ role: "user", parts: [{ text: "[[simulate: error-after=2]] Hi" }] }],
    };
    const array = (await send(two, body, "streamGenerateContent")).json();
    expect(array.at(-1)).toEqual({ error: expect.objectContaining({ status: "INTERNAL" }) });
    expect(array.length).toBeGreaterThan(2);
    const events = (await send(two, body, "streamGenerateContent?alt=sse")).events();
    expect(events).toEqual(array);
  });
});

describe("the simulated Vertex AI", () => {
  const path = `/v1/projects/p/locations/global/publishers/google/models/${two}:generateContent`;

  it("wants a token, and has the fields of its own", async () => {
    const own = { contents: [user], labels: { team: "a" } };
    expect((await post(simulator, path, own)).status).toBe(200);
    expect((await send(two, own)).json().error.message).toContain('Unknown name "labels"');
    const silent = { contents: [{ parts: user.parts }] };
    expect((await send(two, silent)).status).toBe(200);
    expect((await post(simulator, path, silent)).json().error.message).toMatch(/valid role/);
    const schema = { type: "OBJECT", properties: {}, additionalProperties: false };
    expect((await post(simulator, path, form(schema))).status).toBe(200);
    const naked = await fetch(simulator.url + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(own),
    });
    expect([naked.status, await naked.json()]).toEqual([
      401,
      { error: expect.objectContaining({ status: "UNAUTHENTICATED" }) },
    ]);
  });
});
