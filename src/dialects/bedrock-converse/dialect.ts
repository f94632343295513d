import type { Dialect } from "../../contract/adapter.ts";
import { decodeBedrockCount } from "../bedrock-count.ts";
import { bedrockError } from "../bedrock-errors.ts";
import { bedrockGeography } from "../bedrock-geography.ts";
import { bedrockBaseURL } from "../bedrock-place.ts";
import { createConverseDecoder, decodeConverse } from "./decode.ts";
import { encodeConverse, encodeConverseCount } from "./encode.ts";

/**
 * Converse, Bedrock's own wire for models of every maker. A base URL is the bare origin; the path
 * names the model. Requests are signed, or bear an API key of Bedrock.
 */
export const bedrockConverse: Dialect = Object.freeze<Dialect>({
  name: "bedrock-converse",
  framing: "aws-event-stream",
  defaultBaseURL: "",
  regionalBaseURL: bedrockBaseURL,
  geography: bedrockGeography,
  auth: { scheme: "bearer" },
  credentials: "aws",
  requestIdHeader: "x-amzn-requestid",
  encode: encodeConverse,
  decode: decodeConverse,
  createDecoder: createConverseDecoder,
  toError: bedrockError,
  countTokens: { encode: encodeConverseCount, decode: decodeBedrockCount },
});
