/** Path of the endpoint, after the base URL: the bare origin. */
export const chatPath = "/v2/chat";

/** Most stop sequences that the API takes. */
export const stopSequencesMax = 5;

/**
 * What marks thinking as the model's plan for its tools: the `type` under `itemMember` in the
 * part's own options. A plan goes back as the member `tool_plan` of its message.
 */
export const planType = "tool_plan";

/** What marks a block, in the same place, as one of the message's `tool_calls`. */
export const callType = "tool_call";

/** Members of an answer that the contract has a place for. */
export const answerMembers: ReadonlySet<string> = new Set([
  "id",
  "message",
  "finish_reason",
  "usage",
  "logprobs",
]);

/** Members of a message that the contract has a place for. */
export const messageMembers: ReadonlySet<string> = new Set([
  "role",
  "content",
  "tool_plan",
  "tool_calls",
  "citations",
]);
