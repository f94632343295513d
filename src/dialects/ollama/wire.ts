import type { JsonObject } from "@bufbuild/protobuf";

/** A message of a request. Its content is one text; pictures stand beside it. */
export type OllamaMessage = {
  role: "system" | "user" | "assistant" | "tool";
  content: string;
  thinking?: string;
  /** Pictures as base64. */
  images?: string[];
  tool_calls?: JsonObject[];
  /** Name of the tool that a message of the role `tool` is from. */
  tool_name?: string;
  /** Id of the call it answers; servers older than ids ignore it. */
  tool_call_id?: string;
};

/** Members of an answer or of one line of it that the contract has a place for. */
export const answerMembers: ReadonlySet<string> = new Set([
  "model",
  "created_at",
  "message",
  "done",
  "done_reason",
  "logprobs",
]);

/** Members of the message of an answer that the contract has a place for. */
export const messageMembers: ReadonlySet<string> = new Set([
  "role",
  "content",
  "thinking",
  "tool_calls",
  "images",
]);
