// Proves which names lead to Anthropic, that short names become the API's ids, and what the record
// says.
import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { LLMRequestSchema, Role } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { anthropic } from "../../../src/providers/anthropic/index.ts";

const [{ pattern, examples }] = anthropic.patterns as [(typeof anthropic.patterns)[number]];
const matches = (name: string) => new RegExp(`^(?:${pattern})$`, "i").test(name);

describe("the names", () => {
  it("that are examples or known all lead here", () => {
    for (const name of [...examples, ...anthropic.models.map((model) => model.name)]) {
      expect(matches(name), name).toBe(true);
    }
  });

  it.each([
    ...[
      "gpt-5",
      "claude",
      "my-claude-3",
      "meta.claude-3",
      "anthropic/claude-3",
      "xx.anthropic.claude-3",
    ],
  ])("%s does not lead here", (name) => {
    expect(matches(name)).toBe(false);
  });

  it("that are retired have a successor that is not", () => {
    const current = new Set(
      anthropic.models.filter(({ retired }) => !retired).map(({ name }) => name),
    );
    const retired = anthropic.models.filter((model) => model.retired);
    expect(retired.map(({ name }) => name)).toContain("claude-3-haiku");
    for (const { name, successor } of retired) expect(current.has(successor!), name).toBe(true);
    expect(new Set(anthropic.models.map(({ name }) => name)).size).toBe(anthropic.models.length);
  });

  it.each([
    ["claude-3-sonnet", "claude-3-sonnet-20240229"],
    ["Claude-3.5-Sonnet", "claude-3-5-sonnet-20241022"],
    ["claude-sonnet-4", "claude-sonnet-4-0"],
    ["claude-opus-4.7", "claude-opus-4-7"],
    ["claude-sonnet-5", "claude-sonnet-5"],
    ["claude-novel-9.1", "claude-novel-9.1"],
  ])("%s is sent as %s", (name, id) => {
    const contents = [{ role: Role.USER, message: "a" }];
    const request = create(LLMRequestSchema, { contents, maxOutputTokens: 5 });
    const input = { request, adapter: "anthropic", model: name, stream: false, requestId: "" };
    const { messages } = anthropic.dialects;
    for (const encode of [messages!.encode, messages!.countTokens!.encode]) {
      expect(JSON.parse(encode(input).body).model).toBe(id);
    }
  });
});

describe("the record", () => {
  it("is frozen and says how Anthropic is reached", () => {
    expect(Object.isFrozen(anthropic)).toBe(true);
    expect(anthropic).toMatchObject({
      name: "anthropic",
      keyVariables: ["ANTHROPIC_API_KEY"],
      baseURLVariables: ["ANTHROPIC_BASE_URL"],
      keyRequired: true,
      defaultDialect: "messages",
    });
    expect(anthropic.dialects[anthropic.defaultDialect]).toMatchObject({
      framing: "sse",
      defaultBaseURL: "https://api.anthropic.com",
      auth: { scheme: "header", name: "x-api-key" },
      requestIdHeader: "request-id",
    });
  });
});
