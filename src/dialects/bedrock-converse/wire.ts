import type { JsonObject } from "@bufbuild/protobuf";

/** Types of a call of a tool that is for the caller to make; others are made by the provider. */
export const callerToolTypes: ReadonlySet<string> = new Set(["", "tool_use"]);

/** Members of an answer, or of the events of one, that the contract has a place for. */
export const answerMembers: ReadonlySet<string> = new Set([
  ...["output", "stopReason", "usage", "p"],
]);

/** Members of a call of a tool that its part has a place for. */
export const toolUseMembers: ReadonlySet<string> = new Set([
  ...["toolUseId", "name", "input", "type"],
]);

/** The kind of a block: its one member that is not null. Empty: it has none, or several. */
export function blockKind(block: JsonObject): string {
  const [kind, other] = Object.keys(block).filter((name) => (block[name] ?? null) !== null);
  return kind !== undefined && other === undefined ? kind : "";
}
