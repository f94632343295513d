import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import {
  type Content,
  type Part,
  Role,
  type Text,
  type ToolCall,
  type ToolResult,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { contentParts, type PlacedPart } from "../content-parts.ts";
import { arrayOf, isObject, mergeInto, objectOf, textOf } from "../json.ts";
import type { EncodeContext } from "../openai-responses/encode-context.ts";
import { itemMember } from "../openai-responses/wire.ts";
import { requestField, unsupportedField } from "../request-field.ts";
import { spokenWords } from "../spoken-words.ts";
import { sentOptions } from "./encode-context.ts";
import { encodeImage } from "./encode-media.ts";
import { callType, planType } from "./wire.ts";

/** One piece of content, or the mark of one that is sent as raw JSON. */
type Piece = JsonObject | string;

/** The conversation as messages, in its order. System turns may stand anywhere. */
export function encodeMessages(contents: readonly Content[], context: EncodeContext): JsonValue[] {
  return contents.flatMap((content, index) => turn(content, `contents[${index}]`, context));
}

function turn(content: Content, field: string, context: EncodeContext): JsonValue[] {
  const { warnings } = context;
  const parts = contentParts(content, field);
  for (const { part, field: place } of parts) {
    if (part.cache !== undefined) {
      warnings.dropped(`${place}.cache`, "the provider caches prompts by itself");
    }
  }
  if (content.name !== "") {
    warnings.dropped(`${field}.name`, "this wire has no names of speakers");
  }
  if (content.role === Role.ASSISTANT) return [assistantMessage(parts, context)];
  const results = parts.filter(({ part }) => part.kind.case === "toolResult");
  const messages = results.map((placed) => toolMessage(placed, context));
  const others = parts.filter((placed) => !results.includes(placed));
  if (others.length === 0 && content.role !== Role.SYSTEM && messages.length > 0) return messages;
  if (content.role === Role.TOOL) {
    warnings.changed(field, "sent as the user's: a tool's message holds its result");
  }
  if (results.some((result, index) => result !== parts[index])) {
    warnings.changed(field, "results were moved before the user's words, as the API requires");
  }
  const role = content.role === Role.SYSTEM ? "system" : "user";
  const pieces = others.flatMap((placed) => saidPiece(placed, role, context));
  return [...messages, { role, content: contentOf(pieces) }];
}

/** Content in its plainest form: one bare text is a string. */
function contentOf(pieces: Piece[]): JsonValue {
  const [first] = pieces;
  if (first === undefined) return "";
  const isPlain = pieces.length === 1 && isObject(first) && Object.keys(first).length === 2;
  return isPlain && first.type === "text" ? textOf(first.text) : pieces;
}

/** A piece of a turn that is not the model's. */
function saidPiece(
  { part, field }: PlacedPart,
  role: "system" | "user",
  context: EncodeContext,
): Piece[] {
  const { kind } = part;
  switch (kind.case) {
    case "text":
      if (kind.value.citations.length > 0) {
        context.warnings.dropped(
          `${field}.text.citations`,
          "only the model's turns have citations",
        );
      }
      return [textPiece(kind.value, part, context)];
    case "media":
      if (role === "system") throw unsupportedField(field, "a system turn holds text only");
      return [encodeImage(kind.value, sentOptions(part.providerOptions, context), field, context)];
    case "provider":
      return ownBlock(part, field, context);
    default:
      context.warnings.dropped(field, "only the model's own turns can hold this");
      return [];
  }
}

function textPiece({ text }: Text, part: Part, context: EncodeContext): JsonObject {
  return mergeInto({ type: "text", text }, sentOptions(part.providerOptions, context));
}

/** A block as it came. None, with a warning, for another provider's. */
function ownBlock(
  { kind }: Part,
  field: string,
  { adapter, raw, warnings }: EncodeContext,
): Piece[] {
  if (kind.case !== "provider") return [];
  const { adapter: owner, json } = kind.value;
  if (owner === adapter) return [raw.hold(json, requestField(`${field}.provider.json`))];
  warnings.dropped(field, `only ${owner} knows this block`);
  return [];
}

/** What the model said: its content, its plan, its calls, and what it cited. */
interface Said {
  readonly content: Piece[];
  readonly calls: Piece[];
  readonly citations: JsonValue[];
  plan: string;
}

function assistantMessage(parts: readonly PlacedPart[], context: EncodeContext): JsonObject {
  const said: Said = { content: [], calls: [], citations: [], plan: "" };
  for (const placed of parts) addSaid(said, placed, context);
  const { content, calls, citations, plan } = said;
  return {
    role: "assistant",
    ...((content.length > 0 || (calls.length === 0 && plan === "")) && {
      content: contentOf(content),
    }),
    ...(plan !== "" && { tool_plan: plan }),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(citations.length > 0 && { citations }),
  };
}

function addSaid(said: Said, { part, field }: PlacedPart, context: EncodeContext): void {
  const { warnings } = context;
  const { kind } = part;
  switch (kind.case) {
    case "text":
      said.content.push(textPiece(kind.value, part, context));
      addCitations(said, kind.value, field, context);
      break;
    case "thinking":
      addThinking(said, part, field, context);
      break;
    case "toolCall":
      said.calls.push(toolCall(kind.value, part, context));
      break;
    case "refusal":
      warnings.changed(field, "sent as text: this wire has no refusals");
      said.content.push({ type: "text", text: kind.value.text });
      break;
    case "media": {
      const text = spokenWords(kind.value, field, "the model's turns take no media back", warnings);
      if (text !== undefined) said.content.push({ type: "text", text });
      break;
    }
    case "provider": {
      const isCall = keptType(part, context) === callType;
      (isCall ? said.calls : said.content).push(...ownBlock(part, field, context));
      break;
    }
    default:
      warnings.dropped(field, "the model's turns cannot hold this");
  }
}

/** Thinking goes back to the adapter that made it: a plan as the plan, the rest as content. */
function addThinking(said: Said, part: Part, field: string, context: EncodeContext): void {
  if (part.kind.case !== "thinking") return;
  const { text, adapter, redacted } = part.kind.value;
  const isForeign = adapter !== "" && adapter !== context.adapter;
  if (isForeign || redacted.length > 0) {
    context.warnings.dropped(field, `only ${adapter || "the provider that made it"} takes this`);
    return;
  }
  const { citations, ...own } = sentOptions(part.providerOptions, context);
  said.citations.push(...arrayOf(citations));
  if (keptType(part, context) === planType) said.plan += text;
  else said.content.push(mergeInto({ type: "thinking", thinking: text }, own));
}

/** What the adapter keeps to know a part again. */
function keptType({ providerOptions }: Part, { adapter }: EncodeContext): JsonValue | undefined {
  return objectOf(objectOf(providerOptions?.[adapter])[itemMember]).type;
}

/** Citations as they came. Those of other wires have no such sources, and are left out. */
function addCitations(
  said: Said,
  { citations }: Text,
  field: string,
  context: EncodeContext,
): void {
  for (const [index, { json }] of citations.entries()) {
    const place = `${field}.text.citations[${index}]`;
    if (isOwnCitation(json)) {
      said.citations.push(context.raw.hold(json, requestField(`${place}.json`)));
    } else context.warnings.dropped(place, "the provider takes back its own only");
  }
}

function isOwnCitation(json: string): boolean {
  try {
    const { sources, start } = objectOf(JSON.parse(json));
    return Array.isArray(sources) && typeof start === "number";
  } catch {
    return false;
  }
}

function toolCall(call: ToolCall, part: Part, context: EncodeContext): JsonObject {
  const { id, name, arguments: written } = call;
  return mergeInto(
    {
      id: context.toolIDs.map(id),
      type: "function",
      function: { name, arguments: written || "{}" },
    },
    sentOptions(part.providerOptions, context),
  );
}

function toolMessage({ part, field }: PlacedPart, context: EncodeContext): JsonObject {
  const result = part.kind.value as ToolResult;
  const path = `${field}.tool_result`;
  if (result.isError) {
    context.warnings.dropped(`${path}.is_error`, "this wire has no mark for a tool that failed");
  }
  const pieces = result.parts.flatMap((inner, index) =>
    resultPiece(inner, `${path}.parts[${index}]`, context),
  );
  const message: JsonObject = {
    role: "tool",
    tool_call_id: context.toolIDs.map(result.toolCallId),
    content: contentOf(pieces),
  };
  return mergeInto(message, sentOptions(part.providerOptions, context));
}

/** Text, or a document whose fields the model may cite, which is the provider's own block. */
function resultPiece(part: Part, field: string, context: EncodeContext): Piece[] {
  const { kind } = part;
  if (part.cache !== undefined) {
    context.warnings.dropped(`${field}.cache`, "the provider caches prompts by itself");
  }
  if (kind.case === "text") return [textPiece(kind.value, part, context)];
  if (kind.case === "provider") return ownBlock(part, field, context);
  throw unsupportedField(field, "a result holds text and the provider's documents only");
}
