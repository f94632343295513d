import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { parseJSON } from "../../contract/exact-json.ts";
import { fromBase64, toBase64 } from "../base64.ts";
import { arrayOf, isObject, mergeInto, objectOf, setMember, textOf } from "../json.ts";
import { argumentsText } from "./wire.ts";

/** A block whose deltas are laid on it until it is whole: results and images, or of an unknown kind. */
export class WholeBlock {
  readonly #block: JsonObject;
  /** The arguments of a call that the provider makes itself, as they come. */
  #input = "";

  constructor(start: JsonObject) {
    this.#block = mergeInto({}, start);
  }

  /** Lays a delta on the block: texts and bytes grow, lists get longer, the rest is replaced. */
  grow(delta: JsonObject): void {
    for (const [kind, value] of Object.entries(delta)) {
      const before = this.#block[kind];
      if (kind === "toolResult" && Array.isArray(value)) this.#growResult(value);
      else if (kind === "toolUse") this.#growCall(objectOf(value));
      else if (typeof before === "string" && typeof value === "string") {
        setMember(this.#block, kind, before + value);
      } else {
        const bytes = bytesIn(before);
        mergeInto(this.#block, { [kind]: value });
        const { source } = objectOf(this.#block[kind]);
        if (bytes !== "" && isObject(source)) {
          source.bytes = joinedBytes(bytes, textOf(source.bytes));
        }
      }
    }
  }

  /** The block as a whole answer has it. */
  toBlock(): JsonObject {
    const call = this.#block.toolUse;
    if (!isObject(call) || call.input !== undefined) return this.#block;
    return { ...this.#block, toolUse: { ...call, input: parsed(this.#input) } };
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

function bytesIn(value: JsonValue | undefined): string {
  return textOf(objectOf(objectOf(value).source).bytes);
}

function joinedBytes(before: string, more: string): string {
  return toBase64(Uint8Array.from([...fromBase64(before), ...fromBase64(more)]));
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
