import { create, type JsonObject } from "@bufbuild/protobuf";
import {
  type Usage,
  UsageSchema,
  UsageSource,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { arrayOf, objectOf, setMember, storable, unknownMembers } from "../json.ts";
import { isTokenCount, tokenCount } from "../token-count.ts";

const inputMembers = ["promptTokenCount", "toolUsePromptTokenCount", "cachedContentTokenCount"];
const outputMembers = ["candidatesTokenCount", "thoughtsTokenCount"];

/** Counts that can be told from Usage again; all others are metadata. */
const knownMembers: ReadonlySet<string> = new Set([
  "promptTokenCount",
  "cachedContentTokenCount",
  ...outputMembers,
]);

/**
 * The API's usage in the identity of the contract. Its `promptTokenCount` includes what was cached,
 * but not what tools of the provider put into the prompt; its `candidatesTokenCount` leaves out
 * thoughts. Undefined where nothing is counted: the first chunks of a stream on Vertex AI say who
 * pays only.
 */
export function usageOf(raw: JsonObject): Usage | undefined {
  if (!isCounting(raw)) return undefined;
  const cacheReadTokens = tokenCount(raw.cachedContentTokenCount);
  const reasoningTokens = tokenCount(raw.thoughtsTokenCount);
  return create(UsageSchema, {
    inputTokens: tokenCount(raw.promptTokenCount) + tokenCount(raw.toolUsePromptTokenCount),
    outputTokens: tokenCount(raw.candidatesTokenCount) + reasoningTokens,
    cacheReadTokens,
    reasoningTokens,
    inputAudioTokens: audioIn(raw.promptTokensDetails),
    outputAudioTokens: audioIn(raw.candidatesTokensDetails),
    source: UsageSource.REPORTED,
  });
}

/** What usage holds beyond that, and counts that cannot be read, as they came. */
export function usageRest(raw: JsonObject): JsonObject | undefined {
  const rest: JsonObject = unknownMembers(raw, knownMembers) ?? {};
  for (const name of knownMembers) {
    const count = raw[name];
    if (count !== undefined && count !== null && !isTokenCount(count)) rest[name] = storable(count);
  }
  return Object.keys(rest).length === 0 ? undefined : rest;
}

/**
 * The usage of a stream so far. Each report that counts at all counts everything until then, and
 * leaves zeros out: it replaces all counts before it. What else was told before holds on.
 */
export function laterUsage(before: JsonObject, report: JsonObject): JsonObject {
  const replaces = isCounting(report);
  const after: JsonObject = {};
  for (const [name, value] of Object.entries(before)) {
    if (!replaces || !countName.test(name)) setMember(after, name, value);
  }
  for (const [name, value] of Object.entries(report)) {
    if (value !== null) setMember(after, name, value);
  }
  return after;
}

const countName = /Token(?:Count|sDetails)$/;

function isCounting(raw: JsonObject): boolean {
  return [...inputMembers, ...outputMembers].some((name) => isTokenCount(raw[name]));
}

function audioIn(details: unknown): bigint {
  const counts = arrayOf(details).map((detail) => {
    const { modality, tokenCount: count } = objectOf(detail);
    // The number is for a target that asks for numbers.
    return modality === "AUDIO" || modality === 4 ? tokenCount(count) : 0n;
  });
  return counts.reduce((sum, count) => sum + count, 0n);
}
