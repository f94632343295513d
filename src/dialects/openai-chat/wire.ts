import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { LabelRules } from "../openai-labels.ts";

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

/**
 * What the servers that speak this wire do not agree on. What is left out of a host is as it is at
 * OpenAI itself.
 */
export interface ChatHost {
  /** Path of the endpoint, after the base URL. */
  readonly path: string;
  /** Path at which it counts the input tokens of a request. Default: it does not count. */
  readonly countPath?: string;
  /** Name of the limit on output tokens: old and small servers know `max_tokens` alone. */
  readonly maxTokensMember: "max_completion_tokens" | "max_tokens";
  /** Most stop sequences it takes; more are left out with a Warning. */
  readonly stopSequencesMax: number;
  /** Longest id of a tool call it takes, characters; longer ones are mapped. */
  readonly toolIDCharactersMax: number;
  /** Whether it takes `top_k`. Default: no. */
  readonly takesTopK?: boolean;
  /** Whether streams may ask for their usage by `stream_options`. Default: yes. */
  readonly takesStreamOptions?: boolean;
  /** Member of the model's messages that takes thinking back as text. Default: none. */
  readonly reasoningMember?: "reasoning_content" | "reasoning";
  /**
   * Whether each turn with calls needs that member, if only empty, once one has it. Default: no.
   */
  readonly needsReasoning?: boolean;
  /** Options of a text that are members of its message, such as `prefix`. Default: none. */
  readonly messageOptions?: readonly string[];
  /** How it is told to think. Default: levels by `reasoning_effort`, and "none" for none. */
  readonly thinking?: ThinkingRules;
  /** Whether it takes videos, as `video_url`. Default: no. */
  readonly takesVideo?: boolean;
  /** Whether documents may be given by address, and without a name. Default: no. */
  readonly takesAnyDocument?: boolean;
  /**
   * Whether results of tools may hold pictures and other media. Default: no, they follow the
   * results.
   */
  readonly takesMediaInResults?: boolean;
  /** Whether the model's turns take back pictures it made, as `images`. Default: no. */
  readonly takesImagesBack?: boolean;
  /**
   * Whether parts and tools may be marked for the prompt cache, as Anthropic's are. Default: no.
   */
  readonly takesCacheMarks?: boolean;
  /** What it takes of the caller's labels. Default: `safety_identifier`, and metadata. */
  readonly labels?: LabelRules;
}

/** How a host is told to think. */
export interface ThinkingRules {
  /**
   * `level`: by `reasoning_effort`. `object`: by an object `reasoning` of level or budget, and
   * whether to leave thinking out, as OpenRouter takes it. Default: `level`.
   */
  readonly form?: "level" | "object";
  /** Members of the body that turn thinking off. Default: the level "none". */
  readonly off?: JsonObject;
  /** Member of the body that says whether thinking is in the answer. Default: none does. */
  readonly includeMember?: string;
  /** Whether thinking is in the answer unasked. Default: no. */
  readonly isShown?: boolean;
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
  "token_ids",
  // A copy of the delta for clients of the older wire.
  "text",
  // Noise, as in the answer.
  "obfuscation",
]);

/**
 * Member of a block's own fields that names the list of the message it stood in, if not `content`.
 */
export const listMember = "list";

/** Member of a thinking part's own fields that holds the item of the content it came as. */
export const contentItemMember = "content_item";

/** Where servers put thinking as text, best first. Some send the same words in two of them. */
export const reasoningMembers: readonly string[] = [
  ...["reasoning_content", "reasoning", "thinking"],
  // Copilot, which seals it in `reasoning_opaque`.
  "reasoning_text",
];

/** Members of a delta with words, of which most chunks hold one and nothing else. */
export const wordMembers: readonly string[] = ["content", ...reasoningMembers];

/** Members of a message or delta that the contract has a place for. */
export const messageMembers: ReadonlySet<string> = new Set([
  "role",
  "content",
  "refusal",
  "tool_calls",
  "function_call",
  "reasoning_details",
  "reasoning_opaque",
  "annotations",
  "audio",
  "images",
  // Noise, as in the answer.
  "padding",
  ...reasoningMembers,
]);

/**
 * Members of a message that go back with it as they came: Gemini's proofs of thinking. They are
 * laid on the text of the message.
 */
export const returnedMembers: readonly string[] = ["extra_content"];
