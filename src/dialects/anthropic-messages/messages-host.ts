import type { EncodeInput } from "../../contract/adapter.ts";

/** How a host of the wire differs from Anthropic's own API. */
export interface MessagesHost {
  /** Path of a call, after the base URL. */
  readonly path: (input: EncodeInput) => string;
  /** Path of a count of tokens. */
  readonly countPath: (input: EncodeInput) => string;
  /**
   * Version of the API, as the member `anthropic_version` of the body. The path then names the
   * model, and the body of a call does not. Unset: a header names the version, and the body the
   * model.
   */
  readonly bodyVersion?: string;
  /** Whether the body names the betas, in place of a header. Default: no. */
  readonly betasInBody?: boolean;
  /** Whether the path alone says that a stream is wanted. Default: the body says it. */
  readonly streamInPath?: boolean;
}

/** Paths of Anthropic's own API, behind a prefix that other hosts put before them. */
export function messagesPaths(prefix: string): Pick<MessagesHost, "path" | "countPath"> {
  return {
    path: () => `${prefix}/v1/messages`,
    countPath: () => `${prefix}/v1/messages/count_tokens`,
  };
}

/** Anthropic itself. */
export const anthropicHost: MessagesHost = messagesPaths("");
