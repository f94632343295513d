import { ConnectorError } from "../contract/connector-error.ts";

/** One signal that follows others, with CALLER_CANCELLED as its reason whatever theirs is. */
export class Cancellation {
  readonly #controller = new AbortController();
  readonly #sources: readonly AbortSignal[];

  constructor(sources: readonly (AbortSignal | undefined)[]) {
    this.#sources = sources.filter((source) => source !== undefined);
    for (const source of this.#sources) {
      if (source.aborted) this.#cancel();
      else source.addEventListener("abort", this.#cancel, { once: true });
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Follows the others no more. */
  release(): void {
    for (const source of this.#sources) source.removeEventListener("abort", this.#cancel);
  }

  readonly #cancel = (): void => {
    this.#controller.abort(new ConnectorError("CALLER_CANCELLED", "the caller cancelled the call"));
  };
}
