import type {
  CountTokensRequest,
  ListModelsRequest,
  ResolveModelRequest,
} from "../../gen/ts/nexen/connectors/v1/catalog_pb.ts";
import type {
  CallRequest,
  StreamCallRequest,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { type LLMRequest, Modality } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Limits } from "../contract/limits.ts";
import { checkContents } from "./validate-content.ts";
import { checkByAdapter } from "./validate-json.ts";
import { checkOptions, checkStreamOptions } from "./validate-options.ts";
import { checkModel, checkText, checkWord } from "./validate-text.ts";
import { checkResponseFormat, checkTools } from "./validate-tools.ts";
import { Violations } from "./violations.ts";

const endUserIdCharactersMax = 512;
const effortCharactersMax = 64;
const modalitiesMax = 16;
const pageTokenCharactersMax = 1024;
const providerCharactersMax = 64;

/**
 * Checks a request with everything in it against the comments of the contract and the limits.
 *
 * Throws one INVALID_REQUEST with up to 32 violations, or EGRESS_FORBIDDEN when all that is wrong
 * is an address of a private network. The time is linear in the size of the request. Values that a
 * newer contract may have added (enum numbers where they can be left out, unknown fields) are no
 * violation.
 */
export function validateCall(
  request: CallRequest | StreamCallRequest | CountTokensRequest,
  limits: Limits,
): void {
  const violations = new Violations();
  if (request.request === undefined) violations.add("request", "is required");
  else checkRequest(violations, "request", request.request, limits);
  checkOptions(violations, request.options, limits);
  if (request.$typeName === "nexen.connectors.v1.StreamCallRequest") {
    checkStreamOptions(violations, request.streamOptions);
  }
  violations.throwIfAny();
}

/** Checks a question about a model's name; see validateCall. */
export function validateResolve(request: ResolveModelRequest, limits: Limits): void {
  const violations = new Violations();
  checkModel(violations, "model", request.model, limits.modelCharacters);
  checkOptions(violations, request.options, limits);
  violations.throwIfAny();
}

/** Checks a question for a page of models. Whether the token is known is not judged here. */
export function validateList(request: ListModelsRequest): void {
  const violations = new Violations();
  if (request.pageSize < 0) violations.add("page_size", "must not be negative");
  checkWord(violations, "page_token", request.pageToken, pageTokenCharactersMax);
  checkWord(violations, "provider", request.provider, providerCharactersMax);
  violations.throwIfAny();
}

function checkRequest(
  violations: Violations,
  field: string,
  request: LLMRequest,
  limits: Limits,
): void {
  checkModel(violations, `${field}.model`, request.model, limits.modelCharacters);
  checkContents(violations, `${field}.contents`, request.contents, limits);
  checkSampling(violations, field, request);
  checkStops(violations, `${field}.stop_sequences`, request.stopSequences, limits);
  checkTools(violations, field, request, limits);
  checkResponseFormat(violations, `${field}.response_format`, request.responseFormat, limits);
  if (request.thinking) {
    const { effort, budgetTokens } = request.thinking;
    checkWord(violations, `${field}.thinking.effort`, effort, effortCharactersMax);
    if (budgetTokens !== undefined && budgetTokens < 0n) {
      violations.add(`${field}.thinking.budget_tokens`, "must not be negative");
    }
  }
  checkModalities(violations, `${field}.modalities`, request.modalities);
  checkWord(violations, `${field}.end_user_id`, request.endUserId, endUserIdCharactersMax);
  checkMetadata(violations, `${field}.metadata`, request.metadata, limits);
  checkByAdapter(
    violations,
    `${field}.provider_options`,
    request.providerOptions,
    limits.jsonDepth,
  );
}

function checkSampling(violations: Violations, field: string, request: LLMRequest): void {
  const checkRange = (name: string, value: number | undefined, min: number, max: number): void => {
    if (value === undefined || (value >= min && value <= max)) return;
    violations.add(`${field}.${name}`, `must be ${min} to ${max}`);
  };
  const int32Max = 2_147_483_647;
  checkRange("max_output_tokens", request.maxOutputTokens, 1, int32Max);
  checkRange("temperature", request.temperature, 0, 2);
  checkRange("top_p", request.topP, 0, 1);
  checkRange("top_k", request.topK, 1, int32Max);
  checkRange("presence_penalty", request.presencePenalty, -2, 2);
  checkRange("frequency_penalty", request.frequencyPenalty, -2, 2);
}

function checkStops(
  violations: Violations,
  field: string,
  stops: readonly string[],
  limits: Limits,
): void {
  if (stops.length > limits.stopSequences) {
    const max = limits.stopSequences;
    violations.add(field, `has ${stops.length} entries, at most ${max} are allowed`);
    return;
  }
  for (const [index, stop] of stops.entries()) {
    if (stop === "") violations.add(`${field}[${index}]`, "is empty");
    else checkText(violations, `${field}[${index}]`, stop);
  }
}

function checkModalities(
  violations: Violations,
  field: string,
  modalities: readonly Modality[],
): void {
  if (modalities.length > modalitiesMax) {
    violations.add(field, `has more than ${modalitiesMax} entries`);
    return;
  }
  for (const [index, modality] of modalities.entries()) {
    if (modality === Modality.UNSPECIFIED) violations.add(`${field}[${index}]`, "is not said");
  }
}

function checkMetadata(
  violations: Violations,
  field: string,
  metadata: Readonly<Record<string, string>>,
  limits: Limits,
): void {
  const entries = Object.entries(metadata);
  if (entries.length > limits.metadataEntries) {
    const max = limits.metadataEntries;
    violations.add(field, `has ${entries.length} entries, at most ${max} are allowed`);
    return;
  }
  for (const [key, value] of entries) {
    const name = JSON.stringify(key.slice(0, 64));
    if (key === "" || key === "__proto__" || !key.isWellFormed()) {
      violations.add(field, `${name} cannot be the name of a label`);
    } else checkText(violations, `${field}[${name}]`, value);
  }
}
