// Proves that arguments, blocks and citations that a provider sends as objects keep every digit of
// a number that a double would round, on each wire that knows them.
import { describe, expect, it } from "vitest";
import type { Dialect } from "../../src/contract/adapter.ts";
import { anthropicMessages } from "../../src/dialects/anthropic-messages/dialect.ts";
import { bedrockConverse } from "../../src/dialects/bedrock-converse/dialect.ts";
import { cohereChat } from "../../src/dialects/cohere/dialect.ts";
import { gemini } from "../../src/dialects/gemini/dialect.ts";
import { parseObject } from "../../src/dialects/json.ts";
import { ollama } from "../../src/dialects/ollama/dialect.ts";
import { openAIChat } from "../../src/dialects/openai-chat/dialect.ts";
import { openAIResponses } from "../../src/dialects/openai-responses/dialect.ts";

const input = '{"id":1234567890123456789,"ids":[{"of":-9007199254740993}]}';
const block = `{"type":"new","at":${input}}`;

/** Arguments, blocks and citations of an answer, as text. */
function textsOf(dialect: Dialect, body: string): string[] {
  const response = dialect.decode(parseObject(body), { adapter: "a", model: "m" });
  return (response.content?.parts ?? []).flatMap(({ kind }) => {
    if (kind.case === "toolCall") return [kind.value.arguments];
    if (kind.case === "provider") return [kind.value.json];
    return kind.case === "text" ? kind.value.citations.map(({ json }) => json) : [];
  });
}

const usage = '{"input_tokens":1,"output_tokens":1}';
const chatCall = `{"id":"c","type":"function","function":{"name":"f","arguments":${input}}}`;
const sources = `[{"type":"document","id":"d","document":${input}}]`;
const citation = `{"start":0,"end":2,"text":"Hi","sources":${sources}}`;

const answers: [wire: string, dialect: Dialect, body: string, expected: string[]][] = [
  [
    "Messages",
    anthropicMessages,
    `{"content":[{"type":"tool_use","id":"c","name":"f","input":${input}},${block}],"stop_reason":"tool_use","usage":${usage}}`,
    [input, block],
  ],
  [
    "Converse",
    bedrockConverse,
    `{"output":{"message":{"role":"assistant","content":[{"toolUse":{"toolUseId":"c","name":"f","input":${input}}},{"new":${input}}]}},"stopReason":"tool_use"}`,
    [input, `{"new":${input}}`],
  ],
  [
    "Cohere",
    cohereChat,
    `{"message":{"role":"assistant","content":[{"type":"text","text":"Hi"},${block}],"tool_calls":[${chatCall}],"citations":[${citation}]},"finish_reason":"TOOL_CALL"}`,
    [citation, block, input],
  ],
  [
    "Gemini",
    gemini,
    `{"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":"f","args":${input}}},{"new":${input}}]},"finishReason":"STOP"}]}`,
    [input, `{"new":${input}}`],
  ],
  [
    "Ollama",
    ollama,
    `{"message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":${input}}}]},"done":true}`,
    [input],
  ],
  [
    "Chat Completions",
    openAIChat,
    `{"choices":[{"index":0,"message":{"role":"assistant","content":[${block}],"tool_calls":[${chatCall}]},"finish_reason":"tool_calls"}]}`,
    [block, input],
  ],
  [
    "Responses",
    openAIResponses,
    `{"status":"completed","output":[{"type":"function_call","call_id":"c","name":"f","arguments":${input}},${block}]}`,
    [input, block],
  ],
];

describe("digits", () => {
  it.each(answers)("stay in an answer of %s", (_wire, dialect, body, expected) => {
    expect(textsOf(dialect, body)).toEqual(expected);
  });
});
