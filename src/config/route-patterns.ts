import { RE2JS, RE2JSSyntaxException } from "re2js";

/** Longest pattern of a route, characters. */
export const patternCharactersMax = 512;
/** Most routes. */
export const routesMax = 10_000;

const instructionsMax = 2_000;
const totalWeightMax = 500_000;
/**
 * A range over many code points is folded one by one: it weighs as much as so many instructions.
 */
const wideClassWeight = 2_500;
const wideClass = /\\[pP]|\\x\{|[^\x20-\x7e]/g;

/**
 * Checks patterns one after another with the engine that will match them, and keeps count of the
 * work: each by itself and all together stay within bounds, so that checking ends in about a
 * second, whatever the file holds.
 */
export class PatternChecker {
  #weight = 0;

  /** What is wrong with a pattern. Unset: nothing. */
  check(pattern: string): string | undefined {
    this.#weight += (pattern.match(wideClass)?.length ?? 0) * wideClassWeight;
    if (this.#weight > totalWeightMax) return this.#tooMuch();
    try {
      const size = RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE).programSize();
      this.#weight += size;
      if (size > instructionsMax) return "the pattern is too large: use smaller repeats";
      if (hasOpenQuotation(pattern)) return "the quotation \\Q has no end \\E";
    } catch (error) {
      return explain(error);
    }
    return this.#weight > totalWeightMax ? this.#tooMuch() : undefined;
  }

  #tooMuch(): string {
    return "the patterns of all routes together are too large: use fewer or smaller ones";
  }
}

/**
 * Patterns stand between anchors when they match, which a quotation without an end would swallow.
 */
function hasOpenQuotation(pattern: string): boolean {
  if (!pattern.includes("\\Q")) return false;
  try {
    RE2JS.compile(`(?:${pattern})`);
    return false;
  } catch {
    return true;
  }
}

const constructs: readonly (readonly [RegExp, string])[] = [
  [/^\(\?[=!]/, "lookahead"],
  [/^\(\?<[=!]/, "lookbehind"],
  [/^\(\?>/, "atomic groups"],
  [/^\\(k|\d{1,3})/, "backreferences"],
];

function explain(error: unknown): string {
  if (!(error instanceof RE2JSSyntaxException)) return "expected a pattern in RE2 syntax";
  const part = (error.getPattern() ?? "").replace(/^\(\?i\)/, "");
  for (const [start, construct] of constructs) {
    const found = start.exec(part)?.[0];
    if (found !== undefined) return `RE2 has no ${construct} ${found}`;
  }
  // What may be more of the pattern than its syntax is not quoted.
  const shown = /^(\{[\d,]{1,16}\}|\\.|[^A-Za-z0-9]{1,16})$/.test(part) ? ` ${part}` : "";
  return `expected a pattern in RE2 syntax: ${error.getDescription()}${shown}`;
}
