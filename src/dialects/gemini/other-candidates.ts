import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { arrayOf, isObject, mergeInto, objectOf, storable } from "../json.ts";
import { finishWord } from "./stop-reason.ts";

/**
 * Candidates beside the first. The contract has one answer; the others are kept as the provider
 * sent them, those of a stream put together as a whole answer would hold them.
 */
export class OtherCandidates {
  readonly #all: JsonObject[] = [];
  readonly #byIndex = new Map<JsonValue, JsonObject>();

  /** What was kept, in the order of its coming. */
  get all(): readonly JsonObject[] {
    return this.#all;
  }

  /** Whether the provider said of each why it ended. */
  get areFinished(): boolean {
    return this.#all.every(({ finishReason }) => finishWord(finishReason) !== "");
  }

  /** Takes a candidate of a whole answer or of a chunk. */
  take(candidate: JsonObject): void {
    const index = candidate.index ?? 0;
    const known = this.#byIndex.get(index);
    const next = storable(candidate) as JsonObject;
    if (known === undefined) {
      this.#byIndex.set(index, next);
      this.#all.push(next);
      return;
    }
    const { content, ...rest } = next;
    mergeInto(known, rest);
    if (isObject(content)) addContent(known, content);
  }
}

function addContent(known: JsonObject, { parts, ...rest }: JsonObject): void {
  const content = mergeInto(objectOf(known.content), rest);
  known.content = content;
  if (Array.isArray(content.parts)) for (const part of arrayOf(parts)) content.parts.push(part);
  else if (parts !== undefined) content.parts = parts;
}
