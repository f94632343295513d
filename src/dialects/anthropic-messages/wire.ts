import type { JsonObject, JsonValue } from "@bufbuild/protobuf";

/** Version of the API that is asked for, in the header `anthropic-version`. */
export const apiVersion = "2023-06-01";

/** A block of content as it is sent: an object, or the mark of one that is written as it came. */
export type WireBlock = JsonValue;

/** A turn as it is sent. */
export type WireMessage = {
  role: "user" | "assistant" | "system";
  content: string | WireBlock[];
};

/** Members of a message that an answer has a place for; others are metadata of the provider. */
export const messageMembers: ReadonlySet<string> = new Set([
  "id",
  "type",
  "role",
  "model",
  "content",
  "stop_reason",
  "stop_sequence",
  "usage",
]);

/** Members of a block that its part has a place for, by type of block; others are its options. */
export const blockMembers: Readonly<Record<string, ReadonlySet<string>>> = {
  text: new Set(["type", "text", "citations"]),
  thinking: new Set(["type", "thinking", "signature"]),
  redacted_thinking: new Set(["type", "data"]),
  tool_use: new Set(["type", "id", "name", "input"]),
};

/** A block's own type, "" where it has none. */
export function blockType(block: JsonObject): string {
  return typeof block.type === "string" ? block.type : "";
}
