import { type JSONObject, textOr } from "../json.ts";
import { type CacheBlock, cacheBlock } from "../prompt-cache.ts";
import type { Call } from "../wire.ts";
import { contextTokensMax } from "./models.ts";

/** How many tokens a prompt has. */
export interface PromptTokens {
  readonly inputTokens: number;
  /** Those of them that the provider had in its cache. */
  readonly cachedTokens: number;
}

/** Shorter prompts are not cached, tokens. */
const cachedTokensMin = 1024;
/** Cached tokens come in steps of this. */
const cachedTokensStep = 128;
const keepMs = 300_000;
const tokensOfMedia = 800;

/**
 * The parts of a request as the model reads them. Inline media count as a fixed number of tokens.
 */
export function toBlocks(parts: readonly JSONObject[]): CacheBlock[] {
  return parts.map((part) => {
    const media = countMedia(part);
    const block = cacheBlock(part, keepMs);
    const length = JSON.stringify(part, hideData).length;
    return media === 0
      ? block
      : { ...block, tokens: Math.ceil(length / 4) + media * tokensOfMedia };
  });
}

/** The number of tokens of all parts. */
export function sumTokens(blocks: readonly CacheBlock[]): number {
  return blocks.reduce((sum, block) => sum + block.tokens, 0);
}

/** A refusal of a prompt that is longer than the model can read, in the words of a wire. */
export type TooLong = (inputTokens: number) => Error;

/** Counts a prompt and remembers it. Throws for one that is longer than the model can read. */
export function countPrompt(
  { state, nowMs }: Call,
  scope: string,
  blocks: readonly CacheBlock[],
  tooLong: TooLong,
  tokensMax: number = contextTokensMax,
): PromptTokens {
  const inputTokens = sumTokens(blocks);
  if (inputTokens > tokensMax) throw tooLong(inputTokens);
  if (inputTokens < cachedTokensMin) return { inputTokens, cachedTokens: 0 };
  const { readTokens } = state.cache.use(scope, blocks, nowMs);
  const steps = Math.floor(readTokens / cachedTokensStep);
  const cachedTokens = readTokens < cachedTokensMin ? 0 : steps * cachedTokensStep;
  return { inputTokens, cachedTokens };
}

/** Text that stands for a file is not read as text. */
function hideData(_name: string, value: unknown): unknown {
  return isData(value) ? "" : value;
}

function isData(value: unknown): boolean {
  return typeof value === "string" && value.startsWith("data:");
}

function countMedia(value: unknown): number {
  if (isData(value)) return 1;
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((sum: number, one) => sum + countMedia(one), 0);
}

/** Where media lie or what they are, and their size if they came along. */
export function describeMedia(url: unknown): { label: string; bytes: number | undefined } {
  const [, type = "", data = ""] = /^data:([^;,]*);base64,(.*)$/s.exec(textOr(url)) ?? [];
  if (type === "") return { label: textOr(url).slice(0, 200), bytes: undefined };
  return { label: type, bytes: Buffer.byteLength(data, "base64") };
}
