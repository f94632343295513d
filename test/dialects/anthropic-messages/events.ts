// Events of a stream in short, for the tests of the decoder.
import type { JsonObject } from "@bufbuild/protobuf";
import type { LLMResponse } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { completeAnswer, framesOf } from "./support.ts";

/** The event that begins a message. */
export const start = (rest: JsonObject = {}): JsonObject => ({
  type: "message_start",
  message: {
    id: "msg_1",
    model: "claude-sonnet-5",
    content: [],
    stop_reason: null,
    usage: { input_tokens: 9, output_tokens: 1 },
    ...rest,
  },
});
/** The event that begins a block. */
export const open = (content_block: JsonObject, index = 0): JsonObject => ({
  type: "content_block_start",
  index,
  content_block,
});
/** A change of a block. */
export const delta = (change: JsonObject, index = 0): JsonObject => ({
  type: "content_block_delta",
  index,
  delta: change,
});
/** The event that ends a block. */
export const close = (index = 0): JsonObject => ({ type: "content_block_stop", index });
/** More text of a block. */
export const words = (text: string, index = 0): JsonObject =>
  delta({ type: "text_delta", text }, index);
/** More input of a block. */
export const json = (partial_json: string, index = 0): JsonObject =>
  delta({ type: "input_json_delta", partial_json }, index);
/** The event that says why the message ended. */
export const stopped = (rest: JsonObject = {}): JsonObject => ({
  type: "message_delta",
  delta: { stop_reason: "end_turn", stop_sequence: null },
  usage: { output_tokens: 5 },
  ...rest,
});
/** The last event. */
export const end: JsonObject = { type: "message_stop" };
/** The answer of a whole stream around some events. */
export const answer = (...events: (JsonObject | string)[]): LLMResponse =>
  completeAnswer(framesOf([start(), ...events, stopped(), end]));
/** The parts of that answer. */
export const parts = (...events: JsonObject[]): unknown[] =>
  (answer(...events).content?.parts ?? []).map(({ kind }) => kind.value);

/** A text that begins. */
export const textBlock = { type: "text", text: "" };
/** A call that begins. */
export const tool = { type: "tool_use", id: "t1", name: "look", input: {} };
