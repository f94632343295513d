import type { JsonObject } from "@bufbuild/protobuf";

/** A message in `input`: from outside (`input_…` content) or the model's own (`output_text`). */
export interface MessageItem extends JsonObject {
  type: "message";
  role: string;
  /** Pieces, or marks of pieces that are sent as raw JSON. */
  content: (JsonObject | string)[];
}

/**
 * Where an adapter keeps the members of the item that a part came from: under this name in the
 * part's entry of `provider_options`. Members of the content part itself stand beside it.
 */
export const itemMember = "item";

/**
 * Members of a response that only say what the request said, or what is documented to hold where
 * the request said nothing. They are large (instructions, tools), or name the end user, and tell
 * the caller nothing new, so they are left out of `provider_metadata`.
 */
export const echoedMembers: readonly string[] = [
  "background",
  "frequency_penalty",
  "include",
  "input",
  "instructions",
  "max_output_tokens",
  "max_tool_calls",
  "metadata",
  "parallel_tool_calls",
  "presence_penalty",
  "previous_response_id",
  "prompt",
  "prompt_cache_key",
  "prompt_cache_retention",
  "safety_identifier",
  "store",
  "stream",
  "temperature",
  "text",
  "tool_choice",
  "tools",
  "top_logprobs",
  "top_p",
  "truncation",
  "user",
];

/**
 * Members of a response that have a place in `LLMResponse`; `output_text` is its text once more.
 */
export const modelledMembers: readonly string[] = [
  "created_at",
  "error",
  "id",
  "incomplete_details",
  "model",
  "object",
  "output",
  "output_text",
  "status",
  "usage",
];

/**
 * Middle names of events (`response.<name>.<step>`) that only tell how far a tool of the provider
 * is, or show in pieces what its finished item holds whole. They end in nothing of their own.
 */
export const progressNames: ReadonlySet<string> = new Set([
  "apply_patch_call",
  "apply_patch_call_operation_diff",
  "code_interpreter_call",
  "code_interpreter_call_code",
  "computer_call",
  "file_search_call",
  "image_generation_call",
  "mcp_call",
  "mcp_call_arguments",
  "mcp_list_tools",
  "shell_call",
  "shell_call_command",
  "shell_call_output_content",
  "tool_search_call",
  "web_search_call",
]);
