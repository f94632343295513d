import type { Dialect } from "../../contract/adapter.ts";
import { openAIError } from "../openai-errors.ts";
import { responsesTokenCounter } from "./count-tokens.ts";
import { decodeResponse } from "./decode.ts";
import { ResponsesStreamDecoder } from "./decode-stream.ts";
import { encodeResponses } from "./encode.ts";

/** OpenAI's Responses API, and servers that speak it. */
export const openAIResponses: Dialect = {
  name: "openai-responses",
  framing: "sse",
  defaultBaseURL: "https://api.openai.com/v1",
  auth: { scheme: "bearer" },
  requestIdHeader: "x-request-id",
  encode: encodeResponses,
  decode: decodeResponse,
  createDecoder: (context) => new ResponsesStreamDecoder(context),
  toError: openAIError,
  countTokens: responsesTokenCounter,
};
