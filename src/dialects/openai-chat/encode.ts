import type { JsonObject } from "@bufbuild/protobuf";
import {
  type LLMRequest,
  Modality,
  type ResponseFormat,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { EncodeInput, WireRequest } from "../../contract/adapter.ts";
import { mergeInto, objectOf } from "../json.ts";
import { encodeLabels } from "../openai-labels.ts";
import { schemaFields } from "../openai-schema.ts";
import { ToolIDs } from "../openai-tool-ids.ts";
import { RawJSON } from "../raw-json.ts";
import { WarningList } from "../warning-list.ts";
import type { EncodeContext } from "./encode-context.ts";
import { encodeMessages } from "./encode-messages.ts";
import { encodeThinking } from "./encode-thinking.ts";
import { encodeTools } from "./encode-tools.ts";
import type { ChatHost } from "./wire.ts";

/**
 * A request as a body for the host's endpoint of chat completions. Throws UNSUPPORTED_FIELD for
 * media that this wire has no form for.
 *
 * Sampling knobs go out as given for every model: which models refuse which knob changes from
 * release to release, and the provider's 400 names the parameter, where a list here would drop it
 * on a guess.
 */
export function encodeChat(input: EncodeInput, host: ChatHost): WireRequest {
  const { request, adapter, model, stream, requestId } = input;
  const context: EncodeContext = {
    adapter,
    host,
    warnings: new WarningList(),
    raw: new RawJSON(),
    toolIDs: new ToolIDs(host.toolIDCharactersMax),
  };
  const body: JsonObject = {
    model,
    messages: encodeMessages(request.contents, context),
    ...encodeSampling(request, context),
    ...encodeTools(request, context),
    ...encodeOutput(request, context),
    ...encodeLabels(request, context.warnings, host.labels),
  };
  if (stream) {
    body.stream = true;
    if (host.takesStreamOptions !== false) body.stream_options = { include_usage: true };
  }
  mergeInto(body, objectOf(request.providerOptions?.[adapter]));
  return {
    method: "POST",
    path: host.path,
    headers: requestId === "" ? {} : { "x-client-request-id": requestId },
    body: context.raw.write(body),
    warnings: context.warnings.all(),
  };
}

/** The knobs of sampling and the limits of the answer, each only where it is given. */
export function encodeSampling(
  request: LLMRequest,
  { host, warnings, raw }: EncodeContext,
): JsonObject {
  const { maxOutputTokens, temperature, topP, topK, seed } = request;
  const { presencePenalty, frequencyPenalty, stopSequences } = request;
  if (topK !== undefined && !host.takesTopK) {
    warnings.dropped("top_k", "this wire has no such parameter");
  }
  const stop = stopSequences.slice(0, host.stopSequencesMax);
  if (stop.length < stopSequences.length) {
    warnings.dropped(
      `stop_sequences[${stop.length}]`,
      `the provider takes ${host.stopSequencesMax} stop sequences; this and later ones are left out`,
    );
  }
  const knobs: JsonObject = {};
  if (maxOutputTokens !== undefined) knobs[host.maxTokensMember] = maxOutputTokens;
  if (temperature !== undefined) knobs.temperature = temperature;
  if (topP !== undefined) knobs.top_p = topP;
  if (topK !== undefined && host.takesTopK) knobs.top_k = topK;
  if (seed !== undefined) knobs.seed = raw.integer(seed);
  if (presencePenalty !== undefined) knobs.presence_penalty = presencePenalty;
  if (frequencyPenalty !== undefined) knobs.frequency_penalty = frequencyPenalty;
  if (stop.length > 0) knobs.stop = stop;
  return knobs;
}

function encodeOutput(request: LLMRequest, context: EncodeContext): JsonObject {
  const format = encodeFormat(request.responseFormat, context);
  const modalities = request.modalities.map((modality) => modalityNames.get(modality) ?? "text");
  return {
    ...(format !== undefined && { response_format: format }),
    // Speech also needs a voice and a format, which are the provider's own: `audio` in its options.
    ...(modalities.length > 0 && { modalities }),
    ...encodeThinking(request, context),
  };
}

const modalityNames: ReadonlyMap<Modality, string> = new Map<Modality, string>([
  [Modality.TEXT, "text"],
  [Modality.AUDIO, "audio"],
  [Modality.IMAGE, "image"],
]);

/**
 * The shape of the answer. Undefined where none is given. Throws INVALID_REQUEST for a bad schema.
 */
export function encodeFormat(
  responseFormat: ResponseFormat | undefined,
  { raw }: EncodeContext,
): JsonObject | undefined {
  switch (responseFormat?.format.case) {
    case "text":
      return { type: "text" };
    case "jsonObject":
      return { type: "json_object" };
    case "jsonSchema":
      return {
        type: "json_schema",
        json_schema: schemaFields(responseFormat.format.value, raw),
      };
    default:
      return undefined;
  }
}
