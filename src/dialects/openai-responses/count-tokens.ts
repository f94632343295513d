import type { JsonObject } from "@bufbuild/protobuf";
import type { TokenCounter } from "../../contract/adapter.ts";
import { ConnectorError } from "../../contract/connector-error.ts";
import { isTokenCount, tokenCount } from "../token-count.ts";
import { responsesBody, wireRequest } from "./encode.ts";

/** Members of a body that count, or that say how to count. The endpoint refuses all others. */
const countedMembers: readonly string[] = [
  "model",
  "input",
  "conversation",
  "instructions",
  "parallel_tool_calls",
  "personality",
  "previous_response_id",
  "reasoning",
  "text",
  "tool_choice",
  "tools",
  "truncation",
];

/** Counts input tokens at `/responses/input_tokens`: for requests of both wires of OpenAI. */
export const responsesTokenCounter: TokenCounter = {
  encode(input) {
    const { body, context } = responsesBody(input);
    const counted: JsonObject = {};
    for (const member of countedMembers) {
      const value = body[member];
      if (value !== undefined) counted[member] = value;
    }
    return wireRequest("/responses/input_tokens", counted, context, input.requestId);
  },
  decode({ input_tokens: tokens }) {
    if (isTokenCount(tokens)) return tokenCount(tokens);
    throw new ConnectorError("PROVIDER_MALFORMED_RESPONSE", "the provider sent no count of tokens");
  },
};
