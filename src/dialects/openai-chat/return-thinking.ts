import type { JsonObject } from "@bufbuild/protobuf";
import type { PlacedPart } from "../content-parts.ts";
import { arrayOf, isObject, mergeInto, objectOf, textOf } from "../json.ts";
import { type EncodeContext, ownOptions } from "./encode-context.ts";
import { type ChatMessage, type ChatPart, contentItemMember } from "./wire.ts";

/** Where thinking may go: on the message of the model, or among its content. */
interface Places {
  readonly message: ChatMessage;
  readonly items: ChatPart[];
}

/**
 * Thinking goes back to its own provider in the form in which that asks for it: as the item of the
 * content that it came as, as its own members, such as sealed details, or else as its text, where
 * the host has a member for it.
 */
export function returnThinking(
  { part, field }: PlacedPart,
  { message, items }: Places,
  context: EncodeContext,
): void {
  if (part.kind.case !== "thinking") return;
  const { adapter, text } = part.kind.value;
  const isOwn = adapter === context.adapter;
  const options = isOwn ? ownOptions(part.providerOptions, context) : {};
  const { reasoning_details: details, [contentItemMember]: item, ...own } = options;
  if (isObject(item)) {
    items.push(mergeInto(mergeInto({}, item), own));
    return;
  }
  const member = context.host.reasoningMember;
  if (Array.isArray(details)) {
    message.reasoning_details = [...arrayOf(message.reasoning_details), ...details];
  }
  const takesText = (isOwn || adapter === "") && member !== undefined && text !== "";
  if (takesText && !isTold(options, context)) {
    message[member] = textOf(message[member]) + text;
  } else if (Object.keys(options).length === 0) {
    context.warnings.dropped(field, "this wire takes no thinking back");
  }
  mergeInto(message, own);
}

/**
 * Whether the members stand for the text: details of a gateway, or sealed ones. Others repeat it.
 */
function isTold(options: JsonObject, { host }: EncodeContext): boolean {
  const { reasoning_details: details, reasoning_opaque: opaque } = options;
  if (textOf(opaque) !== "") return true;
  if (!Array.isArray(details)) return false;
  if (host.thinking?.form === "object") return true;
  return details.map(objectOf).some(({ data, signature }) => Boolean(data || signature));
}
