import type { ChatHost } from "./wire.ts";

/**
 * A server that is known by nothing but its address. Open servers take `top_k` and ignore what they
 * do not know; thinking goes back in the member that most of them ask for.
 */
export const openServer: ChatHost = {
  path: "/chat/completions",
  maxTokensMember: "max_tokens",
  stopSequencesMax: 64,
  toolIDCharactersMax: 256,
  takesTopK: true,
  takesVideo: true,
  reasoningMember: "reasoning_content",
  thinking: { isShown: true },
  labels: { endUserMember: "user", takesMetadata: true },
};
