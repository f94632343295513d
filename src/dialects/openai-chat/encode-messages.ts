import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import {
  type Content,
  type Media,
  MediaKind,
  type Part,
  Role,
  type Text,
  type ToolCall,
  type ToolResult,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { contentParts, type PlacedPart } from "../content-parts.ts";
import { arrayOf, isObject, mergeInto, textOf } from "../json.ts";
import { mediaKind } from "../media-facts.ts";
import { requestField } from "../request-field.ts";
import { spokenWords } from "../spoken-words.ts";
import { type EncodeContext, mark, ownOptions } from "./encode-context.ts";
import { encodeMedia, imageURL } from "./encode-media.ts";
import { returnThinking } from "./return-thinking.ts";
import {
  type ChatContent,
  type ChatMessage,
  type ChatPart,
  listMember,
  returnedMembers,
} from "./wire.ts";

/**
 * The conversation as messages. System turns keep the role `system`, which OpenAI takes for all its
 * models and every compatible server knows; `developer` it would only translate to.
 */
export function encodeMessages(
  contents: readonly Content[],
  context: EncodeContext,
): ChatMessage[] {
  const messages: ChatMessage[] = [];
  // Media of tool results, which must wait until the last result of the turn is said.
  const moved: ChatPart[] = [];
  for (const [index, content] of contents.entries()) {
    const turn = turnMessages(content, `contents[${index}]`, moved, context);
    const isResult = turn[0]?.role === "tool";
    if (!isResult && moved.length > 0) messages.push(movedMessage(moved));
    messages.push(...turn);
  }
  if (moved.length > 0) messages.push(movedMessage(moved));
  settleReasoning(messages, context);
  return messages;
}

/**
 * Calls that another model or the caller made have no thinking of this one: it is said to be empty.
 */
function settleReasoning(messages: readonly ChatMessage[], { host }: EncodeContext): void {
  const member = host.needsReasoning ? host.reasoningMember : undefined;
  if (member === undefined || !messages.some((message) => message[member] !== undefined)) return;
  for (const message of messages) if (message.tool_calls !== undefined) message[member] ??= "";
}

function movedMessage(moved: ChatPart[]): ChatMessage {
  return { role: "user", content: moved.splice(0) };
}

function turnMessages(
  content: Content,
  field: string,
  moved: ChatPart[],
  context: EncodeContext,
): ChatMessage[] {
  const plainRole = content.parts.length === 0 ? plainRoles.get(content.role) : undefined;
  if (plainRole !== undefined) {
    return [named({ role: plainRole, content: content.message }, content)];
  }
  const parts = contentParts(content, field);
  if (content.role === Role.SYSTEM) return [named(systemMessage(parts, context), content)];
  if (content.role === Role.ASSISTANT) return [named(assistantMessage(parts, context), content)];
  return userTurn(content, { parts, field }, moved, context);
}

/** Roles whose words alone are a message as they are. */
const plainRoles: ReadonlyMap<Role, ChatMessage["role"]> = new Map<Role, ChatMessage["role"]>([
  [Role.SYSTEM, "system"],
  [Role.USER, "user"],
  [Role.ASSISTANT, "assistant"],
]);

/** A turn of the user or of tools: a message for each result, and one for all that is left. */
function userTurn(
  content: Content,
  { parts, field }: { readonly parts: readonly PlacedPart[]; readonly field: string },
  moved: ChatPart[],
  context: EncodeContext,
): ChatMessage[] {
  const { warnings } = context;
  const results = parts.filter(isResult);
  const messages = results.map((result) => toolMessage(result, moved, context));
  const items = parts
    .filter((placed) => !isResult(placed))
    .flatMap((placed) => userPart(placed, context));
  if (items.length === 0 && (results.length > 0 || content.role === Role.TOOL)) {
    if (content.name !== "") warnings.dropped(`${field}.name`, "a result has no speaker");
    return messages;
  }
  if (content.role === Role.TOOL) {
    warnings.changed(field, "sent as the user's: a tool's message holds its result");
  }
  if (results.some((result, index) => result !== parts[index])) {
    warnings.changed(field, "results were moved before the user's words, as the API requires");
  }
  if (results.length > 0 && moved.length > 0) messages.push(movedMessage(moved));
  return [...messages, named({ role: "user", content: contentOf(items) }, content)];
}

function isResult({ part }: PlacedPart): boolean {
  return part.kind.case === "toolResult";
}

function named(message: ChatMessage, { name }: Content): ChatMessage {
  return name === "" ? message : { ...message, name };
}

function systemMessage(parts: readonly PlacedPart[], context: EncodeContext): ChatMessage {
  const items = parts.flatMap((placed) => {
    if (placed.part.kind.case === "media") {
      context.warnings.dropped(placed.field, "a system turn holds text only");
      return [];
    }
    return userPart(placed, context);
  });
  return { role: "system", content: contentOf(items) };
}

/** Content in its plainest form: one bare text is a string. */
export function contentOf(items: ChatPart[]): ChatContent {
  const [first] = items;
  if (first === undefined) return "";
  const plain = items.length === 1 && isObject(first) && Object.keys(first).length === 2;
  return plain && first.type === "text" ? textOf(first.text) : items;
}

function userPart(placed: PlacedPart, context: EncodeContext): ChatPart[] {
  const items = unmarkedPart(placed, context);
  markPart(items.at(-1), placed, context);
  return items;
}

function markPart(
  object: JsonValue | undefined,
  { part, field }: PlacedPart,
  context: EncodeContext,
): void {
  mark(object, { hint: part.cache, field }, context);
}

function unmarkedPart(placed: PlacedPart, context: EncodeContext): ChatPart[] {
  const { part, field } = placed;
  const { kind } = part;
  switch (kind.case) {
    case "text":
      return [textPart(kind.value, placed, context)];
    case "media":
      return [encodeMedia(kind.value, ownOptions(part.providerOptions, context), field, context)];
    case "provider":
      return providerPart(placed, context);
    default:
      context.warnings.dropped(field, "only the model's own turns can hold this");
      return [];
  }
}

function textPart(text: Text, { part, field }: PlacedPart, context: EncodeContext): JsonObject {
  if (text.citations.length > 0) {
    context.warnings.dropped(`${field}.text.citations`, "this wire takes none back");
  }
  return mergeInto({ type: "text", text: text.text }, ownOptions(part.providerOptions, context));
}

function providerPart({ part, field }: PlacedPart, context: EncodeContext): ChatPart[] {
  if (part.kind.case !== "provider") return [];
  const { adapter, json } = part.kind.value;
  const { raw, warnings } = context;
  if (adapter === context.adapter) return [raw.hold(json, requestField(`${field}.provider.json`))];
  warnings.dropped(field, `only ${adapter} knows this block`);
  return [];
}

function assistantMessage(parts: readonly PlacedPart[], context: EncodeContext): ChatMessage {
  const items: ChatPart[] = [];
  const calls: ChatPart[] = [];
  const message: ChatMessage = { role: "assistant", content: null };
  let refusal = "";
  for (const placed of parts) {
    const { part, field } = placed;
    const { kind } = part;
    switch (kind.case) {
      case "text":
        items.push(...userPart(placed, context));
        continue;
      case "provider":
        listOf(part, items, calls, context).push(...userPart(placed, context));
        continue;
      case "toolCall":
        calls.push(toolCall(kind.value, part, context));
        markPart(calls.at(-1), placed, context);
        continue;
      case "refusal":
        refusal += kind.value.text;
        break;
      case "thinking":
        returnThinking(placed, { message, items }, context);
        break;
      case "media":
        items.push(...madeMedia(message, kind.value, field, context));
        break;
      default:
        context.warnings.dropped(field, "the model's turns cannot hold this");
    }
    markPart(undefined, placed, context);
  }
  if (refusal !== "") message.refusal = refusal;
  if (calls.length > 0) message.tool_calls = calls;
  const isElsewhere =
    calls.length > 0 ||
    refusal !== "" ||
    message.audio !== undefined ||
    message.images !== undefined;
  raiseOptions(message, items, context);
  if (items.length > 0 || !isElsewhere) message.content = contentOf(items);
  return message;
}

/** Puts options of a text where the host has them: on its message. */
function raiseOptions(message: ChatMessage, items: ChatPart[], { host }: EncodeContext): void {
  for (const name of [...returnedMembers, ...(host.messageOptions ?? [])]) {
    for (const item of items) {
      if (!isObject(item) || item[name] === undefined) continue;
      message[name] = item[name];
      delete item[name];
    }
  }
}

/** Where a block of the provider's own stood, and goes back to. */
function listOf(
  part: Part,
  items: ChatPart[],
  calls: ChatPart[],
  context: EncodeContext,
): ChatPart[] {
  const isCall = ownOptions(part.providerOptions, context)[listMember] === "tool_calls";
  return isCall ? calls : items;
}

/**
 * What the model made: sound by its id, pictures as they are where the host takes them back, and
 * what was said in sound that this provider does not know by an id.
 */
function madeMedia(
  message: ChatMessage,
  media: Media,
  field: string,
  { host, warnings }: EncodeContext,
): ChatPart[] {
  if (media.id !== "") {
    message.audio = { id: media.id };
    return [];
  }
  if (host.takesImagesBack && mediaKind(media) === MediaKind.IMAGE) {
    const image = { type: "image_url", image_url: { url: imageURL(media, field) } };
    message.images = [...arrayOf(message.images), image];
    return [];
  }
  const why = "the model's turns take sound back by its id only";
  const text = spokenWords(media, field, why, warnings);
  return text === undefined ? [] : [{ type: "text", text }];
}

/** A call of a tool as a message of the model holds it. */
export function toolCall(call: ToolCall, part: Part, context: EncodeContext): JsonObject {
  const own = ownOptions(part.providerOptions, context);
  const id = context.toolIDs.map(call.id);
  const { name, arguments: args } = call;
  const type = textOf(own.type) || "function";
  if (type === "custom") return mergeInto({ id, type, custom: { name, input: args } }, own);
  // A kind of call that came as a member of its own goes back as that member.
  if (isObject(own[type])) return mergeInto({ id, type }, own);
  return mergeInto({ id, type, function: { name, arguments: args || "{}" } }, own);
}

function toolMessage(placed: PlacedPart, moved: ChatPart[], context: EncodeContext): ChatMessage {
  const { part, field } = placed;
  const result = part.kind.value as ToolResult;
  const path = `${field}.tool_result`;
  if (result.isError) {
    context.warnings.dropped(`${path}.is_error`, "this wire has no mark for a tool that failed");
  }
  const parts = result.parts.map((inner, index) => ({
    part: inner,
    field: `${path}.parts[${index}]`,
  }));
  const items: ChatPart[] = [];
  for (const inner of parts) {
    const isMedia = inner.part.kind.case === "media" && context.host.takesMediaInResults !== true;
    if (isMedia) context.warnings.changed(inner.field, "sent as the user's, after the result");
    (isMedia ? moved : items).push(...userPart(inner, context));
  }
  const message: ChatMessage = {
    role: "tool",
    tool_call_id: context.toolIDs.map(result.toolCallId),
    content: contentOf(items),
  };
  mergeInto(message, ownOptions(part.providerOptions, context));
  markPart(message, placed, context);
  return message;
}
