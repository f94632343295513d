import type { JsonObject, JsonValue } from "@bufbuild/protobuf";

/** One part of a message's content: text, image_url, input_audio, file, or a host's own. */
export type ChatPart = JsonObject | string;

/** Content of a message: plain text wherever that says it all, since every server reads that. */
export type ChatContent = string | ChatPart[];

/** A message of a request. */
export type ChatMessage = {
  role: "system" | "user" | "assistant" | "tool";
  content: ChatContent | null;
  [member: string]: JsonValue;
};

/** What the servers that speak this wire do not agree on. */
export interface ChatHost {
  /** Path of the endpoint, after the base URL. */
  readonly path: string;
  /** Name of the limit on output tokens: old and small servers know `max_tokens` alone. */
  readonly maxTokensMember: "max_completion_tokens" | "max_tokens";
  /** Most stop sequences it takes; more are left out with a Warning. */
  readonly stopSequencesMax: number;
  /** Longest id of a tool call it takes, characters; longer ones are mapped. */
  readonly toolIDCharactersMax: number;
}

/** Members of an answer or a chunk that the contract has a place for, or that carry nothing. */
export const answerMembers: ReadonlySet<string> = new Set([
  "id",
  "object",
  "created",
  "model",
  "choices",
  "usage",
  // Noise of random length, against guessing content from packet sizes.
  "obfuscation",
]);

/** Members of a choice that the contract has a place for. */
export const choiceMembers: ReadonlySet<string> = new Set([
  "index",
  "delta",
  "message",
  "finish_reason",
  "logprobs",
  // A copy of the delta for clients of the older wire.
  "text",
]);

/** Where servers put thinking as text, best first. Some send the same words in two of them. */
export const reasoningMembers: readonly string[] = ["reasoning_content", "reasoning", "thinking"];

/** Members of a message or delta that the contract has a place for. */
export const messageMembers: ReadonlySet<string> = new Set([
  "role",
  "content",
  "refusal",
  "tool_calls",
  "function_call",
  "reasoning_details",
  "annotations",
  "audio",
  "images",
  ...reasoningMembers,
]);
