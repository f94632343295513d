import type { JsonObject } from "@bufbuild/protobuf";
import type { LLMResponse } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { DecodeContext } from "../../contract/adapter.ts";
import { ConnectorError } from "../../contract/connector-error.ts";
import { textOf } from "../json.ts";
import { ResponseBuilder } from "../response-builder.ts";
import { buildResponse, refuseFailed } from "./envelope.ts";
import { OutputItems } from "./output-items.ts";

/** States in which a response need not have an output yet. */
const unfinished: ReadonlySet<string> = new Set([
  "cancelled",
  "in_progress",
  "incomplete",
  "queued",
]);

/**
 * A whole response object as an answer. Throws the classified error of a failed one, and
 * PROVIDER_MALFORMED_RESPONSE for an object without output.
 */
export function decodeResponse(body: JsonObject, context: DecodeContext): LLMResponse {
  refuseFailed(body);
  if (!Array.isArray(body.output) && !unfinished.has(textOf(body.status))) {
    throw new ConnectorError("PROVIDER_MALFORMED_RESPONSE", "the provider's answer has no output");
  }
  const builder = new ResponseBuilder();
  new OutputItems(builder, context.adapter).settle(body);
  return buildResponse(builder, body, context);
}
