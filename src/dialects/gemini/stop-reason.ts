import type { JsonValue } from "@bufbuild/protobuf";
import { StopReason } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";

const stopReasons: ReadonlyMap<string, StopReason> = new Map<string, StopReason>([
  ["STOP", StopReason.END_TURN],
  ["MAX_TOKENS", StopReason.MAX_TOKENS],
  ["SAFETY", StopReason.CONTENT_FILTER],
  ["RECITATION", StopReason.CONTENT_FILTER],
  ["BLOCKLIST", StopReason.CONTENT_FILTER],
  ["PROHIBITED_CONTENT", StopReason.CONTENT_FILTER],
  ["SPII", StopReason.CONTENT_FILTER],
  ["MODEL_ARMOR", StopReason.CONTENT_FILTER],
  ["IMAGE_SAFETY", StopReason.CONTENT_FILTER],
  ["IMAGE_PROHIBITED_CONTENT", StopReason.CONTENT_FILTER],
  ["IMAGE_RECITATION", StopReason.CONTENT_FILTER],
  ["MALFORMED_FUNCTION_CALL", StopReason.MALFORMED_TOOL_CALL],
  ["UNEXPECTED_TOOL_CALL", StopReason.MALFORMED_TOOL_CALL],
  // Not the provider's, but of servers that speak its wire.
  ["FUNCTION_CALL", StopReason.TOOL_USE],
  // Numbers that mean the same on both hosts, for a target that asks for numbers.
  ["1", StopReason.END_TURN],
  ["2", StopReason.MAX_TOKENS],
  ["3", StopReason.CONTENT_FILTER],
  ["4", StopReason.CONTENT_FILTER],
  // A list of words or a prohibition, in one order or the other.
  ["7", StopReason.CONTENT_FILTER],
  ["8", StopReason.CONTENT_FILTER],
]);

/** The provider's word for why an answer ended, or its number as text. Empty: not told. */
export function finishWord(value: JsonValue | undefined): string {
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? value : "";
}

/** Why an answer ended. The provider says "STOP" where it means a call of a tool. */
export function stopReasonOf(word: string, hasToolCall: boolean): StopReason {
  if (word === "") return hasToolCall ? StopReason.TOOL_USE : StopReason.UNSPECIFIED;
  const known = stopReasons.get(word) ?? StopReason.OTHER;
  return known === StopReason.END_TURN && hasToolCall ? StopReason.TOOL_USE : known;
}
