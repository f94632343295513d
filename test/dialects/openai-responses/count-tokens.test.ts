// Proves that a count is asked with what counts and nothing else, and that its answer is read.
import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { LLMRequestSchema, Role } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { responsesTokenCounter } from "../../../src/dialects/openai-responses/count-tokens.ts";

test("the question leaves out what only matters for an answer", () => {
  const request = create(LLMRequestSchema, {
    contents: [{ role: Role.USER, message: "Hi" }],
    tools: [{ name: "f", parametersJson: '{"b":1,"a":2}' }],
    toolChoice: { name: "f" },
    thinking: { effort: "low" },
    temperature: 1,
    maxOutputTokens: 9,
    metadata: { a: "b" },
    providerOptions: { openai: { store: false, instructions: "Be brief." } },
  });
  const input = { request, adapter: "openai", model: "gpt-5", stream: false, requestId: "r-1" };
  const wire = responsesTokenCounter.encode(input);
  expect(wire).toMatchObject({
    method: "POST",
    path: "/responses/input_tokens",
    headers: { "x-client-request-id": "r-1" },
    warnings: [],
  });
  expect(wire.body).toContain('"parameters":{"b":1,"a":2}');
  expect(JSON.parse(wire.body)).toEqual({
    model: "gpt-5",
    input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "Hi" }] }],
    instructions: "Be brief.",
    reasoning: { effort: "low" },
    tool_choice: { type: "function", name: "f" },
    tools: [{ type: "function", name: "f", parameters: { b: 1, a: 2 } }],
  });
});

test("the count is read, and an answer without one is refused", () => {
  const body = { object: "response.input_tokens", input_tokens: 42 };
  expect(responsesTokenCounter.decode(body)).toBe(42n);
  expect(responsesTokenCounter.decode({ input_tokens: 0 })).toBe(0n);
  for (const odd of [{}, { input_tokens: null }, { input_tokens: -1 }, { input_tokens: "x" }]) {
    const reason = "PROVIDER_MALFORMED_RESPONSE";
    expect(() => responsesTokenCounter.decode(odd)).toThrow(expect.objectContaining({ reason }));
  }
});
