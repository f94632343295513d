import type { JsonObject } from "@bufbuild/protobuf";
import { type Content, Role } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { invalidField } from "../../contract/connector-error.ts";
import { contentParts, promptParts } from "../content-parts.ts";
import { requestField } from "../request-field.ts";
import { type EncodedPart, encodeParts, type WireBlock } from "./encode-content.ts";
import type { EncodeScope } from "./encode-scope.ts";

/** A conversation before it is written: a message's parts with the role of all of them. */
export interface EncodedTurns {
  readonly system: readonly EncodedPart[];
  readonly messages: readonly EncodedMessage[];
}

interface EncodedMessage {
  readonly role: "user" | "assistant";
  readonly parts: EncodedPart[];
}

/**
 * The system prompt and the turns. Converse wants the roles by turns, so neighbours of one role
 * become one message; the results of tools come first in it, right after the calls.
 *
 * Throws INVALID_REQUEST where no turn is left to send.
 */
export function encodeTurns(contents: readonly Content[], scope: EncodeScope): EncodedTurns {
  const system: EncodedPart[] = [];
  const messages: EncodedMessage[] = [];
  for (const [index, content] of contents.entries()) {
    const field = `contents[${index}]`;
    if (content.name !== "") scope.warnings.dropped(`${field}.name`, "speakers have no names here");
    if (content.role === Role.SYSTEM) {
      if (messages.length > 0) {
        scope.warnings.changed(field, "moved to the system prompt, before the conversation");
      }
      system.push(...systemParts(content, field, scope));
    } else addTurn(messages, content, field, scope);
  }
  if (messages.length === 0) {
    throw invalidField(requestField("contents"), "needs a turn besides the system prompt");
  }
  return { system, messages };
}

/** Parts as the list of blocks that is sent, without those that are left out. */
export function blocksOf(
  parts: readonly EncodedPart[],
  leftOut: ReadonlySet<unknown>,
): WireBlock[] {
  return parts.flatMap(({ blocks }) => blocks.filter((block) => !leftOut.has(block)));
}

/** Messages as they are sent, without the blocks that are left out. */
export function wireMessages(
  messages: readonly EncodedMessage[],
  leftOut: ReadonlySet<unknown>,
): JsonObject[] {
  return messages.map(({ role, parts }) => ({ role, content: blocksOf(parts, leftOut) }));
}

function systemParts(content: Content, field: string, scope: EncodeScope): EncodedPart[] {
  return encodeParts(promptParts(content, field, scope.warnings), Role.SYSTEM, scope);
}

function addTurn(
  messages: EncodedMessage[],
  content: Content,
  field: string,
  scope: EncodeScope,
): void {
  const role = wireRole(content.role, field);
  const parts = encodeParts(contentParts(content, field), content.role, scope);
  if (parts.length === 0) {
    scope.warnings.dropped(field, "nothing of this turn is left to send");
    return;
  }
  const last = messages.at(-1);
  const before = last?.role === role ? last.parts : [];
  const joined = [...before, ...parts];
  const sorted = resultsFirst(joined);
  if (sorted.some((part, index) => part !== joined[index])) {
    scope.warnings.changed(
      field,
      "results were moved before the user's words, as the API requires",
    );
  }
  if (last?.role === role) messages.pop();
  messages.push({ role, parts: sorted });
}

function wireRole(role: Role, field: string): "user" | "assistant" {
  if (role === Role.USER || role === Role.TOOL) return "user";
  if (role === Role.ASSISTANT) return "assistant";
  throw invalidField(requestField(`${field}.role`), "must be system, user, assistant or tool");
}

function resultsFirst(parts: readonly EncodedPart[]): EncodedPart[] {
  return [
    ...parts.filter(({ isResult }) => isResult),
    ...parts.filter(({ isResult }) => !isResult),
  ];
}
