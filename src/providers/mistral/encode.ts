import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { type LLMRequest, Modality } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { EncodeInput, WireRequest } from "../../contract/adapter.ts";
import { isObject, mergeInto, objectOf } from "../../dialects/json.ts";
import { encodeFormat, encodeSampling } from "../../dialects/openai-chat/encode.ts";
import type { EncodeContext } from "../../dialects/openai-chat/encode-context.ts";
import { encodeThinking } from "../../dialects/openai-chat/encode-thinking.ts";
import { encodeTools } from "../../dialects/openai-chat/encode-tools.ts";
import type { ChatHost } from "../../dialects/openai-chat/wire.ts";
import { encodeLabels } from "../../dialects/openai-labels.ts";
import { RawJSON } from "../../dialects/raw-json.ts";
import { WarningList } from "../../dialects/warning-list.ts";
import { encodeMessages } from "./encode-messages.ts";
import { encodePrompt } from "./encode-prompt.ts";
import { chatEndpoint, type Endpoint, endpointOf } from "./endpoint.ts";
import { MistralToolIDs } from "./tool-ids.ts";

/** What the API takes, in the terms of the wire that it resembles. */
const host: ChatHost = {
  path: chatEndpoint.path,
  maxTokensMember: "max_tokens",
  // It names no limit; this is the contract's own.
  stopSequencesMax: 64,
  toolIDCharactersMax: 9,
  thinking: { isShown: true },
  labels: { takesMetadata: true },
};

/**
 * A request as a body for the endpoint that its options pick. Usage is not asked for: it comes
 * with the last chunk, and the API's specification has no `stream_options`. Throws
 * UNSUPPORTED_FIELD for what the API has no form for.
 */
export function encodeMistral(input: EncodeInput): WireRequest {
  const { request, adapter, model, stream } = input;
  const own = objectOf(request.providerOptions?.[adapter]);
  const endpoint = endpointOf(own, adapter);
  const context: EncodeContext = {
    adapter,
    host,
    warnings: new WarningList(),
    raw: new RawJSON(),
    toolIDs: new MistralToolIDs(request.contents),
  };
  const body: JsonObject = {
    ...(endpoint.takesModel && { model }),
    ...(endpoint.prompt === "code"
      ? { prompt: encodePrompt(request.contents, context) }
      : { messages: encodeMessages(request.contents, context) }),
    ...knobsOf(request, endpoint, context),
    ...(stream && { stream: true }),
  };
  const { fim, ...others } = own;
  mergeInto(mergeInto(body, objectOf(fim)), others);
  return {
    method: "POST",
    path: endpoint.path,
    headers: {},
    body: context.raw.write(body),
    warnings: context.warnings.all(),
  };
}

function knobsOf(request: LLMRequest, { lacks }: Endpoint, context: EncodeContext): JsonObject {
  const { warnings } = context;
  const { seed, ...sampling } = encodeSampling(request, context);
  const { tools, ...choice } = encodeTools(request, context);
  const format = encodeFormat(request.responseFormat, context);
  for (const [index, modality] of request.modalities.entries()) {
    if (modality !== Modality.TEXT) warnings.dropped(`modalities[${index}]`, "it answers in text");
  }
  const knobs: JsonObject = {
    ...sampling,
    ...(seed !== undefined && { random_seed: seed }),
    ...(Array.isArray(tools) && { tools: tools.map(withParameters) }),
    ...choice,
    ...(format !== undefined && { response_format: format }),
    ...encodeThinking(request, context),
    ...encodeLabels(request, warnings, host.labels),
  };
  for (const [member, field] of Object.entries(lacks)) {
    if (knobs[member] === undefined) continue;
    delete knobs[member];
    warnings.dropped(field, "this endpoint has no such parameter");
  }
  return knobs;
}

/** A function without arguments has a schema without members here; the API requires one. */
function withParameters(tool: JsonValue): JsonValue {
  if (!isObject(tool) || !isObject(tool.function)) return tool;
  const parameters: JsonObject = { type: "object", properties: {} };
  return { ...tool, function: { parameters, ...tool.function } };
}
