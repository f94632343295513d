import { WarningKind } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Dialect, EncodeInput, WireRequest } from "../../contract/adapter.ts";
import { decodeMessage } from "../anthropic-messages/decode.ts";
import { encodeMessages } from "../anthropic-messages/encode.ts";
import type { MessagesHost } from "../anthropic-messages/messages-host.ts";
import { toBase64 } from "../base64.ts";
import { bedrockConverse } from "../bedrock-converse/dialect.ts";
import { decodeBedrockCount } from "../bedrock-count.ts";
import { bedrockPath } from "../bedrock-place.ts";
import { createInvokeDecoder } from "./invoke-stream.ts";

const bedrock: MessagesHost = {
  path: ({ model, stream }) =>
    bedrockPath(model, stream ? "invoke-with-response-stream" : "invoke"),
  countPath: ({ model }) => bedrockPath(model, "count-tokens"),
  bodyVersion: "bedrock-2023-05-31",
  betasInBody: true,
  streamInPath: true,
};

/**
 * InvokeModel of Bedrock with Claude's own body: the Messages wire behind another path, in another
 * framing, with Bedrock's keys and errors. The name of the model goes as it is: an id of Bedrock's,
 * of an inference profile, or an ARN.
 */
export const anthropicBedrock: Dialect = Object.freeze<Dialect>({
  ...bedrockConverse,
  name: "messages",
  encode: encodeInvoke,
  decode: decodeMessage,
  createDecoder: createInvokeDecoder,
  countTokens: { encode: encodeCount, decode: decodeBedrockCount },
});

function encodeInvoke(input: EncodeInput): WireRequest {
  const wire = encodeMessages(input, bedrock);
  if (!input.stream) return wire;
  const accept = "application/vnd.amazon.eventstream";
  return { ...wire, headers: { ...wire.headers, accept } };
}

/** A count is asked with the whole body of a call, what is only for its answer included. */
function encodeCount(input: EncodeInput): WireRequest {
  const { body, warnings, ...wire } = encodeMessages(input, bedrock);
  return {
    ...wire,
    path: bedrock.countPath(input),
    body: JSON.stringify({ input: { invokeModel: { body: toBase64(Buffer.from(body)) } } }),
    warnings: warnings.filter(({ kind }) => kind !== WarningKind.DEFAULTED),
  };
}
