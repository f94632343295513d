const quote = 0x22;
const zero = 0x30;
const nine = 0x39;
const backslash = 0x5c;
const space = 0x20;
const closeBrace = 0x7d;
/** Texts of which nothing is found again, after which a stream's are not learned any more. */
const missesMax = 8;
/** Shorter pieces of a text are copies already; longer ones would hold all of it. */
const sharedLengthMin = 13;

/** A value in which texts of JSON may differ. */
export interface Hole {
  /** `text` is what is wanted; nobody reads a text that is `noise`, or a number that is `count`. */
  readonly kind: "text" | "noise" | "count";
  /** Members and indexes that lead to it. */
  readonly path: readonly (string | number)[];
  /** Finds the name before it. */
  readonly name: RegExp;
}

/** A hole at a path, which ends with the name of a member. */
export function hole(kind: Hole["kind"], ...path: readonly (string | number)[]): Hole {
  const value = kind === "count" ? "(?=\\d)" : '"';
  return { kind, path, name: new RegExp(`"${path.at(-1)}"\\s*:\\s*${value}`) };
}

/** A hole, and what stands between it and the one before. */
interface Piece {
  readonly before: string;
  readonly hole: Hole;
}

/**
 * Reads objects of JSON that are written alike but for one text and what nobody reads, as the
 * chunks of a stream are, without parsing them: the one before is the pattern of the next.
 *
 * Whatever differs elsewhere is not read, and must be parsed. What is read is what parsing gives:
 * a pattern is a whole object that was parsed, its holes are the whole of values of known paths,
 * and only a whole value of the same kind can fill them.
 */
export class RepeatedJSON {
  #pieces: readonly Piece[] = [];
  /** From the last hole to the brace that ends the object. */
  #end = "";
  #misses = 0;

  /** The text of an object that repeats the one that was learned. Undefined: it does not. */
  read(json: string): string | undefined {
    if (this.#pieces.length === 0) return undefined;
    let at = 0;
    let found: string | undefined;
    for (const { before, hole } of this.#pieces) {
      const start = at + before.length;
      // Comparing a slice takes the engine a fraction of the time that `startsWith` does.
      if (json.slice(at, start) !== before) return undefined;
      at = endOf(hole, json, start);
      if (at === start && hole.kind === "count") return undefined;
      if (at === -1) return undefined;
      if (hole.kind === "text") found = textBetween(json, start, at);
    }
    const rest = at + this.#end.length;
    if (found === undefined || json.slice(at, rest) !== this.#end) return undefined;
    at = rest;
    // Anthropic fills up with spaces here, against guessing words from packet sizes.
    while (json.charCodeAt(at) === space) at += 1;
    if (json.charCodeAt(at) !== closeBrace || at + 1 !== json.length) return undefined;
    this.#misses = 0;
    return found;
  }

  /**
   * Takes an object that could be parsed as the pattern, in place of the one before, if these holes
   * are found in it. None: nothing can repeat it.
   */
  learn(json: string, holes: readonly Hole[]): void {
    this.#pieces = [];
    if (holes.length === 0 || this.#misses === missesMax || !json.endsWith("}")) return;
    this.#misses += 1;
    const places = holes.flatMap((hole): readonly Place[] => {
      const found = hole.name.exec(json);
      if (found === null) return [];
      const start = found.index + found[0].length;
      return [{ hole, start, end: endOf(hole, json, start) }];
    });
    places.sort((a, b) => a.start - b.start);
    if (!arePlacesOf(places, json)) return;
    let at = 0;
    this.#pieces = places.map(({ hole, start, end }) => {
      const before = json.slice(at, start);
      at = end;
      return { before, hole };
    });
    this.#end = json.slice(at, -1).trimEnd();
  }
}

/** Where a hole is in a text. */
interface Place {
  readonly hole: Hole;
  readonly start: number;
  readonly end: number;
}

/**
 * Whether the places are the values at their paths, found out by other values in their stead: these
 * come out at the paths only if the places are those of whole values, and nothing else.
 */
function arePlacesOf(places: readonly Place[], json: string): boolean {
  if (!places.some(({ hole }) => hole.kind === "text")) return false;
  let marked = "";
  let at = 0;
  for (const [index, { start, end }] of places.entries()) {
    if (end === -1 || start < at || json.includes(markOf(index))) return false;
    marked += json.slice(at, start) + markOf(index);
    at = end;
  }
  const parsed: unknown = JSON.parse(marked + json.slice(at));
  return places.every(({ hole }, index) => {
    const value = hole.path.reduce(memberOf, parsed);
    return value === (hole.kind === "count" ? Number(markOf(index)) : markOf(index));
  });
}

/** A number with digits of its own, which is a text as well. */
function markOf(index: number): string {
  return `90909090909${index}`;
}

function memberOf(value: unknown, name: string | number): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string | number, unknown>>)[name]
    : undefined;
}

/** Where a value ends whose inside begins at `start`. -1: it does not, or it is not plain. */
function endOf({ kind }: Hole, json: string, start: number): number {
  if (kind === "count") return endOfDigits(json, start);
  let end = start;
  for (;;) {
    const code = json.charCodeAt(end);
    if (code === quote) return end;
    // Beyond the end, the code is no number.
    if (!(code >= space)) return -1;
    // Whether an escape is one that JSON has is found out for a text alone.
    if (code === backslash && kind === "noise") return -1;
    end += code === backslash ? 2 : 1;
  }
}

/** Where a whole number of digits ends: where it starts, if it is none that JSON can say. */
function endOfDigits(json: string, start: number): number {
  let end = start;
  while (json.charCodeAt(end) >= zero && json.charCodeAt(end) <= nine) end += 1;
  return json.charCodeAt(start) === zero && end > start + 1 ? start : end;
}

/** The text that stands between two quotes. Undefined: there is none that JSON can say. */
function textBetween(json: string, start: number, end: number): string | undefined {
  const raw = json.slice(start, end);
  if (raw.includes("\\")) {
    try {
      return JSON.parse(`"${raw}"`) as string;
    } catch {
      return undefined;
    }
  }
  return raw.length < sharedLengthMin ? raw : ` ${raw}`.slice(1);
}
