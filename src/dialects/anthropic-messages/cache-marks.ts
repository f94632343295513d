import type { JsonObject } from "@bufbuild/protobuf";
import type { CacheHint } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { cacheControl } from "../cache-control.ts";
import type { WarningList } from "../warning-list.ts";

const marksMax = 4;

/** Puts marks for the prompt cache on blocks, and holds them to the four that the API takes. */
export class CacheMarks {
  readonly #warnings: WarningList;
  readonly #marked: { readonly block: JsonObject; readonly field: string }[] = [];

  constructor(warnings: WarningList) {
    this.#warnings = warnings;
  }

  /** Marks a block. Call it in the order of the prompt: tools, system, messages. */
  mark(block: JsonObject, hint: CacheHint, field: string): void {
    block.cache_control = cacheControl(hint, field, this.#warnings);
    this.#marked.push({ block, field });
  }

  /** Takes back all but the last four marks: they reach furthest into the prompt. */
  settle(): void {
    for (const { block, field } of this.#marked.slice(0, -marksMax)) {
      delete block.cache_control;
      this.#warnings.dropped(`${field}.cache`, "the API takes four hints; the last four were kept");
    }
  }
}
