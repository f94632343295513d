import type { MessageInitShape } from "@bufbuild/protobuf";
import { type LLMRequestSchema, Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { chunkedHead, httpChunk } from "../support/raw-upstream.ts";

/** A request for the model of the scripted upstream. */
export const hello: { request: MessageInitShape<typeof LLMRequestSchema> } = {
  request: {
    model: "claude-sonnet-5",
    maxOutputTokens: 1000,
    contents: [{ role: Role.USER, message: "Hello" }],
  },
};

/** Head of a stream of events. */
export const streamHead: string = chunkedHead("content-type: text/event-stream\r\n");

/** One event of the Messages wire as a chunk of the body. */
export function eventChunk(type: string, more: object = {}): Buffer {
  return httpChunk(eventText(type, more));
}

/** One event of the Messages wire. */
function eventText(type: string, more: object = {}): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
}

/** The events before the first delta. */
export const streamStart: Buffer = Buffer.concat([
  eventChunk("message_start", {
    message: {
      id: "msg_e2e",
      type: "message",
      role: "assistant",
      model: "claude-sonnet-5",
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 5, output_tokens: 1 },
    },
  }),
  eventChunk("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
]);

/** A delta of text. */
export function deltaChunk(text: string): Buffer {
  return eventChunk("content_block_delta", { index: 0, delta: { type: "text_delta", text } });
}

/** The events after the last delta, and the end of the body. */
export const streamEnd: Buffer = Buffer.concat([
  eventChunk("content_block_stop", { index: 0 }),
  eventChunk("message_delta", {
    delta: { stop_reason: "end_turn", stop_sequence: null },
    usage: { output_tokens: 7 },
  }),
  eventChunk("message_stop"),
  httpChunk(""),
]);

/** A whole answer with one text. */
export function messageBody(text: string): string {
  return JSON.stringify({
    id: "msg_e2e",
    type: "message",
    role: "assistant",
    model: "claude-sonnet-5",
    content: [{ type: "text", text }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: { input_tokens: 5, output_tokens: 7 },
  });
}
