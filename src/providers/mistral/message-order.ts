import { arrayOf, objectOf } from "../../dialects/json.ts";
import type { ChatMessage } from "../../dialects/openai-chat/wire.ts";
import type { WarningList } from "../../dialects/warning-list.ts";

/** A message, and the field of the request that it comes from. */
export interface PlacedMessage {
  readonly message: ChatMessage;
  readonly field: string;
}

/** What the model is made to say between a result and the user. */
const bridge = "OK";

/**
 * Messages in an order that the API accepts, by the rules of Mistral's own checks
 * (`mistral-common`, request validators). Each change has a Warning:
 *
 * - no system message behind one of the model or of a tool: moved before the conversation;
 * - a result directly behind its call, or behind another result of that turn: moved there;
 * - the model speaks between a result and the user: a word is put in.
 *
 * A turn of the model at the end is the beginning of its answer: marked as `prefix`.
 */
export function inOrder(placed: readonly PlacedMessage[], warnings: WarningList): ChatMessage[] {
  const messages = bridged(withResultsInPlace(systemFirst(placed, warnings), warnings), warnings);
  const last = messages.at(-1);
  const isBegun = last?.role === "assistant" && last.tool_calls === undefined;
  if (isBegun) messages[messages.length - 1] = { ...last, prefix: true };
  return messages;
}

function systemFirst(placed: readonly PlacedMessage[], warnings: WarningList): PlacedMessage[] {
  const kept: PlacedMessage[] = [];
  const moved: PlacedMessage[] = [];
  for (const one of placed) {
    const before = kept.at(-1)?.message.role;
    if (one.message.role === "system" && (before === "assistant" || before === "tool")) {
      warnings.changed(one.field, "moved before the conversation, as the API requires");
      moved.push(one);
    } else kept.push(one);
  }
  const first = kept.findIndex(({ message }) => message.role !== "system");
  kept.splice(first < 0 ? kept.length : first, 0, ...moved);
  return kept;
}

function withResultsInPlace(
  placed: readonly PlacedMessage[],
  warnings: WarningList,
): PlacedMessage[] {
  const ordered: PlacedMessage[] = [];
  for (const one of placed) {
    const place = placeOf(one, ordered);
    if (place < ordered.length) {
      warnings.changed(one.field, "moved directly behind its call, as the API requires");
    }
    ordered.splice(place, 0, one);
  }
  return ordered;
}

/** Behind the last turn that holds the call, and the results that are there. Else at the end. */
function placeOf({ message }: PlacedMessage, ordered: readonly PlacedMessage[]): number {
  if (message.role !== "tool") return ordered.length;
  const call = ordered.findLastIndex(({ message: { tool_calls: calls } }) =>
    arrayOf(calls).some((one) => objectOf(one).id === message.tool_call_id),
  );
  if (call < 0) return ordered.length;
  const behind = ordered.slice(call + 1).findIndex((one) => one.message.role !== "tool");
  return behind < 0 ? ordered.length : call + 1 + behind;
}

function bridged(placed: readonly PlacedMessage[], warnings: WarningList): ChatMessage[] {
  const messages: ChatMessage[] = [];
  for (const { message, field } of placed) {
    if (message.role === "user" && messages.at(-1)?.role === "tool") {
      warnings.defaulted(
        field,
        `the model must speak after a result: "${bridge}" was put before this`,
      );
      messages.push({ role: "assistant", content: bridge });
    }
    messages.push(message);
  }
  return messages;
}
