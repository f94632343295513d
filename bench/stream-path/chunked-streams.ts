/** A stream of a wire that can be made as long as is wanted. */
export interface StreamParts {
  /** Adapter that speaks the wire. */
  readonly adapter: string;
  /** Its name of the wire. */
  readonly dialect: string;
  /** The pieces of a stream of so many chunks of text, the events that end it in the last one. */
  pieces(chunks: number): readonly string[];
  /** Text of the delta that a parsed event holds, if any. */
  textOf(event: never): string | undefined;
}

const words = [
  "The ",
  "tide ",
  "comes ",
  "in ",
  "twice ",
  "a day",
  ", and ",
  "leaves ",
  "\\n",
  "é ",
];

function wordAt(index: number): string {
  return (words[index % words.length] ?? "").padEnd(10, "…");
}

function data(event: unknown, name?: string): string {
  const head = name === undefined ? "" : `event: ${name}\n`;
  return `${head}data: ${JSON.stringify(event)}\n\n`;
}

/** Pieces of a stream: what comes before the text, its chunks, and the rest behind the last. */
function pieced(
  chunks: number,
  before: string,
  chunk: (text: string) => string,
  after: string,
): readonly string[] {
  return Array.from({ length: chunks }, (_, index) => {
    const head = index === 0 ? before : "";
    return head + chunk(wordAt(index)) + (index === chunks - 1 ? after : "");
  });
}

function chatChunk(delta: object, finish: string | null, usage: object | null = null): string {
  return data({
    id: "chatcmpl-Bk3u5ZqfJ8mWq2pVw7R1tXyC",
    object: "chat.completion.chunk",
    created: 1_762_000_000,
    model: "bench-1-2026-01-01",
    service_tier: "default",
    system_fingerprint: "fp_0123456789",
    choices: usage === null ? [{ index: 0, delta, logprobs: null, finish_reason: finish }] : [],
    usage,
  });
}

const chat: StreamParts = {
  adapter: "openai",
  dialect: "chat",
  pieces: (chunks) =>
    pieced(
      chunks,
      chatChunk({ role: "assistant", content: "", refusal: null }, null),
      (content) => chatChunk({ content }, null),
      chatChunk({}, "stop") +
        chatChunk({}, null, { prompt_tokens: 9, completion_tokens: chunks, total_tokens: 0 }) +
        "data: [DONE]\n\n",
    ),
  textOf: (event: { choices: readonly { delta: { content?: string } }[] }) =>
    event.choices[0]?.delta.content,
};

const responseHead = { id: "resp_0123456789", object: "response", model: "bench-1", output: [] };
const item = { id: "msg_0123456789abcdef", type: "message", role: "assistant" };

function responseEvent(type: string, members: object): string {
  return data({ type, sequence_number: 17, ...members }, type);
}

const place = { item_id: item.id, output_index: 0, content_index: 0 };

const responses: StreamParts = {
  adapter: "openai",
  dialect: "responses",
  pieces: (chunks) => {
    const text = Array.from({ length: chunks }, (_, index) => wordAt(index)).join("");
    const part = { type: "output_text", annotations: [], text };
    const whole = { ...item, status: "completed", content: [part] };
    const usage = { input_tokens: 9, output_tokens: chunks, total_tokens: 0 };
    return pieced(
      chunks,
      responseEvent("response.created", { response: { ...responseHead, status: "in_progress" } }) +
        responseEvent("response.output_item.added", {
          output_index: 0,
          item: { ...item, status: "in_progress", content: [] },
        }) +
        responseEvent("response.content_part.added", { ...place, part: { ...part, text: "" } }),
      (delta) =>
        responseEvent("response.output_text.delta", {
          ...place,
          delta,
          logprobs: [],
          obfuscation: "x9A4",
        }),
      responseEvent("response.output_text.done", { ...place, text }) +
        responseEvent("response.content_part.done", { ...place, part }) +
        responseEvent("response.output_item.done", { output_index: 0, item: whole }) +
        responseEvent("response.completed", {
          response: { ...responseHead, status: "completed", output: [whole], usage },
        }),
    );
  },
  textOf: (event: { type: string; delta?: string }) =>
    event.type === "response.output_text.delta" ? event.delta : undefined,
};

function messageEvent(type: string, members: object): string {
  return data({ type, ...members }, type);
}

const messages: StreamParts = {
  adapter: "anthropic",
  dialect: "messages",
  pieces: (chunks) =>
    pieced(
      chunks,
      messageEvent("message_start", {
        message: {
          id: "msg_0123456789",
          type: "message",
          role: "assistant",
          model: "bench-1",
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { input_tokens: 9, output_tokens: 1 },
        },
      }) +
        messageEvent("content_block_start", {
          index: 0,
          content_block: { type: "text", text: "" },
        }),
      (text) =>
        messageEvent("content_block_delta", { index: 0, delta: { type: "text_delta", text } }),
      messageEvent("content_block_stop", { index: 0 }) +
        messageEvent("message_delta", {
          delta: { stop_reason: "end_turn", stop_sequence: null },
          usage: { output_tokens: chunks },
        }) +
        messageEvent("message_stop", {}),
    ),
  textOf: (event: { delta?: { text?: string } }) => event.delta?.text,
};

function candidate(text: string, chunks: number, finish?: string): string {
  return data({
    candidates: [
      {
        content: { parts: [{ text }], role: "model" },
        ...(finish !== undefined && { finishReason: finish }),
        index: 0,
      },
    ],
    usageMetadata: { promptTokenCount: 9, candidatesTokenCount: chunks, totalTokenCount: 9 },
    modelVersion: "bench-1",
    responseId: "0123456789abcdef",
  });
}

const gemini: StreamParts = {
  adapter: "google",
  dialect: "gemini",
  pieces: (chunks) =>
    pieced(chunks, "", (text) => candidate(text, 1), candidate("", chunks, "STOP")),
  textOf: (event: { candidates: readonly { content: { parts: readonly { text: string }[] } }[] }) =>
    event.candidates[0]?.content.parts[0]?.text,
};

/** Streams by the wire of their chunks. */
export const chunkedStreams: Readonly<Record<string, StreamParts>> = {
  "openai-chat": chat,
  "openai-responses": responses,
  "anthropic-messages": messages,
  gemini,
};
