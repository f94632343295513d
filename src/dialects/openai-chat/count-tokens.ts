import type { TokenCounter } from "../../contract/adapter.ts";
import { ConnectorError } from "../../contract/connector-error.ts";
import { isTokenCount, tokenCount } from "../token-count.ts";
import { encodeChat } from "./encode.ts";
import type { ChatHost } from "./wire.ts";

/** Counts input tokens at an endpoint of the host's own, which takes the body of a call. */
export function chatTokenCounter(host: ChatHost, path: string): TokenCounter {
  return {
    encode: (input) => encodeChat(input, { ...host, path }),
    decode({ input_tokens: tokens }) {
      if (isTokenCount(tokens)) return tokenCount(tokens);
      throw new ConnectorError(
        "PROVIDER_MALFORMED_RESPONSE",
        "the provider sent no count of tokens",
      );
    },
  };
}
