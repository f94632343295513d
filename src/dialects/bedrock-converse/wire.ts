import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { exactText } from "../../contract/exact-json.ts";
import { isObject, setMember, storable } from "../json.ts";

/** Types of a call of a tool that is for the caller to make; others are made by the provider. */
export const callerToolTypes: ReadonlySet<string> = new Set(["", "tool_use"]);

/** Members that the contract has a place for: whole ones, or those within them. */
export interface KnownMembers {
  readonly [name: string]: true | KnownMembers;
}

/**
 * An answer, or the events `messageStop` and `metadata` of one. `p` is padding against
 * eavesdroppers.
 */
export const answerMembers: KnownMembers = {
  output: { message: { role: true, content: true } },
  stopReason: true,
  usage: true,
  p: true,
};

/** Blocks that the contract has parts for, by their kind: the member that tells them apart. */
export const blockMembers: Readonly<Record<string, KnownMembers>> = {
  text: { text: true },
  citationsContent: { citationsContent: { content: true, citations: true } },
  reasoningContent: {
    reasoningContent: { reasoningText: { text: true, signature: true }, redactedContent: true },
  },
  toolUse: { toolUse: { toolUseId: true, name: true, input: true, type: true } },
  image: { image: { format: true, source: { bytes: true } } },
};

/** Deltas of such blocks. */
export const deltaMembers: Readonly<Record<string, KnownMembers>> = {
  text: { text: true },
  citation: { citation: true },
  reasoningContent: { reasoningContent: { text: true, signature: true, redactedContent: true } },
  toolUse: { toolUse: { input: true } },
};

/** Which of the kinds a block or delta is. Empty: none of them. */
export function kindAmong(
  kinds: Readonly<Record<string, KnownMembers>>,
  value: JsonObject,
): string {
  return Object.keys(kinds).find((kind) => (value[kind] ?? null) !== null) ?? "";
}

/**
 * What of an object has no place in the contract, in the same shape. Undefined: there is nothing.
 */
export function restOf(object: JsonObject, known: KnownMembers): JsonObject | undefined {
  const rest: JsonObject = {};
  for (const [name, value] of Object.entries(object)) {
    const inner = Object.hasOwn(known, name) ? known[name] : undefined;
    if (value === null || inner === true) continue;
    const left = inner !== undefined && isObject(value) ? restOf(value, inner) : value;
    if (left !== undefined) setMember(rest, name, storable(left));
  }
  return Object.keys(rest).length > 0 ? rest : undefined;
}

/** Arguments of a call as text: pieces of it come as text, whole ones as a value. Empty: none. */
export function argumentsText(input: JsonValue | undefined): string {
  if (input === undefined || input === null) return "";
  return typeof input === "string" ? input : exactText(input);
}
