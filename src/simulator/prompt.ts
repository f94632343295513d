import type { JSONObject } from "./json.ts";

/** A tool that a caller offers. */
export interface OfferedTool {
  readonly name: string;
  /** JSON Schema of its arguments. Empty: any object. */
  readonly schema: JSONObject;
}

/** Whether and which tools a caller wants called. */
export type ToolWish =
  | { readonly kind: "auto" }
  | { readonly kind: "none" }
  | { readonly kind: "required" }
  | { readonly kind: "named"; readonly name: string };

/** The form of the text. */
export type TextForm =
  | { readonly kind: "plain" }
  | { readonly kind: "json" }
  | { readonly kind: "schema"; readonly schema: JSONObject };

/** Something besides text in the caller's last turn. */
export interface Attachment {
  /** What to call it, such as "image". */
  readonly noun: string;
  /** MIME type, or where it lies. */
  readonly label: string;
  /** Size of the bytes that came with the request. Unset: they did not. */
  readonly bytes: number | undefined;
}

/** A place in the caller's own documents that text can point to, in the provider's own words. */
export interface CitableSource {
  /** The words there. */
  readonly quote: string;
  /** The provider's citation. */
  readonly citation: JSONObject;
}

/** What a request asks for, whichever wire it came by. */
export interface Prompt {
  /** Name of the model, without a directive. */
  readonly model: string;
  /** Stands for the whole request: equal requests have equal keys, streamed or not. */
  readonly key: string;
  /** What the user said last, without directives. */
  readonly userText: string;
  /** Results of tools, if they are what came last; empty otherwise. */
  readonly toolResults: readonly string[];
  readonly attachments: readonly Attachment[];
  readonly sources: readonly CitableSource[];
  readonly tools: readonly OfferedTool[];
  readonly toolWish: ToolWish;
  /** Whether several tools may be called at once. */
  readonly parallelTools: boolean;
  /** Whether text goes before tool calls that nobody demanded, as some models do. */
  readonly talksBeforeTools: boolean;
  /** Whether a web search is offered. */
  readonly searchOffered: boolean;
  /** Whether the model thinks before it answers. */
  readonly thinks: boolean;
  readonly form: TextForm;
  readonly stopSequences: readonly string[];
  /** Most tokens of the answer, thoughts included. Unset: no limit. */
  readonly outputTokensMax: number | undefined;
}
