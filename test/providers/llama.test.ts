// Proves that Llama's patterns lead names of open models to it, in RE2 as in the language's own
// engine, and never a name that only looks like one; that its record is whole; and that each known
// host is asked in its own words.
import { create, type JsonObject } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { LLMRequestSchema, Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Dialect } from "../../src/contract/adapter.ts";
import { compileOwnPattern, compilePattern } from "../../src/dispatch/pattern.ts";
import { llama } from "../../src/providers/llama/index.ts";
import { named, type RequestInit } from "../support/wire-under-test.ts";

const own = [
  "gpt-oss-20b",
  "gpt-oss:120b",
  "GPT-OSS-120b",
  "openai/gpt-oss-120b",
  "llama-4-maverick",
  "Llama-3.3-70B-Versatile",
  "llama3.2:3b",
  "llama-7b",
  "llama-13b",
  "llama-70b",
  "llama-2-70b-chat",
  "llama2-uncensored",
  "codellama-34b",
  "codellama:7b-instruct",
  "meta-llama/Meta-Llama-3-70B-Instruct",
  "meta-llama/llama-guard-4-12b",
  "us.meta.llama3-2-1b-instruct-v1:0",
  "ca.meta.llama4-scout-17b-instruct-v1:0",
  "meta.llama4-scout-17b-instruct-v1:0",
  "mistral:7b",
  "mistral-nemo:12b",
  "gemma3:4b",
  "gemma3:4b-it-qat",
  "gemma3n:e4b",
  "qwen3:8b",
  "deepseek-r1:1.5b",
  "phi4:latest",
];

const foreign = [
  "gpt-4o",
  "gpt-5-oss",
  "openai/gpt-4o",
  "my-llama",
  "ollama-model",
  "tinyllama",
  "meta/llama",
  "eu.llama3",
  "custom/my:7b",
  "anthropic:claude-sonnet-5",
  "ft:gpt-4o-mini:acme::c3",
  "amazon.nova-pro-v1:0",
  "gpt-4o:extended",
  "claude-sonnet-5",
];

describe.each([
  ["RE2", compilePattern],
  ["the language's engine", compileOwnPattern],
])("the patterns in %s", (_, compile) => {
  const tests = llama.patterns.map(({ pattern }) => compile(pattern));

  it.each(own)("lead %s here", (name) => {
    expect(tests.some((test) => test(name))).toBe(true);
  });

  it.each(foreign)("do not lead %s here", (name) => {
    expect(tests.some((test) => test(name))).toBe(false);
  });

  it("match their own examples", () => {
    for (const { pattern, examples } of llama.patterns) {
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples)
        expect([example, compile(pattern)(example)]).toEqual([example, true]);
    }
  });
});

describe("the record", () => {
  const sets = [llama, ...(llama.presets ?? [])];

  it("names each wire as it is named in the configuration, and a default that there is", () => {
    for (const { dialects, defaultDialect } of sets) {
      expect(Object.keys(dialects)).toContain(defaultDialect);
      for (const [name, dialect] of Object.entries(dialects)) {
        expect([name, Object.isFrozen(dialect)]).toEqual([dialect.name, true]);
      }
    }
    expect(Object.isFrozen(llama)).toBe(true);
  });

  it("lets a variable choose the wire by its name", () => {
    expect(llama.baseURLVariables).toEqual(["LLAMA_BASE_URL", "OLLAMA_HOST"]);
    expect(llama.dialects.ollama?.defaultBaseURL).toBe("http://127.0.0.1:11434");
  });
});

/** Address, key and what the same request becomes at each known host. */
const hosts: readonly (readonly [string, string, string, JsonObject, readonly string[]])[] = [
  [
    "llamacpp",
    "http://127.0.0.1:8080/v1",
    "LLAMA_API_KEY",
    { max_tokens: 9, top_k: 3, chat_template_kwargs: { enable_thinking: false } },
    ["end_user_id", "metadata"],
  ],
  [
    "vllm",
    "http://127.0.0.1:8000/v1",
    "VLLM_API_KEY",
    {
      max_tokens: 9,
      top_k: 3,
      chat_template_kwargs: { enable_thinking: false },
      include_reasoning: true,
      user: "u",
      metadata: { a: "b" },
    },
    [],
  ],
  [
    "groq",
    "https://api.groq.com/openai/v1",
    "GROQ_API_KEY",
    { max_completion_tokens: 9, reasoning_effort: "none", include_reasoning: true, user: "u" },
    ["stop_sequences[4]", "top_k", "metadata"],
  ],
  [
    "together",
    "https://api.together.xyz/v1",
    "TOGETHER_API_KEY",
    { max_tokens: 9, top_k: 3, reasoning: { enabled: false } },
    ["end_user_id", "metadata"],
  ],
  [
    "fireworks",
    "https://api.fireworks.ai/inference/v1",
    "FIREWORKS_API_KEY",
    { max_tokens: 9, top_k: 3, reasoning_effort: "none", user: "u", metadata: { a: "b" } },
    [],
  ],
  [
    "cerebras",
    "https://api.cerebras.ai/v1",
    "CEREBRAS_API_KEY",
    { max_completion_tokens: 9, reasoning_effort: "none", user: "u" },
    ["stop_sequences[4]", "top_k", "metadata"],
  ],
  [
    "huggingface",
    "https://router.huggingface.co/v1",
    "HF_TOKEN",
    { max_tokens: 9, reasoning_effort: "none" },
    ["stop_sequences[4]", "top_k", "end_user_id", "metadata"],
  ],
  [
    "openrouter",
    "https://openrouter.ai/api/v1",
    "OPENROUTER_API_KEY",
    {
      max_tokens: 9,
      top_k: 3,
      reasoning: { effort: "none", exclude: false },
      user: "u",
      metadata: { a: "b" },
    },
    ["stop_sequences[4]"],
  ],
];

const asked: RequestInit = {
  contents: [{ role: Role.USER, message: "Hi" }],
  maxOutputTokens: 9,
  topK: 3,
  stopSequences: ["a", "b", "c", "d", "e"],
  thinking: { effort: "none", include: true },
  endUserId: "u",
  metadata: { a: "b" },
};

function encoded(dialect: Dialect | undefined) {
  const request = create(LLMRequestSchema, asked);
  const input = { adapter: "llama", model: "m", stream: false, requestId: "" };
  const wire = dialect?.encode({ ...input, request });
  const { model, messages, stop, ...members } = JSON.parse(wire?.body ?? "{}") as JsonObject;
  return { path: wire?.path, stop, members, warnings: wire?.warnings.map(named) };
}

describe("a preset", () => {
  it.each(hosts)("%s is asked in its own words", (name, baseURL, variable, members, dropped) => {
    const preset = llama.presets?.find((one) => one.name === name);
    const dialect = preset?.dialects["openai-chat"];
    expect([dialect?.defaultBaseURL, preset?.keyVariables]).toEqual([baseURL, [variable]]);
    const sent = encoded(dialect);
    expect(sent.members).toEqual(members);
    const isFour = dropped.includes("stop_sequences[4]");
    expect(sent.stop).toEqual(isFour ? ["a", "b", "c", "d"] : ["a", "b", "c", "d", "e"]);
    expect(sent.warnings?.toSorted()).toEqual(
      dropped.map((field) => `DROPPED ${field}`).toSorted(),
    );
  });

  it("of Ollama speaks both of its wires, its own where none is named", () => {
    const preset = llama.presets?.find(({ name }) => name === "ollama");
    expect(preset).toMatchObject({ keyVariables: ["OLLAMA_API_KEY"], defaultDialect: "ollama" });
    expect(encoded(preset?.dialects.ollama).path).toBe("/api/chat");
    const chat = preset?.dialects["openai-chat"];
    expect(chat?.defaultBaseURL).toBe("http://127.0.0.1:11434/v1");
    expect(encoded(chat).members).toEqual({ max_tokens: 9, reasoning_effort: "none" });
  });

  it("of llama.cpp counts tokens, the others do not", () => {
    const counting = llama.presets?.flatMap(({ name, dialects }) =>
      Object.values(dialects).some(({ countTokens }) => countTokens !== undefined) ? [name] : [],
    );
    expect(counting).toEqual(["llamacpp"]);
    const counter = llama.presets?.[0]?.dialects["openai-chat"]?.countTokens;
    const request = create(LLMRequestSchema, { contents: [{ role: Role.USER, message: "Hi" }] });
    const input = { adapter: "llama", model: "m", stream: false, requestId: "" };
    const wire = counter?.encode({ ...input, request });
    expect(wire?.path).toBe("/chat/completions/input_tokens");
    const messages = [{ role: "user", content: "Hi" }];
    expect(JSON.parse(wire?.body ?? "")).toEqual({ model: "m", messages });
    expect(counter?.decode({ input_tokens: 32, object: "response.input_tokens" })).toBe(32n);
    expect(() => counter?.decode({ tokens: 32 })).toThrow("no count of tokens");
  });

  it("is listed with the others", () => {
    const names = llama.presets?.map(({ name }) => name);
    expect(names).toEqual([...hosts.map(([name]) => name), "ollama"]);
  });
});
