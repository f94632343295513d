import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { type Usage, UsageSource } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { isEmpty, isObject, objectOf, setMember, storable, unknownMembers } from "../json.ts";
import { isTokenCount, tokenCount } from "../token-count.ts";

/** Tokens as a server of this wire reports them. */
export interface ChatUsage {
  /** Undefined where the numbers cannot be used. */
  readonly usage: Usage | undefined;
  /** What the contract has no place for, zeros left out: totals, costs, timings. */
  readonly rest: JsonObject;
}

const countMembers: ReadonlySet<string> = new Set(["prompt_tokens", "completion_tokens"]);
const detailMembers: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["prompt_tokens_details", new Set(["cached_tokens", "cache_write_tokens", "audio_tokens"])],
  ["completion_tokens_details", new Set(["reasoning_tokens", "audio_tokens"])],
]);
const noMembers: ReadonlySet<string> = new Set();

/**
 * Reads `usage` by the contract's identity: input with what was cached, output with thinking.
 *
 * OpenAI counts so itself. Hosts that count thinking, cached or spoken input apart are told by
 * their sums; their own two numbers are then kept in `rest`.
 */
export function readUsage(raw: JsonObject): ChatUsage {
  const written = writtenIn(raw);
  if (!isTokenCount(raw.prompt_tokens) || !isTokenCount(written)) {
    return { usage: undefined, rest: withoutZeros(unknownMembers(raw, noMembers)) };
  }
  const input = objectOf(raw.prompt_tokens_details);
  const output = objectOf(raw.completion_tokens_details);
  const prompt = tokenCount(raw.prompt_tokens);
  const completion = tokenCount(written);
  const total = tokenCount(raw.total_tokens);
  const cacheRead = firstCount(
    input.cached_tokens,
    raw.prompt_cache_hit_tokens,
    raw.cache_read_input_tokens,
    raw.cached_tokens,
    raw.num_cached_tokens,
  );
  const cacheWrite = firstCount(input.cache_write_tokens, raw.cache_creation_input_tokens);
  const told = firstCount(output.reasoning_tokens, raw.reasoning_tokens);
  const inputAudio = tokenCount(input.audio_tokens);
  // Gateways count thinking anew: a little over all output is all output, much more was apart.
  const reasoningApart =
    told > 0n && (total === prompt + completion + told || told > completion + completion / 4n);
  const reasoning = reasoningApart || told < completion ? told : completion;
  const cached = cacheRead + cacheWrite;
  const cachedApart =
    cached > prompt || (cached > 0n && !reasoningApart && total === prompt + completion + cached);
  const audioApart = inputAudio > 0n && total === prompt + completion + inputAudio;
  const usage: Usage = {
    $typeName: "nexen.connectors.v1.Usage",
    inputTokens: prompt + (cachedApart ? cached : 0n) + (audioApart ? inputAudio : 0n),
    outputTokens: completion + (reasoningApart ? reasoning : 0n),
    cacheReadTokens: cacheRead,
    cacheWriteTokens: cacheWrite,
    reasoningTokens: reasoning,
    inputAudioTokens: inputAudio,
    outputAudioTokens: tokenCount(output.audio_tokens),
    serverToolUses: {},
    source: UsageSource.REPORTED,
  };
  const isOwnSum = reasoningApart || cachedApart || audioApart;
  return { usage, rest: restOf(raw, isOwnSum ? noMembers : countMembers) };
}

/** Tokens of the answer. Left out beside a total that is all prompt, they are none. */
function writtenIn(usage: JsonObject): JsonValue | undefined {
  const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = usage;
  return completion ?? (total !== undefined && total === prompt ? 0 : undefined);
}

/** What the counts leave of the usage, and of the details in it. */
function restOf(raw: JsonObject, known: ReadonlySet<string>): JsonObject {
  const rest: JsonObject = {};
  for (const name in raw) {
    const value = raw[name];
    if (known.has(name) || value === null || value === undefined) continue;
    const knownDetails = isObject(value) ? detailMembers.get(name) : undefined;
    if (knownDetails === undefined) keepNonZero(rest, name, storable(value));
    else keepNonZero(rest, name, unknownMembers(objectOf(value), knownDetails) ?? {});
  }
  return rest;
}

/** The first of several names for one number that holds a number. */
function firstCount(...values: readonly (JsonValue | undefined)[]): bigint {
  return tokenCount(values.find((value) => tokenCount(value) > 0n));
}

/** Zeros say that something was not used; every server fills its answer with other ones. */
export function withoutZeros(object: JsonObject | undefined): JsonObject {
  const rest: JsonObject = {};
  for (const name in object) keepNonZero(rest, name, object[name] ?? null);
  return rest;
}

function keepNonZero(rest: JsonObject, name: string, value: JsonValue): void {
  const kept = isObject(value) ? withoutZeros(value) : value;
  const isNothing = kept === 0 || (isObject(kept) && isEmpty(kept));
  if (!isNothing) setMember(rest, name, kept);
}
