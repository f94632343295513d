import type { TokenCounter } from "../../contract/adapter.ts";
import { ConnectorError } from "../../contract/connector-error.ts";
import { isTokenCount, tokenCount } from "../token-count.ts";
import { encodeTokenCount } from "./encode.ts";
import type { GeminiHost } from "./wire.ts";

/** Counts the input tokens of a request by the method `countTokens`. */
export function geminiTokenCounter(host: GeminiHost): TokenCounter {
  return {
    encode: (input) => encodeTokenCount(input, host),
    decode(body) {
      if (isTokenCount(body.totalTokens)) return tokenCount(body.totalTokens);
      throw new ConnectorError(
        "PROVIDER_MALFORMED_RESPONSE",
        "the provider's count holds no number of tokens",
      );
    },
  };
}
