import type { JsonObject } from "@bufbuild/protobuf";
import { ConnectorError } from "../contract/connector-error.ts";
import { isTokenCount, tokenCount } from "./token-count.ts";

/** The number of input tokens in an answer of `/count-tokens`. Throws where there is none. */
export function decodeBedrockCount({ inputTokens }: JsonObject): bigint {
  if (isTokenCount(inputTokens)) return tokenCount(inputTokens);
  throw new ConnectorError(
    "PROVIDER_MALFORMED_RESPONSE",
    "the provider's count holds no number of input tokens",
  );
}
