import type { CitableSource } from "./prompt.ts";

/** A page that a simulated web search finds. */
export interface FoundPage {
  readonly url: string;
  readonly title: string;
  readonly text: string;
}

/** What a piece of text points to. */
export type Citation =
  | { readonly kind: "source"; readonly source: CitableSource }
  | { readonly kind: "page"; readonly page: FoundPage };

/** A piece of an answer. Text comes as the deltas it is streamed in; joined they are the text. */
export type ScriptPart =
  | { readonly kind: "thinking" | "refusal"; readonly deltas: readonly string[] }
  | { readonly kind: "redacted-thinking" }
  | {
      readonly kind: "text";
      readonly deltas: readonly string[];
      readonly citation: Citation | undefined;
    }
  | {
      readonly kind: "tool-call";
      readonly name: string;
      /** The arguments as JSON text; cut short where the limit of tokens was reached. */
      readonly deltas: readonly string[];
    }
  | { readonly kind: "search"; readonly query: string; readonly pages: readonly FoundPage[] };

/** Why an answer ended. */
export type Stop = "end" | "limit" | "stop-sequence" | "tool-call" | "refusal";

/** An answer in nobody's words: each wire puts it into its provider's. */
export interface Script {
  readonly parts: readonly ScriptPart[];
  readonly stop: Stop;
  /** The stop sequence that ended the text. */
  readonly stopSequence: string | undefined;
  /** All tokens of the answer, thoughts included. */
  readonly outputTokens: number;
  readonly thinkingTokens: number;
}
