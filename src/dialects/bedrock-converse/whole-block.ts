import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { parseJSON } from "../../contract/exact-json.ts";
import { fromBase64, toBase64 } from "../base64.ts";
import { arrayOf, isObject, mergeInto, objectOf, setMember } from "../json.ts";
import { argumentsText } from "./wire.ts";

/**
 * A block whose deltas are laid on it until it is whole: results and images, or of an unknown kind.
 */
export class WholeBlock {
  readonly #block: JsonObject = {};
  /** The arguments of a call that the provider makes itself, as they come. */
  #input = "";
  /** Bytes of media by their kind, in the pieces in which they come. */
  readonly #bytes = new Map<string, Uint8Array[]>();

  /** `start` is what the block begins with. */
  constructor(start: JsonObject) {
    this.grow(start);
  }

  /** Lays a delta on the block: texts and bytes grow, lists get longer, the rest is replaced. */
  grow(delta: JsonObject): void {
    for (const [kind, value] of Object.entries(delta)) {
      const before = this.#block[kind];
      if (kind === "toolResult" && Array.isArray(value)) this.#growResult(value);
      else if (kind === "toolUse") this.#growCall(objectOf(value));
      else if (typeof before === "string" && typeof value === "string") {
        setMember(this.#block, kind, before + value);
      } else mergeInto(this.#block, { [kind]: this.#withoutBytes(kind, value) });
    }
  }

  /** The block as a whole answer has it. */
  toBlock(): JsonObject {
    const block = { ...this.#block };
    for (const [kind, pieces] of this.#bytes) {
      const media = objectOf(block[kind]);
      const source = { ...objectOf(media.source), bytes: toBase64(Buffer.concat(pieces)) };
      setMember(block, kind, { ...media, source });
    }
    if (isObject(block.toolUse)) block.toolUse = { ...block.toolUse, input: parsed(this.#input) };
    return block;
  }

  /** Takes the bytes out of a piece of media. */
  #withoutBytes(kind: string, value: JsonValue): JsonValue {
    const source = isObject(value) ? value.source : undefined;
    if (!isObject(value) || !isObject(source) || typeof source.bytes !== "string") return value;
    const { bytes, ...rest } = source;
    const pieces = this.#bytes.get(kind) ?? [];
    this.#bytes.set(kind, pieces);
    pieces.push(fromBase64(bytes));
    return { ...value, source: rest };
  }

  #growResult(more: readonly JsonValue[]): void {
    const result = objectOf(this.#block.toolResult);
    this.#block.toolResult = { ...result, content: grownList(arrayOf(result.content), more) };
  }

  #growCall({ input, ...rest }: JsonObject): void {
    this.#input += argumentsText(input);
    mergeInto(this.#block, { toolUse: rest });
  }
}

/** A text goes on with the text that the next delta begins with. */
function grownList(before: readonly JsonValue[], more: readonly JsonValue[]): JsonValue[] {
  const last = objectOf(before.at(-1));
  const next = objectOf(more[0]);
  if (typeof last.text !== "string" || typeof next.text !== "string") return [...before, ...more];
  return [
    ...before.slice(0, -1),
    { ...last, ...next, text: last.text + next.text },
    ...more.slice(1),
  ];
}

/** Arguments as a value; cut or malformed ones as the text that came, never repaired. */
function parsed(text: string): JsonValue {
  if (text.trim() === "") return {};
  try {
    return parseJSON(text) as JsonValue;
  } catch {
    return text;
  }
}
