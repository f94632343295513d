import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
} from "yaml";
import type { Path, Place } from "./configuration-problem.ts";

/** Something that is wrong with the YAML itself. */
export interface YAMLProblem extends Place {
  readonly path: Path;
  readonly message: string;
}

/** A YAML file as plain data that remembers where each value stood. */
export interface YAMLFile {
  /** Mappings have no prototype, lists are arrays; undefined for an empty file. */
  readonly value: unknown;
  /** Place of the key of a value, or of the nearest thing around it. */
  readonly locate: (path: Path) => Place;
  /** Empty: `value` is whole. */
  readonly problems: readonly YAMLProblem[];
}

const depthMax = 32;
const tokensMax = 500_000;
const valuesMax = 100_000;
const start: Place = { line: 1, column: 1 };

const explanations: Readonly<Record<string, string>> = {
  BAD_ALIAS: "an alias must be `*` and a name, and nothing else",
  BAD_DIRECTIVE: "directives are not allowed here",
  BAD_DQ_ESCAPE: "this escape is not known in double quotes",
  BAD_INDENT: "the indentation is wrong",
  BAD_SCALAR_START: "a text cannot begin with this character: put it in quotes",
  BLOCK_AS_IMPLICIT_KEY: "a mapping cannot begin here: mend the indentation, or use quotes",
  BLOCK_IN_FLOW: "inside brackets everything must be in brackets",
  KEY_OVER_1024_CHARS: "a key is longer than 1024 characters",
  MISSING_CHAR: "a closing quote or bracket, a comma or a space is missing",
  MULTILINE_IMPLICIT_KEY: "a key must stand on one line",
  MULTIPLE_DOCS: "the file holds more than one document: expected one",
  NON_STRING_KEY: "a key must be a text",
  RESOURCE_EXHAUSTION: `the file is nested deeper than ${depthMax} levels`,
  TAB_AS_INDENT: "a tab is used as indentation: use spaces",
  TAG_RESOLVE_FAILED: "this tag is not known",
  UNEXPECTED_TOKEN: "this text is not expected here",
};

/**
 * Parses YAML 1.2 within limits on depth, tokens and values, so that a hostile file is refused in
 * bounded time and memory. Problems never quote the file.
 */
export function parseYAML(text: string): YAMLFile {
  const excess = findExcess(text);
  if (excess) return { value: undefined, locate: () => start, problems: [excess] };
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    logLevel: "error",
    prettyErrors: false,
    resolveKnownTags: false,
    stringKeys: true,
    // The library compares each key with each; TreeReader does it in linear time.
    uniqueKeys: false,
  });
  const reader = new TreeReader(lines);
  for (const { code, pos } of [...document.errors, ...document.warnings]) {
    reader.addOnce(pos[0], explanations[code] ?? "this is not valid YAML");
  }
  if (document.directives?.yaml.version !== "1.2") {
    reader.addOnce(0, "expected YAML 1.2, and no %YAML line");
  }
  const value = reader.problems.length > 0 ? undefined : reader.read(document);
  return { value, locate: (path) => reader.locate(path), problems: reader.problems };
}

/** Lexemes that stand for no text of the source: see the table of `yaml`'s own lexer. */
const zeroWidth: ReadonlySet<string> = new Set(["\u0002", "\u0018", "\u001f"]);

/** Stops at the first sign of a file made to be expensive, before the parser recurses into it. */
function findExcess(text: string): YAMLProblem | undefined {
  const at = { line: 1, lineOffset: 0 };
  let offset = 0;
  let tokens = 0;
  let brackets = 0;
  let dashes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (lexeme === "[" || lexeme === "{") brackets++;
    else if (lexeme === "]" || lexeme === "}") brackets--;
    else if (lexeme === "-" || lexeme === "?") dashes++;
    const place = { line: at.line, column: offset - at.lineOffset + 1 };
    if (brackets > depthMax || dashes > depthMax) {
      const message = `the file is nested deeper than ${depthMax} levels`;
      return { ...place, path: [], message };
    }
    if (++tokens > tokensMax) {
      return { ...place, path: [], message: `the file has more than ${tokensMax} tokens` };
    }
    if (!zeroWidth.has(lexeme)) offset += lexeme.length;
    for (let end = lexeme.indexOf("\n"); end >= 0; end = lexeme.indexOf("\n", end + 1)) {
      at.line++;
      at.lineOffset = offset - lexeme.length + end + 1;
      dashes = 0;
    }
  }
  return undefined;
}

/** Turns nodes into plain data, follows aliases, and writes down where everything stood. */
class TreeReader {
  readonly problems: YAMLProblem[] = [];
  readonly #lines: LineCounter;
  readonly #places = new Map<string, number>();
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();
  #values = 0;

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  add(offset: number, path: Path, message: string): void {
    this.problems.push({ ...this.#place(offset), path, message });
  }

  /**
   * Adds a problem unless the last one stood on the same line: parsers stumble over one fault
   * twice.
   */
  addOnce(offset: number, message: string): void {
    if (this.problems.at(-1)?.line !== this.#place(offset).line) this.add(offset, [], message);
  }

  locate(path: Path): Place {
    for (let length = path.length; length >= 0; length--) {
      const offset = this.#places.get(JSON.stringify(path.slice(0, length)));
      if (offset !== undefined) return this.#place(offset);
    }
    return start;
  }

  read(document: Document.Parsed): unknown {
    const root = document.contents;
    if (root === null) return undefined;
    this.#places.set("[]", root.range[0]);
    return this.#value(root, [], root.range[0]);
  }

  #place(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }

  #value(node: Node, path: Path, offset: number): unknown {
    if (++this.#values > valuesMax) {
      if (this.#values === valuesMax + 1) {
        this.add(offset, path, `the file has more than ${valuesMax} values, aliases followed`);
      }
      return undefined;
    }
    if (isAlias(node)) return this.#alias(node.source, path, offset);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return node.value;
    if (path.length >= depthMax) {
      this.add(offset, path, `the file is nested deeper than ${depthMax} levels`);
      return undefined;
    }
    this.#open.add(node);
    let value: unknown;
    if (isMap<Node, Node | null>(node)) value = this.#mapping(node.items, path);
    if (isSeq<Node>(node)) value = node.items.map((item, i) => this.#item(item, [...path, i]));
    this.#open.delete(node);
    return value;
  }

  #alias(name: string, path: Path, offset: number): unknown {
    const node = this.#anchors.get(name);
    if (node !== undefined && !this.#open.has(node)) return this.#value(node, path, offset);
    this.add(offset, path, "this alias leads to nothing above it, or to itself");
    return undefined;
  }

  #item(node: Node, path: Path): unknown {
    const offset = node.range?.[0] ?? 0;
    this.#places.set(JSON.stringify(path), offset);
    return this.#value(node, path, offset);
  }

  #mapping(pairs: readonly Pair<Node, Node | null>[], path: Path): unknown {
    const mapping: Record<string, unknown> = Object.create(null);
    for (const { key, value } of pairs) {
      const offset = key.range?.[0] ?? 0;
      const name = isScalar(key) ? key.value : undefined;
      if (typeof name !== "string" || name === "__proto__") {
        this.add(offset, path, "this key is not allowed: expected another text");
      } else if (Object.hasOwn(mapping, name)) {
        this.add(offset, path, "this key is given twice in one mapping");
      } else {
        const inner = [...path, name];
        this.#places.set(JSON.stringify(inner), offset);
        mapping[name] = value === null ? null : this.#value(value, inner, offset);
      }
    }
    return mapping;
  }
}
