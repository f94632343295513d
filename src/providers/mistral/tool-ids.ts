import type { Content } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { ToolIDs } from "../../dialects/openai-tool-ids.ts";
import { stableHash } from "../../dialects/stable-hash.ts";

/** The one form of an id that the API takes: nine letters and digits. */
const accepted = /^[a-zA-Z0-9]{9}$/;
const characters = 9;
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const base = BigInt(alphabet.length);

/**
 * Ids of tool calls in the form that the API takes. An id in this form stays as it is, so all that
 * it made itself do. Any other one becomes one that depends on it alone: the call and its result
 * agree, and the same history gives the same text in every turn. Two ids of one request never
 * become one.
 */
export class MistralToolIDs extends ToolIDs {
  readonly #taken: Set<string>;
  readonly #mapped = new Map<string, string>();

  /** `contents` is the whole history: no id is given out that it holds already. */
  constructor(contents: readonly Content[]) {
    super(characters);
    this.#taken = new Set(contents.flatMap(idsOf).filter((id) => accepted.test(id)));
  }

  override map(id: string): string {
    if (accepted.test(id)) return id;
    const known = this.#mapped.get(id);
    if (known !== undefined) return known;
    let made = shortened(id);
    for (let turn = 1; this.#taken.has(made); turn += 1) made = shortened(`${turn} ${id}`);
    this.#taken.add(made);
    this.#mapped.set(id, made);
    return made;
  }
}

function idsOf({ parts }: Content): readonly string[] {
  return parts.flatMap(({ kind }) => (kind.case === "toolCall" ? [kind.value.id] : []));
}

function shortened(text: string): string {
  let rest = stableHash(text);
  let made = "";
  while (made.length < characters) {
    made += alphabet[Number(rest % base)];
    rest /= base;
  }
  return made;
}
