import type { JsonObject } from "@bufbuild/protobuf";
import {
  type Content,
  type Media,
  MediaKind,
  type Part,
  Role,
  type ToolCall,
  type ToolResult,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { objectArguments } from "../call-arguments.ts";
import { contentParts, type PlacedPart } from "../content-parts.ts";
import { mergeInto } from "../json.ts";
import { base64Of, dataURL, mediaKind } from "../media-facts.ts";
import { unsupportedField } from "../request-field.ts";
import { type EncodeScope, ownOptions } from "./encode-scope.ts";
import type { OllamaMessage } from "./wire.ts";

/** The conversation as messages: one for each result of a tool, and one for all else of a turn. */
export function encodeMessages(contents: readonly Content[], scope: EncodeScope): JsonObject[] {
  const toolNames = new Map<string, string>();
  const messages: OllamaMessage[] = [];
  for (const [index, content] of contents.entries()) {
    const field = `contents[${index}]`;
    if (content.name !== "") scope.warnings.dropped(`${field}.name`, "messages have no speaker");
    const parts = contentParts(content, field);
    noteCacheHints(parts, scope);
    messages.push(...turnMessages(content.role, parts, toolNames, scope));
  }
  return messages;
}

function noteCacheHints(parts: readonly PlacedPart[], { warnings }: EncodeScope): void {
  for (const { part, field } of parts) {
    if (part.cache === undefined) continue;
    warnings.dropped(`${field}.cache`, "the provider caches prompts by itself");
  }
}

function turnMessages(
  role: Role,
  parts: readonly PlacedPart[],
  toolNames: Map<string, string>,
  scope: EncodeScope,
): OllamaMessage[] {
  if (role === Role.ASSISTANT) return [assistantMessage(parts, toolNames, scope)];
  if (role === Role.SYSTEM) return [plainMessage("system", parts, scope)];
  const results = parts.filter(({ part }) => part.kind.case === "toolResult");
  const others = parts.filter(({ part }) => part.kind.case !== "toolResult");
  const messages = results.map((result) => toolMessage(result, toolNames, scope));
  if (others.length === 0 && results.length > 0) return messages;
  const [first] = others;
  if (role === Role.TOOL && first !== undefined) {
    scope.warnings.changed(first.field, "sent as the user's: a tool's message holds its result");
  }
  return [...messages, plainMessage("user", others, scope)];
}

/** What the system or the user says: texts as paragraphs of one, and pictures beside them. */
function plainMessage(
  role: "system" | "user",
  parts: readonly PlacedPart[],
  scope: EncodeScope,
): OllamaMessage {
  const message: OllamaMessage = { role, content: "" };
  const texts: string[] = [];
  for (const placed of parts) {
    const { part, field } = placed;
    if (part.kind.case === "media" && role === "system") {
      scope.warnings.dropped(field, "a system turn holds text only");
    } else addPiece(message, texts, placed, scope);
  }
  message.content = texts.join("\n\n");
  return message;
}

/** Adds a text or picture. Other kinds of part are not for this message. */
function addPiece(
  message: OllamaMessage,
  texts: string[],
  { part, field }: PlacedPart,
  scope: EncodeScope,
): void {
  const { warnings } = scope;
  const { kind } = part;
  if (kind.case === "text") {
    texts.push(kind.value.text);
    if (kind.value.citations.length > 0) {
      warnings.dropped(`${field}.text.citations`, "this wire takes none back");
    }
    mergeInto(message, ownOptions(part.providerOptions, scope));
  } else if (kind.case === "media") addImage(message, kind.value, field, scope);
  else if (kind.case === "provider") warnings.dropped(field, "this wire has no blocks of its own");
  else warnings.dropped(field, "only the model's own turns can hold this");
}

function addImage(
  message: OllamaMessage,
  media: Media,
  field: string,
  { warnings }: EncodeScope,
): void {
  if (mediaKind(media) !== MediaKind.IMAGE) {
    throw unsupportedField(field, "this wire takes images only");
  }
  if (media.name !== "") warnings.dropped(`${field}.media.name`, "images have no name here");
  const data = base64Of(media);
  if (data === undefined) {
    throw unsupportedField(field, "this wire takes images as bytes, not by address or file id");
  }
  message.images = [...(message.images ?? []), data];
}

function assistantMessage(
  parts: readonly PlacedPart[],
  toolNames: Map<string, string>,
  scope: EncodeScope,
): OllamaMessage {
  const message: OllamaMessage = { role: "assistant", content: "" };
  const texts: string[] = [];
  for (const placed of parts) {
    const { part, field } = placed;
    const { kind } = part;
    switch (kind.case) {
      case "thinking":
        returnThinking(message, placed, scope);
        break;
      case "toolCall":
        toolNames.set(kind.value.id, kind.value.name);
        message.tool_calls ??= [];
        message.tool_calls.push(toolCall(kind.value, placed, scope));
        break;
      case "refusal":
        scope.warnings.changed(field, "sent as text: this wire has no refusals");
        texts.push(kind.value.text);
        break;
      case "media":
        addMade(message, texts, placed, scope);
        break;
      default:
        addPiece(message, texts, placed, scope);
    }
  }
  // What a model said in pieces was one text.
  message.content = texts.join("");
  return message;
}

/** What the model made: pictures as they are, of sound what was said. */
function addMade(
  message: OllamaMessage,
  texts: string[],
  { part, field }: PlacedPart,
  scope: EncodeScope,
): void {
  if (part.kind.case !== "media") return;
  const media = part.kind.value;
  const isHere = media.source.case === "data" || dataURL(media) !== undefined;
  if (mediaKind(media) === MediaKind.IMAGE && isHere) addImage(message, media, field, scope);
  else if (media.transcript.trim() === "") {
    scope.warnings.dropped(field, "this wire takes back images as bytes only");
  } else {
    scope.warnings.changed(field, "this wire takes no sound: its transcript was sent");
    texts.push(media.transcript);
  }
}

function returnThinking(
  message: OllamaMessage,
  { part, field }: PlacedPart,
  { adapter, warnings }: EncodeScope,
): void {
  if (part.kind.case !== "thinking") return;
  const { adapter: maker, text } = part.kind.value;
  if ((maker !== adapter && maker !== "") || text === "") {
    warnings.dropped(field, "this wire takes back the text of its own thinking only");
  } else message.thinking = (message.thinking ?? "") + text;
}

function toolCall(call: ToolCall, { part, field }: PlacedPart, scope: EncodeScope): JsonObject {
  const { id, name } = call;
  const encoded = { id, function: { name, arguments: objectArguments(call, field, scope) } };
  return mergeInto(encoded, ownOptions(part.providerOptions, scope));
}

function toolMessage(
  { part, field }: PlacedPart,
  toolNames: ReadonlyMap<string, string>,
  scope: EncodeScope,
): OllamaMessage {
  const { toolCallId: id, isError, parts } = part.kind.value as ToolResult;
  const path = `${field}.tool_result`;
  if (isError) {
    scope.warnings.dropped(`${path}.is_error`, "this wire has no mark for a tool that failed");
  }
  const message: OllamaMessage = { role: "tool", content: "" };
  const texts: string[] = [];
  const placed = parts.map((inner: Part, index) => ({
    part: inner,
    field: `${path}.parts[${index}]`,
  }));
  noteCacheHints(placed, scope);
  for (const inner of placed) addPiece(message, texts, inner, scope);
  message.content = texts.join("\n\n");
  const name = toolNames.get(id);
  if (name !== undefined) message.tool_name = name;
  message.tool_call_id = id;
  mergeInto(message, ownOptions(part.providerOptions, scope));
  return message;
}
