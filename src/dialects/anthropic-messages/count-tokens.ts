import type { TokenCounter } from "../../contract/adapter.ts";
import { ConnectorError } from "../../contract/connector-error.ts";
import { isTokenCount, tokenCount } from "../token-count.ts";
import { encodeTokenCount } from "./encode.ts";

/** Counts the input tokens of a request at `/v1/messages/count_tokens`. */
export const messagesTokenCounter: TokenCounter = {
  encode: (input) => encodeTokenCount(input),
  decode(body) {
    if (isTokenCount(body.input_tokens)) return tokenCount(body.input_tokens);
    throw new ConnectorError(
      "PROVIDER_MALFORMED_RESPONSE",
      "the provider's count holds no number of input tokens",
    );
  },
};
