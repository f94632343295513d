import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import {
  type LLMRequest,
  Modality,
  type ResponseFormat,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { EncodeInput, WireRequest } from "../../contract/adapter.ts";
import { isObject, mergeInto, objectOf } from "../json.ts";
import { encodeLabels } from "../openai-labels.ts";
import { schemaFields } from "../openai-schema.ts";
import { ToolIDs } from "../openai-tool-ids.ts";
import { RawJSON } from "../raw-json.ts";
import { WarningList } from "../warning-list.ts";
import type { EncodeContext } from "./encode-context.ts";
import { encodeInput } from "./encode-input.ts";
import { encodeTools } from "./encode-tools.ts";

/** Most characters of the id of a call. */
const callIDCharactersMax = 64;

/** A request as JSON, before it is written. */
export interface ResponsesBody {
  readonly body: JsonObject;
  readonly context: EncodeContext;
}

/**
 * A request as a body for `/responses`. Throws UNSUPPORTED_FIELD for content that this wire has no
 * form for.
 *
 * Nothing is set that the caller did not ask for: whether the answer is stored (`store`), which
 * tier serves it, how its input is cut are the provider's defaults, and `provider_options` sets
 * them.
 */
export function encodeResponses(input: EncodeInput): WireRequest {
  const { body, context } = responsesBody(input);
  return wireRequest("/responses", body, context, input.requestId);
}

/** The body of a request with the adapter's `provider_options` laid over it. */
export function responsesBody({ request, adapter, model, stream }: EncodeInput): ResponsesBody {
  const context: EncodeContext = {
    adapter,
    warnings: new WarningList(),
    raw: new RawJSON(),
    toolIDs: new ToolIDs(callIDCharactersMax),
  };
  const items = encodeInput(request.contents, context);
  const format = encodeFormat(request.responseFormat, context);
  const body: JsonObject = {
    model,
    input: [...items],
    ...encodeSampling(request, context),
    ...encodeTools(request, context),
    ...(format !== undefined && { text: { format } }),
    ...encodeReasoning(request, items.some(isReasoning), context),
    ...encodeLabels(request, context.warnings),
    ...(stream && { stream: true }),
  };
  noteModalities(request, context);
  mergeInto(body, objectOf(request.providerOptions?.[adapter]));
  return { body, context };
}

/** A body under way to a path. The caller's id of the call goes in a header. */
export function wireRequest(
  path: string,
  body: JsonObject,
  { raw, warnings }: EncodeContext,
  requestID: string,
): WireRequest {
  return {
    method: "POST",
    path,
    headers: requestID === "" ? {} : { "x-client-request-id": requestID },
    body: raw.write(body),
    warnings: warnings.all(),
  };
}

function encodeSampling(request: LLMRequest, { warnings }: EncodeContext): JsonObject {
  const { maxOutputTokens, temperature, topP } = request;
  const isGiven = {
    top_k: request.topK !== undefined,
    seed: request.seed !== undefined,
    presence_penalty: request.presencePenalty !== undefined,
    frequency_penalty: request.frequencyPenalty !== undefined,
    stop_sequences: request.stopSequences.length > 0,
  };
  for (const [field, given] of Object.entries(isGiven)) {
    if (given) warnings.dropped(field, "this wire has no such parameter");
  }
  return {
    ...(maxOutputTokens !== undefined && { max_output_tokens: maxOutputTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
  };
}

function encodeFormat(
  responseFormat: ResponseFormat | undefined,
  { raw }: EncodeContext,
): JsonObject | undefined {
  switch (responseFormat?.format.case) {
    case "text":
      return { type: "text" };
    case "jsonObject":
      return { type: "json_object" };
    case "jsonSchema":
      return { type: "json_schema", ...schemaFields(responseFormat.format.value, raw) };
    default:
      return undefined;
  }
}

/**
 * `reasoning`, and `include` with the sealed form of reasoning.
 *
 * Reasoning goes from turn to turn by the id of its item where the provider stores answers, and
 * only by its sealed form where it does not (`store: false`, zero data retention). The sealed form
 * is asked for wherever reasoning plainly plays a part: the request speaks of thinking, or its
 * history holds reasoning of this provider. Asking always would fail calls, since models that do
 * not reason refuse it; for all other calls the provider's default holds, which is to send it
 * unasked.
 */
function encodeReasoning(
  request: LLMRequest,
  historyReasons: boolean,
  context: EncodeContext,
): JsonObject {
  const { thinking } = request;
  const reasoning: JsonObject = {};
  const effort = effortOf(request, context);
  if (effort !== "") reasoning.effort = effort;
  if (thinking?.include === true) reasoning.summary = "auto";
  return {
    ...(Object.keys(reasoning).length > 0 && { reasoning }),
    ...((thinking !== undefined || historyReasons) && { include: ["reasoning.encrypted_content"] }),
  };
}

function effortOf({ thinking }: LLMRequest, { warnings }: EncodeContext): string {
  const { effort = "", budgetTokens } = thinking ?? {};
  if (budgetTokens === undefined) return effort;
  if (effort === "" && budgetTokens === 0n) {
    warnings.changed("thinking.budget_tokens", 'sent as the level of effort "none"');
    return "none";
  }
  warnings.dropped("thinking.budget_tokens", "this wire knows levels of effort only");
  return effort;
}

function isReasoning(item: JsonValue): boolean {
  return isObject(item) && item.type === "reasoning";
}

function noteModalities({ modalities }: LLMRequest, { warnings }: EncodeContext): void {
  for (const [index, modality] of modalities.entries()) {
    if (modality === Modality.TEXT) continue;
    warnings.dropped(`modalities[${index}]`, "this wire answers in text; images are a tool's");
  }
}
