import { createHash } from "node:crypto";
import { BoundedMap } from "./bounded-map.ts";
import { roughTokens } from "./tokens.ts";

/** A block of a prompt, in the order the model reads them. */
export interface CacheBlock {
  /** The block as text; equal texts are equal blocks. */
  readonly text: string;
  /** Rough number of tokens. */
  readonly tokens: number;
  /** How long the prefix up to and with this block is to be kept, ms. Unset: not at all. */
  readonly keepMs: number | undefined;
}

/** How the tokens of a prompt fall into parts. */
export interface CacheUse {
  readonly readTokens: number;
  /** Tokens written now, to be kept for five minutes and for an hour. */
  readonly written5mTokens: number;
  readonly written1hTokens: number;
  /** Tokens after the last kept prefix. */
  readonly uncachedTokens: number;
}

/** Prefixes that are remembered; the oldest is forgotten first. */
const prefixesMax = 10_000;

/** Up to here a lifetime counts as the short one, ms. */
const shortLifeMs = 300_000;

/** Makes a block from what stands in a request. */
export function cacheBlock(value: unknown, keepMs: number | undefined): CacheBlock {
  const text = JSON.stringify(value) ?? "";
  return { text, tokens: roughTokens(text), keepMs };
}

/** Remembers which prefixes of prompts were seen and until when. */
export class PromptCache {
  readonly #expiryMs: BoundedMap<number> = new BoundedMap(prefixesMax);

  /** Looks a prompt up and remembers the prefixes that are to be kept. */
  use(scope: string, blocks: readonly CacheBlock[], nowMs: number): CacheUse {
    const prefixes = hashPrefixes(scope, blocks);
    const lastKept = blocks.findLastIndex((block) => block.keepMs !== undefined);
    const known = prefixes.map((prefix) => (this.#expiryMs.get(prefix) ?? 0) > nowMs);
    const lastKnown = lastKept < 0 ? -1 : known.lastIndexOf(true, lastKept);
    const sum = (from: number, to: number): number =>
      blocks.slice(from, to).reduce((tokens, block) => tokens + block.tokens, 0);
    let written5mTokens = 0;
    let written1hTokens = 0;
    let start = lastKnown + 1;
    for (const [index, block] of blocks.entries()) {
      if (block.keepMs === undefined) continue;
      this.#expiryMs.set(prefixes[index] ?? "", nowMs + block.keepMs);
      if (index < start) continue;
      const tokens = sum(start, index + 1);
      if (block.keepMs <= shortLifeMs) written5mTokens += tokens;
      else written1hTokens += tokens;
      start = index + 1;
    }
    const readTokens = sum(0, lastKnown + 1);
    const uncachedTokens = sum(0, blocks.length) - readTokens - written5mTokens - written1hTokens;
    return { readTokens, written5mTokens, written1hTokens, uncachedTokens };
  }
}

function hashPrefixes(scope: string, blocks: readonly CacheBlock[]): string[] {
  let before = scope;
  return blocks.map((block) => {
    before = createHash("sha256").update(`${before}\0${block.text}`).digest("base64");
    return before;
  });
}
