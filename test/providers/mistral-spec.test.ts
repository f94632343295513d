// Proves for any history and any knobs that what leaves for Mistral keeps to the API's rules: the
// order of messages, one form of ids, each result behind its own call, and (with CONNECTORS_CORPUS)
// the schemas of the API's own specification, which forbid every member that they do not name.
import type { JsonObject } from "@bufbuild/protobuf";
import { fc, test as property } from "@fast-check/vitest";
import { beforeAll, describe, expect, it } from "vitest";
import {
  MediaKind,
  Modality,
  Role,
  ToolChoiceMode,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { OpenAPISchemas, specFolder } from "../simulator/openapi-schemas.ts";
import { encodeMistralRequest } from "../support/mistral.ts";
import type { RequestInit } from "../support/wire-under-test.ts";

type Init = Exclude<RequestInit, { $typeName: string }>;
type Turn = NonNullable<Init["contents"]>[number];
type Part = NonNullable<Turn["parts"]>[number];

const words = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 });
const text = words.map((value): Part => ({ kind: { case: "text", value: { text: value } } }));
const adapters = fc.constantFrom("mistral", "openai", "anthropic", "");
const thinking = fc
  .record({ text: words, adapter: adapters, signature: fc.constantFrom("", "s") })
  .map((value): Part => ({ kind: { case: "thinking", value } }));
const refusal = words.map((value): Part => ({ kind: { case: "refusal", value: { text: value } } }));
const cited = words.map((value): Part => {
  const json = '{"type":"reference","reference_ids":[1]}';
  const citations = [
    { type: "reference", json },
    { type: "url_citation", json: "{}" },
  ];
  return { kind: { case: "text", value: { text: value, citations } } };
});
const sources = fc.constantFrom(
  { case: "data" as const, value: Uint8Array.from([1, 2]) },
  { case: "url" as const, value: "https://x.test/a" },
  { case: "url" as const, value: "data:audio/wav;base64,AQI=" },
  { case: "fileId" as const, value: "497f6eca-6276-4993-bfeb-53cbbbba6f09" },
);
const media = fc
  .record({
    kind: fc.constantFrom(MediaKind.IMAGE, MediaKind.AUDIO, MediaKind.DOCUMENT),
    source: sources,
    mimeType: fc.constant("application/octet-stream"),
    name: fc.constantFrom("", "a.pdf"),
    transcript: fc.constantFrom("", "Hi"),
  })
  .map((value): Part => ({ kind: { case: "media", value } }));

/** What happens next in a conversation; results answer a call that is open at that moment. */
const moves = fc.oneof(
  fc.record({ move: fc.constant("say" as const), role: roles(), parts: partsOf(text, media) }),
  fc.record({
    move: fc.constant("answer" as const),
    calls: fc.array(ids(), { maxLength: 3 }),
    parts: partsOf(text, thinking, refusal, cited, media),
  }),
  fc.record({
    move: fc.constant("result" as const),
    role: fc.constantFrom(Role.TOOL, Role.USER),
    parts: partsOf(text, media),
    after: fc.array(text, { maxLength: 1 }),
  }),
);

function roles() {
  return fc.constantFrom(Role.USER, Role.SYSTEM);
}

function ids() {
  return fc.constantFrom(
    "call_0",
    "toolu_01ABC",
    "D9WYdiHxV",
    "a",
    "chatcmpl-tool-9f149c74",
    "\u00e9",
  );
}

function partsOf(...kinds: fc.Arbitrary<Part>[]) {
  return fc.array(fc.oneof(...kinds), { minLength: 1, maxLength: 3 });
}

type Move = typeof moves extends fc.Arbitrary<infer T> ? T : never;

/** A history as a caller may send it: every call is answered, not always at once. */
function historyOf(all: readonly Move[]): Turn[] {
  const turns: Turn[] = [];
  const unanswered: string[] = [];
  const result = (role: Role, parts: Part[], after: Part[]): void => {
    const toolCallId = unanswered.shift();
    if (toolCallId === undefined) return;
    const part: Part = { kind: { case: "toolResult", value: { toolCallId, parts } } };
    turns.push({ role, parts: [part, ...(role === Role.USER ? after : [])] });
  };
  for (const one of all) {
    if (one.move === "say") turns.push({ role: one.role, parts: one.parts });
    else if (one.move === "result") result(one.role, one.parts, one.after);
    else {
      while (unanswered.length > 0) result(Role.TOOL, [], []);
      const called = [...new Set(one.calls)];
      unanswered.push(...called);
      const calls = called.map(
        (id): Part => ({ kind: { case: "toolCall", value: { id, name: "f", arguments: "{}" } } }),
      );
      turns.push({ role: Role.ASSISTANT, parts: [...one.parts, ...calls] });
    }
  }
  while (unanswered.length > 0) result(Role.TOOL, [], []);
  return turns;
}

const histories = fc.array(moves, { minLength: 1, maxLength: 8 }).map(historyOf);

/** Which roles may stand behind which, by Mistral's own checks. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  system: ["system", "user", "assistant"],
  user: ["system", "user", "assistant"],
  assistant: ["user", "assistant", "tool"],
  tool: ["assistant", "tool"],
};

function orderProblems(messages: readonly JsonObject[]): readonly string[] {
  const problems: string[] = [];
  let expected: string[] = [];
  for (const [index, message] of messages.entries()) {
    const role = String(message.role);
    const before = messages[index - 1]?.role;
    if (before !== undefined && !allowed[String(before)]?.includes(role)) {
      problems.push(`${role} behind ${before}`);
    }
    if (role === "tool") {
      const id = String(message.tool_call_id);
      if (!expected.includes(id)) problems.push(`a result of ${id} out of its place`);
      expected = expected.filter((one) => one !== id);
    } else if (expected.length > 0) problems.push(`${role} before ${expected.join(", ")}`);
    if (role === "assistant") expected = idsOf(message);
  }
  const last = messages.at(-1);
  const isFinal = last?.role !== "assistant" || last.prefix === true || idsOf(last).length > 0;
  return isFinal ? problems : [...problems, "a finished turn of the model at the end"];
}

function idsOf({ tool_calls: calls }: JsonObject): string[] {
  return Array.isArray(calls) ? calls.map((call) => String(Object(call).id)) : [];
}

describe("messages", () => {
  property.prop([histories])("are in an order that the API accepts", (contents) => {
    const messages = encodeMistralRequest({ contents }).body.messages as JsonObject[];
    expect(orderProblems(messages)).toEqual([]);
    const ids = messages.flatMap((message) => idsOf(message));
    expect(ids.filter((id) => !/^[a-zA-Z0-9]{9}$/.test(id))).toEqual([]);
  });

  it("out of order would be noticed", () => {
    expect(
      orderProblems([{ role: "tool", tool_call_id: "a" }, { role: "user" }, { role: "assistant" }]),
    ).toEqual([
      "a result of a out of its place",
      "user behind tool",
      "a finished turn of the model at the end",
    ]);
  });
});

const knobs: fc.Arbitrary<Init> = fc.record(
  {
    maxOutputTokens: fc.nat(99),
    temperature: fc.constantFrom(0, 0.5, 1.5),
    topP: fc.constantFrom(0.1, 1),
    topK: fc.constant(5),
    seed: fc.constantFrom(0n, 7n),
    presencePenalty: fc.constant(1),
    frequencyPenalty: fc.constant(-1),
    stopSequences: fc.array(words, { maxLength: 3 }),
    parallelToolCalls: fc.boolean(),
    endUserId: fc.constant("u"),
    metadata: fc.constant({ a: "b" }),
    modalities: fc.constant([Modality.TEXT, Modality.AUDIO]),
    thinking: fc.constantFrom({ effort: "high" }, { budgetTokens: 0n }, { include: false }),
    tools: fc.constant([{ name: "f" }, { name: "g", parametersJson: '{"type":"object"}' }]),
    toolChoice: fc.constantFrom({ mode: ToolChoiceMode.REQUIRED }, { name: "f" }),
    responseFormat: fc.constant({
      format: { case: "jsonSchema" as const, value: { schemaJson: "{}", description: "d" } },
    }),
  },
  { requiredKeys: [] },
);

if (specFolder === undefined) {
  console.info("mistral-spec.test.ts leaves the schemas out: CONNECTORS_CORPUS is not set");
}

describe.skipIf(specFolder === undefined)("the API's own schema of", () => {
  let spec: OpenAPISchemas;
  beforeAll(() => {
    spec = new OpenAPISchemas("mistral.openapi.yaml");
  });

  const problems = (schema: string, init: Init, options: JsonObject, stream: boolean) => {
    const providerOptions = { mistral: options };
    const { body } = encodeMistralRequest({ ...init, providerOptions }, { stream });
    return spec.problems(schema, body);
  };

  property.prop([histories, knobs, fc.boolean()])("a chat", (contents, init, stream) => {
    expect(problems("ChatCompletionRequest", { ...init, contents }, {}, stream)).toEqual([]);
  });

  property.prop([histories, knobs, fc.boolean()])("an agent", (contents, init, stream) => {
    const options = { agent_id: "ag_1" };
    expect(problems("AgentsCompletionRequest", { ...init, contents }, options, stream)).toEqual([]);
  });

  property.prop([words, knobs, fc.boolean()])("code to fill in", (message, init, stream) => {
    const contents = [{ role: Role.USER, message }];
    const options = { fim: { suffix: "}", min_tokens: 1 } };
    expect(problems("FIMCompletionRequest", { ...init, contents }, options, stream)).toEqual([]);
  });

  it("a chat would notice a member too many", () => {
    expect(problems("ChatCompletionRequest", {}, { seed: 3 }, false)).not.toEqual([]);
  });
});
