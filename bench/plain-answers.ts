import type { JsonObject } from "@bufbuild/protobuf";

const id = "answer-0123456789";
const model = "some-model";

/**
 * A plain answer of one text in the words of each dialect; `text` is all but some 250 bytes of it.
 */
export const plainAnswers: Readonly<Record<string, (text: string) => JsonObject>> = {
  messages: anthropic,
  "anthropic-messages": anthropic,
  chat,
  "openai-chat": chat,
  responses,
  "openai-responses": responses,
  gemini: (text) => ({
    candidates: [{ content: { role: "model", parts: [{ text }] }, finishReason: "STOP", index: 0 }],
    usageMetadata: { promptTokenCount: 12, candidatesTokenCount: 90, totalTokenCount: 102 },
    modelVersion: model,
    responseId: id,
  }),
  ollama: (text) => ({
    model,
    created_at: "2026-11-01T00:00:00.000000000Z",
    message: { role: "assistant", content: text },
    done: true,
    done_reason: "stop",
    total_duration: 1_000_000,
    prompt_eval_count: 12,
    eval_count: 90,
  }),
  cohere: (text) => ({
    id,
    finish_reason: "COMPLETE",
    message: { role: "assistant", content: [{ type: "text", text }] },
    usage: {
      billed_units: { input_tokens: 10, output_tokens: 90 },
      tokens: { input_tokens: 12, output_tokens: 90 },
    },
  }),
  "bedrock-converse": (text) => ({
    output: { message: { role: "assistant", content: [{ text }] } },
    stopReason: "end_turn",
    usage: { inputTokens: 12, outputTokens: 90, totalTokens: 102 },
    metrics: { latencyMs: 500 },
  }),
};

function anthropic(text: string): JsonObject {
  return {
    id,
    type: "message",
    role: "assistant",
    model,
    content: [{ type: "text", text }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: { input_tokens: 12, output_tokens: 90 },
  };
}

function chat(text: string): JsonObject {
  return {
    id,
    object: "chat.completion",
    created: 1_793_000_000,
    model,
    choices: [{ index: 0, message: { role: "assistant", content: text }, finish_reason: "stop" }],
    usage: { prompt_tokens: 12, completion_tokens: 90, total_tokens: 102 },
  };
}

function responses(text: string): JsonObject {
  return {
    id,
    object: "response",
    created_at: 1_793_000_000,
    status: "completed",
    model,
    output: [
      {
        id: "msg_1",
        type: "message",
        status: "completed",
        role: "assistant",
        content: [{ type: "output_text", text, annotations: [] }],
      },
    ],
    usage: { input_tokens: 12, output_tokens: 90, total_tokens: 102 },
  };
}
