import { create } from "@bufbuild/protobuf";
import {
  type BatchItem,
  BatchItemSchema,
  type StreamBatchCallRequest,
  StreamBatchCallRequestSchema,
} from "../../gen/ts/nexen/connectors/v1/batch_pb.ts";
import { CallOptionsSchema } from "../../gen/ts/nexen/connectors/v1/options_pb.ts";
import { invalidField } from "../contract/connector-error.ts";
import type { LLMBatchEntry, LLMBatchInput, LLMBatchSettings } from "../contract/llm.ts";
import { type LLMOption, type LLMSettings, noSettings } from "../contract/options.ts";
import { requestMessage } from "./request-message.ts";

/**
 * The message of a batch. Throws INVALID_REQUEST for options that cannot be those of an item.
 */
export function batchRequest(
  inputs: readonly LLMBatchInput[],
  { maxConcurrency = 0 }: LLMBatchSettings,
  model: string,
  { callOptions }: LLMSettings,
): StreamBatchCallRequest {
  return create(StreamBatchCallRequestSchema, {
    items: inputs.map((input, index) => batchItem(input, index, model)),
    defaultOptions: callOptions,
    maxConcurrency,
  });
}

function batchItem(input: LLMBatchInput, index: number, model: string): BatchItem {
  const entry: LLMBatchEntry = "request" in input ? input : { request: input };
  const { id = "", request, options = [], requestId = "" } = entry;
  const hasOptions = options.length > 0 || requestId !== "";
  return create(BatchItemSchema, {
    id,
    request: requestMessage(request, model),
    ...(hasOptions && {
      options: create(CallOptionsSchema, { ...itemOptions(options, index), requestId }),
    }),
  });
}

function itemOptions(options: readonly LLMOption[], index: number): LLMSettings["callOptions"] {
  const settings = options.reduce((sum, option) => option(sum), noSettings);
  if (settings.baseURL !== undefined || settings.server !== undefined) {
    const field = `requests[${index}].options`;
    throw invalidField(field, "withBaseURL and withServer belong to newLLM");
  }
  return settings.callOptions;
}
