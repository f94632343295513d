import type { JsonObject } from "@bufbuild/protobuf";
import type { CacheHint } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { WarningList } from "../warning-list.ts";
import type { WireCacheControl } from "./wire.ts";

const marksMax = 4;
const shortSeconds = 300;
const longSeconds = 3_600;

/** Puts marks for the prompt cache on blocks, and holds them to the four that the API takes. */
export class CacheMarks {
  readonly #warnings: WarningList;
  readonly #marked: { readonly block: JsonObject; readonly field: string }[] = [];

  constructor(warnings: WarningList) {
    this.#warnings = warnings;
  }

  /** Marks a block. Call it in the order of the prompt: tools, system, messages. */
  mark(block: JsonObject, hint: CacheHint, field: string): void {
    block.cache_control = this.#control(hint, field);
    this.#marked.push({ block, field });
  }

  /** Takes back all but the last four marks: they reach furthest into the prompt. */
  settle(): void {
    for (const { block, field } of this.#marked.slice(0, -marksMax)) {
      delete block.cache_control;
      this.#warnings.dropped(`${field}.cache`, "the API takes four hints; the last four were kept");
    }
  }

  #control({ ttl }: CacheHint, field: string): WireCacheControl {
    if (ttl === undefined) return { type: "ephemeral" };
    const seconds = Number(ttl.seconds) + ttl.nanos / 1e9;
    const isLong = seconds * 2 > shortSeconds + longSeconds;
    if (seconds !== (isLong ? longSeconds : shortSeconds)) {
      const taken = isLong ? "1 hour" : "5 minutes";
      this.#warnings.changed(
        `${field}.cache.ttl`,
        `the API keeps for 5 minutes or 1 hour: ${taken}`,
      );
    }
    return { type: "ephemeral", ttl: isLong ? "1h" : "5m" };
  }
}
