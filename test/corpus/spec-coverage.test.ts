// Proves by the providers' own specifications that every documented reason for the end of an answer
// has a StopReason of its own, or stands below with why it has none, and that every documented
// block, part and event is read: none is refused, none vanishes, and kinds of failure are thrown as
// such.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type JsonObject, toJsonString } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  type LLMResponse,
  LLMResponseSchema,
  StopReason,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { corpusFolder } from "./recordings.ts";
import { wireOf } from "./request-judge.ts";
import { enumAt, membersOf, type Spec, specOf, typesOf } from "./specs.ts";

const folder = corpusFolder === undefined ? "" : join(corpusFolder, "specs");
const hasSpecs = folder !== "" && existsSync(folder);
if (!hasSpecs) {
  console.info("test/corpus/spec-coverage.test.ts is skipped: CONNECTORS_CORPUS is not set");
}

function spec(file: string): Spec {
  return hasSpecs ? specOf(join(folder, file)) : {};
}

const anthropic = spec("anthropic.openapi.json");
const bedrock = spec("aws-bedrock-runtime.service-2.json");
const google = spec("google-generativelanguage-v1beta.openapi.json");
const mistral = spec("mistral.openapi.yaml");
const openai = spec("openai.openapi.yaml");
const openrouter = spec("openrouter.openapi.yaml");
const together = spec("together.openapi.yaml");

type Body = (value: string, block?: JsonObject) => JsonObject;

const chatBody: Body = (reason) => ({
  choices: [{ index: 0, message: { role: "assistant", content: "x" }, finish_reason: reason }],
});
const messagesBody: Body = (reason, block = { type: "text", text: "x" }) => ({
  type: "message",
  role: "assistant",
  content: [block],
  stop_reason: reason,
});
const geminiBody: Body = (reason, part = { text: "x" }) => ({
  candidates: [{ content: { parts: [part] }, finishReason: reason }],
});
const converseBody: Body = (reason, block = { text: "x" }) => ({
  output: { message: { role: "assistant", content: [block] } },
  stopReason: reason,
});

/** Reasons that have no StopReason of their own, with why. */
const others: Readonly<Record<string, string>> = {
  FINISH_REASON_UNSPECIFIED: "says nothing",
  BLOCK_REASON_UNSPECIFIED: "says nothing",
  LANGUAGE: "a language that is not supported is no filter's doing",
  OTHER: "says nothing more",
  IMAGE_OTHER: "says nothing more",
  NO_IMAGE: "no picture came of it, and nothing tells why",
  TOO_MANY_TOOL_CALLS: "a limit of calls, not of tokens; no call is malformed",
  MISSING_THOUGHT_SIGNATURE: "a fault of the history that was sent",
  malformed_model_output: "the answer cannot be read, call or not",
};

/** Reasons that are failures. */
const failures: ReadonlySet<string> = new Set(["error"]);

const endings: readonly (readonly [string, string, Body, readonly string[]])[] = [
  ["anthropic.messages", "StopReason", messagesBody, enumAt(anthropic, "StopReason")],
  ["anthropic.messages", "BetaStopReason", messagesBody, enumAt(anthropic, "BetaStopReason")],
  [
    "anthropic.messages",
    "of OpenRouter",
    messagesBody,
    enumAt(openrouter, "ORAnthropicStopReason"),
  ],
  [
    "openai.chat",
    "finish_reason",
    chatBody,
    enumAt(openai, "CreateChatCompletionResponse", "finish_reason"),
  ],
  ["openrouter.chat", "finish_reason", chatBody, enumAt(openrouter, "ChatFinishReasonEnum")],
  ["together.chat", "finish_reason", chatBody, enumAt(together, "FinishReason")],
  ["mistral.chat", "whole", chatBody, enumAt(mistral, "ChatCompletionChoice", "finish_reason")],
  [
    "mistral.chat",
    "stream",
    chatBody,
    enumAt(mistral, "CompletionResponseStreamChoice", "finish_reason"),
  ],
  [
    "gemini.generateContent",
    "finishReason",
    geminiBody,
    enumAt(google, "Candidate", "finishReason"),
  ],
  [
    "gemini.generateContent",
    "blockReason",
    (reason) => ({ promptFeedback: { blockReason: reason } }),
    enumAt(google, "PromptFeedback", "blockReason"),
  ],
  ["bedrock.converse", "StopReason", converseBody, enumAt(bedrock, "StopReason")],
  [
    "openai.responses",
    "incomplete_details",
    (reason) => ({ status: "incomplete", incomplete_details: { reason }, output: [] }),
    enumAt(openai, "Response", "incomplete_details", "reason"),
  ],
];

function read(api: string, body: JsonObject): LLMResponse | ConnectorError {
  const { adapter, dialect } = wireOf(api);
  try {
    return dialect.decode(body, { adapter, model: "m" });
  } catch (thrown) {
    if (thrown instanceof ConnectorError) return thrown;
    throw thrown;
  }
}

describe.skipIf(!hasSpecs).each(endings)("the end of %s, %s", (api, _name, bodyOf, values) => {
  it("is documented", () => {
    expect(values.length).toBeGreaterThan(1);
  });

  it.each(values)("%s", (value) => {
    const answer = read(api, bodyOf(value));
    if (failures.has(value)) {
      expect(answer).toBeInstanceOf(ConnectorError);
      return;
    }
    const { stopReason, rawStopReason } = answer as LLMResponse;
    expect(rawStopReason).toBe(value);
    const isNamed = stopReason !== StopReason.OTHER && stopReason !== StopReason.UNSPECIFIED;
    expect(isNamed || Object.hasOwn(others, value)).toBe(true);
  });
});

const marker = "said-only-here";

/** A member of every kind in which blocks have their words. */
const said: JsonObject = {
  ...{ text: marker, thinking: marker, data: marker, refusal: marker, id: marker, name: marker },
  ...{ tool_use_id: marker, file_id: marker, call_id: marker, url: marker },
};

const blocks: readonly (readonly [string, (type: string) => JsonObject, readonly string[]])[] = [
  [
    "anthropic.messages",
    (type) => messagesBody("end_turn", { ...said, type }),
    [...typesOf(anthropic, "ContentBlock"), ...typesOf(anthropic, "BetaContentBlock")],
  ],
  [
    "openai.responses",
    (type) => ({
      status: "completed",
      output: [{ ...said, type, content: [{ type: "output_text", text: marker }] }],
    }),
    typesOf(openai, "OutputItem"),
  ],
  [
    "openai.responses",
    (type) => ({
      status: "completed",
      output: [{ type: "message", content: [{ ...said, type }] }],
    }),
    typesOf(openai, "OutputMessageContent"),
  ],
  [
    "mistral.chat",
    (type) => ({
      choices: [
        {
          message: { content: [{ ...said, type, reference_ids: [marker] }] },
          finish_reason: "stop",
        },
      ],
    }),
    typesOf(mistral, "ContentChunk"),
  ],
  [
    "openrouter.chat",
    (type) => ({
      choices: [
        {
          message: { content: "x", reasoning_details: [{ ...said, type, summary: marker }] },
          finish_reason: "stop",
        },
      ],
    }),
    typesOf(openrouter, "ReasoningDetailUnion"),
  ],
  [
    "gemini.generateContent",
    (name) => geminiBody("STOP", { [name]: memberValue(name) }),
    membersOf(google, "Part"),
  ],
  [
    "bedrock.converse",
    (name) => converseBody("end_turn", { [name]: memberValue(name) }),
    membersOf(bedrock, "ContentBlock"),
  ],
];

/** A value that a member named so may have: a text, or an object that holds it. */
function memberValue(name: string): JsonObject | string | boolean {
  if (name === "thought") return true;
  if (/^(?:text|thoughtSignature)$/.test(name)) return marker;
  const source = { source: { s3Location: { uri: marker } } };
  return {
    ...said,
    ...source,
    mimeType: "x/y",
    fileUri: marker,
    toolUseId: marker,
    displayName: marker,
  };
}

describe.skipIf(!hasSpecs).each(blocks)("blocks of %s", (api, bodyOf, types) => {
  it("are documented", () => {
    expect(types.length).toBeGreaterThan(1);
  });

  it.each(types.filter((type) => type !== "thought"))("%s", (type) => {
    const answer = read(api, bodyOf(type));
    expect(answer).not.toBeInstanceOf(ConnectorError);
    const text = toJsonString(LLMResponseSchema, answer as LLMResponse);
    // Sealed thinking is bytes.
    expect(text.includes(marker) || text.includes(btoa(marker))).toBe(true);
  });
});

describe.skipIf(!hasSpecs)("events of openai.responses", () => {
  const types = typesOf(openai, "ResponseStreamEvent").filter((type) => type !== "error");
  const terminal = /^response\.(?:completed|incomplete|failed|cancelled)$/;

  it("are documented", () => {
    expect(types.length).toBeGreaterThan(40);
  });

  it.each(types.filter((type) => !terminal.test(type)))("%s", (type) => {
    const { adapter, dialect } = wireOf("openai.responses");
    const decoder = dialect.createDecoder({ adapter, model: "m" });
    const item = { type: "message", id: "a", content: [{ type: "output_text", text: "x" }] };
    const push = (event: JsonObject) =>
      decoder.push({ event: "", data: JSON.stringify(event), id: "" });
    push({ type: "response.created", response: { id: "r" } });
    const part = { type: "output_text", text: "" };
    push({ type, item, part, item_id: "a", output_index: 0, content_index: 0, news: marker });
    push({
      type: "response.completed",
      response: { id: "r", status: "completed", output: [item] },
    });
    const { end } = decoder.end();
    expect(end.kind).toBe("complete");
    const text = end.kind === "truncated" ? "" : toJsonString(LLMResponseSchema, end.response);
    expect(text).toContain(marker);
  });
});

describe.skipIf(!hasSpecs)("exceptions in a stream of bedrock.converse", () => {
  const names = membersOf(bedrock, "ConverseStreamOutput").filter((name) =>
    name.endsWith("Exception"),
  );

  it("are documented", () => {
    expect(names.length).toBeGreaterThan(1);
  });

  it.each(names)("%s", (name) => {
    const { adapter, dialect } = wireOf("bedrock.converse");
    const decoder = dialect.createDecoder({ adapter, model: "m" });
    const frame = { event: `exception:${name}`, data: '{"message":"no"}', id: "" };
    expect(() => decoder.push(frame)).toThrow(ConnectorError);
  });
});
