import type { WarningList } from "../warning-list.ts";

const charactersMax = 200;

/**
 * Names of documents as Converse takes them: letters, digits, single spaces, `_`, `-` and brackets,
 * at most 200 characters, each once in a request. A document without a name gets one, for it must
 * have one.
 */
export class DocumentNames {
  readonly #warnings: WarningList;
  readonly #used = new Set<string>();

  constructor(warnings: WarningList) {
    this.#warnings = warnings;
  }

  /** The name to send for a document's own; empty: it has none. */
  take(name: string, field: string): string {
    const sendable = name
      .replace(/[^\p{L}\p{N}\s_()[\]-]/gu, "-")
      .replace(/\s+/g, " ")
      .trim()
      .slice(0, charactersMax)
      .toWellFormed();
    const sent = this.#unique(sendable || "document");
    if (name !== "" && sent !== name) {
      this.#warnings.changed(`${field}.media.name`, `sent as "${sent}", which the API takes`);
    }
    return sent;
  }

  #unique(name: string): string {
    let candidate = name;
    for (let count = 2; this.#used.has(candidate); count += 1) {
      const suffix = ` (${count})`;
      candidate = name.slice(0, charactersMax - suffix.length) + suffix;
    }
    this.#used.add(candidate);
    return candidate;
  }
}
