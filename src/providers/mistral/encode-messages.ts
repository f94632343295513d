import { type Content, Role, type ToolResult } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { contentParts, type PlacedPart } from "../../dialects/content-parts.ts";
import { isObject, mergeInto } from "../../dialects/json.ts";
import { type EncodeContext, mark, ownOptions } from "../../dialects/openai-chat/encode-context.ts";
import { contentOf, toolCall } from "../../dialects/openai-chat/encode-messages.ts";
import type { ChatMessage, ChatPart } from "../../dialects/openai-chat/wire.ts";
import { encodeChunks, jsonValue } from "./encode-chunks.ts";
import { inOrder, type PlacedMessage } from "./message-order.ts";

/** The conversation as messages, in an order that the API accepts. */
export function encodeMessages(
  contents: readonly Content[],
  context: EncodeContext,
): ChatMessage[] {
  const messages = contents.flatMap((content, index): PlacedMessage[] => {
    const field = `contents[${index}]`;
    return turnMessages(content, field, context).map((message) => ({ message, field }));
  });
  return inOrder(messages, context.warnings);
}

function turnMessages(content: Content, field: string, context: EncodeContext): ChatMessage[] {
  const { role, name } = content;
  const parts = contentParts(content, field);
  if (name !== "" && role !== Role.TOOL) {
    context.warnings.dropped(`${field}.name`, "the API has no names of speakers");
  }
  if (role === Role.ASSISTANT) return assistantMessages(parts, context);
  if (role === Role.SYSTEM) {
    const chunks = parts.flatMap((placed) => encodeChunks(placed, role, context));
    return [{ role: "system", content: contentOf(chunks) }];
  }
  return userMessages(content, { parts, field }, context);
}

/** A turn of the user or of tools: a message for each result, and one for all that is left. */
function userMessages(
  { role, name }: Content,
  { parts, field }: { readonly parts: readonly PlacedPart[]; readonly field: string },
  context: EncodeContext,
): ChatMessage[] {
  const { warnings } = context;
  const results = parts.filter(isResult);
  const messages = results.map((result) =>
    toolMessage(result, role === Role.TOOL ? name : "", context),
  );
  const chunks = parts
    .filter((placed) => !isResult(placed))
    .flatMap((placed) => encodeChunks(placed, Role.USER, context));
  if (chunks.length === 0 && (results.length > 0 || role === Role.TOOL)) return messages;
  if (role === Role.TOOL) {
    warnings.changed(field, "sent as the user's: a tool's message holds its result");
  }
  if (results.some((result, index) => result !== parts[index])) {
    warnings.changed(field, "results were moved before the user's words, as the API requires");
  }
  return [...messages, { role: "user", content: contentOf(chunks) }];
}

function isResult({ part }: PlacedPart): boolean {
  return part.kind.case === "toolResult";
}

function toolMessage(placed: PlacedPart, name: string, context: EncodeContext): ChatMessage {
  const { part, field } = placed;
  const result = part.kind.value as ToolResult;
  const path = `${field}.tool_result`;
  if (result.isError) {
    context.warnings.dropped(`${path}.is_error`, "the API has no mark for a tool that failed");
  }
  mark(undefined, { hint: part.cache, field }, context);
  const chunks = result.parts.flatMap((inner, index) =>
    encodeChunks({ part: inner, field: `${path}.parts[${index}]` }, Role.TOOL, context),
  );
  const message: ChatMessage = {
    role: "tool",
    tool_call_id: context.toolIDs.map(result.toolCallId),
    ...(name !== "" && { name }),
    content: contentOf(chunks),
  };
  mergeInto(message, ownOptions(part.providerOptions, context));
  return message;
}

/**
 * A turn of the model as one message; as several where the provider ran tools within it, whose
 * messages stand as blocks between its own.
 */
function assistantMessages(parts: readonly PlacedPart[], context: EncodeContext): ChatMessage[] {
  const messages: ChatMessage[] = [];
  let open: ChatMessage | undefined;
  const chunks: ChatPart[] = [];
  const close = (): void => {
    if (chunks.length > 0) speaker().content = contentOf(chunks.splice(0));
    open = undefined;
  };
  const speaker = (): ChatMessage => {
    if (open === undefined) {
      open = { role: "assistant", content: "" };
      messages.push(open);
    }
    return open;
  };
  for (const placed of parts) {
    const { part } = placed;
    const { kind } = part;
    const whole = ownMessage(placed, context);
    if (whole !== undefined) {
      close();
      messages.push(whole);
    } else if (kind.case === "toolCall") {
      mark(undefined, { hint: part.cache, field: placed.field }, context);
      const message = speaker();
      const calls = Array.isArray(message.tool_calls) ? message.tool_calls : [];
      message.tool_calls = [...calls, toolCall(kind.value, part, context)];
    } else chunks.push(...encodeChunks(placed, Role.ASSISTANT, context));
  }
  close();
  if (messages.length === 0) speaker();
  return messages;
}

/** A whole message that the provider sent within an answer. */
function ownMessage({ part }: PlacedPart, { adapter }: EncodeContext): ChatMessage | undefined {
  const { kind } = part;
  if (kind.case !== "provider" || kind.value.adapter !== adapter) return undefined;
  const message = jsonValue(kind.value.json);
  return isObject(message) && message.role === "tool" ? (message as ChatMessage) : undefined;
}
