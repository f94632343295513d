import type { MessageInitShape } from "@bufbuild/protobuf";
import { type LLMRequestSchema, Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";

/** A request but for its model. */
export type Prompt = Omit<MessageInitShape<typeof LLMRequestSchema>, "model" | "$typeName">;

const schema = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer" } },
  required: ["city", "days"],
  additionalProperties: false,
};
const tools = [
  { name: "get_time", description: "Tells the time", parameters: schema },
  { name: "get_weather", description: "Tells the weather", parameters: schema },
];

/** What a user may ask of the simulator so that every kind of part and end occurs. */
export const prompts: Readonly<Record<string, Prompt>> = {
  text: user("Hello, world!"),
  "long text": user("[[simulate: text=400 chunks=60]] Tell me more"),
  "text of many letters": user("Grüße, Zürich! 你好 👋🏽 \u0000\u202e end"),
  system: {
    contents: [
      { role: Role.SYSTEM, message: "Be brief." },
      { role: Role.USER, message: "Hi" },
      { role: Role.ASSISTANT, message: "Yes?" },
      { role: Role.USER, message: "And now?" },
    ],
  },
  "one tool": { ...user("Please call get_time"), tools },
  "parallel tools": { ...user("call get_time and get_weather"), tools, parallelToolCalls: true },
  "a tool that must be called": {
    ...user("Hello"),
    tools,
    toolChoice: { mode: 4, name: "get_weather" },
  },
  "results of tools": {
    contents: [
      { role: Role.USER, message: "call get_time" },
      {
        role: Role.ASSISTANT,
        parts: [
          {
            kind: {
              case: "toolCall",
              value: { id: "call_1", name: "get_time", arguments: '{"city":"Bern","days":1}' },
            },
          },
        ],
      },
      {
        role: Role.TOOL,
        parts: [
          {
            kind: {
              case: "toolResult",
              value: {
                toolCallId: "call_1",
                parts: [{ kind: { case: "text", value: { text: "noon" } } }],
              },
            },
          },
        ],
      },
    ],
    tools,
  },
  thinking: {
    ...user("Think about rivers"),
    thinking: { effort: "low", budgetTokens: 2048n, include: true },
  },
  "redacted thinking": {
    ...user("[[simulate: thinking=redacted]] Think about rivers"),
    thinking: { effort: "low", budgetTokens: 2048n, include: true },
  },
  refusal: user("[[simulate: refusal]] Do harm"),
  "an answer by schema": {
    ...user("Where to?"),
    responseFormat: { format: { case: "jsonSchema", value: { name: "trip", schema } } },
  },
  "an answer as JSON": {
    ...user("Where to? Answer in JSON."),
    responseFormat: { format: { case: "jsonObject", value: {} } },
  },
  citations: {
    contents: [
      {
        role: Role.USER,
        parts: [
          {
            kind: {
              case: "media",
              value: {
                mimeType: "text/plain",
                name: "facts",
                source: { case: "data", value: Buffer.from("The sky is blue. Grass is green.") },
              },
            },
            providerOptions: { anthropic: { citations: { enabled: true } } },
          },
          { kind: { case: "text", value: { text: "What colour is the sky?" } } },
        ],
      },
    ],
  },
  "a limit on tokens": { ...user("[[simulate: text=200]] Go on"), maxOutputTokens: 16 },
  "a stop sequence": { ...user("[[simulate: text=50]] Go on"), stopSequences: ["simulated"] },
  "fields that not everybody takes": {
    ...user("Hello"),
    topK: 5,
    seed: 7n,
    temperature: 0.5,
    metadata: { a: "b" },
    endUserId: "user-1",
  },
  "an unknown block": user("[[simulate: unknown-block]] Hello"),
  "an unknown event": user("[[simulate: unknown-event]] Hello"),
  "an unknown stop reason": user("[[simulate: unknown-stop-reason]] Hello"),
  "no usage": user("[[simulate: usage=missing]] Hello"),
  "usage that is null": user("[[simulate: usage=null]] Hello"),
  "usage that is negative": user("[[simulate: usage=negative]] Hello"),
  "bytes that are not UTF-8": user("[[simulate: garbage-utf8]] Hello"),
  "pieces of any length": user("[[simulate: pieces=random eol=crlf]] Hello"),
  "JSON in place of a stream": user("[[simulate: json-instead-of-stream]] Hello"),
  "a stream in place of JSON": user("[[simulate: stream-instead-of-json]] Hello"),
  "log probabilities": {
    ...user("Hello"),
    providerOptions: { openai: { logprobs: true, top_logprobs: 2 } },
  },
};

function user(message: string): Prompt {
  return { contents: [{ role: Role.USER, message }] };
}
