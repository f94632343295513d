import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { Place } from "../../contract/adapter.ts";

/** In what the hosts of Gemini differ. */
export interface GeminiHost {
  /**
   * Path of a model, to which a method such as ":generateContent" is added. Throws
   * TARGET_NOT_CONFIGURED where the place lacks what the path needs.
   */
  readonly modelPath: (model: string, place: Place | undefined) => string;
  /**
   * Name of the model inside a count of tokens that holds the whole request. Unset: it holds parts.
   */
  readonly countedModel?: (model: string) => string;
  /** Whether calls of tools and their results carry ids. */
  readonly callIDs: boolean;
  /** Whether a request takes `labels`. */
  readonly labels: boolean;
  /** Whether results of tools take files by their address. */
  readonly resultFiles: boolean;
  /** Whether a file needs its MIME type. */
  readonly fileTypes: boolean;
  /** Address of stored files, before "files/…". Unset: the host stores none. */
  readonly filesURL?: string;
}

/** A part as it is sent: an object, or the mark of one that is written as it came. */
export type WirePart = JsonValue;

/** A turn as it is sent. */
export type WireContent = {
  role: "user" | "model";
  parts: WirePart[];
};

/** Most texts that the API takes to stop at. */
export const stopSequencesMax = 5;

/** Members of an answer that LLMResponse has a place for; others are metadata. */
export const answerMembers: ReadonlySet<string> = new Set([
  "candidates",
  "usageMetadata",
  "modelVersion",
  "responseId",
  "createTime",
]);

/** Members of a candidate that LLMResponse has a place for. */
export const candidateMembers: ReadonlySet<string> = new Set(["content", "finishReason", "index"]);

/** Whether a part is thinking. */
export function isThought({ thought }: JsonObject): boolean {
  return thought === true;
}
