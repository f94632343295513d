import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import {
  type Media,
  type Part,
  type ProviderBlock,
  Role,
  type Text,
  type Thinking,
  type ToolCall,
  type ToolResult,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { invalidField } from "../../contract/connector-error.ts";
import { toBase64 } from "../base64.ts";
import { objectArguments } from "../call-arguments.ts";
import type { PlacedPart } from "../content-parts.ts";
import { isObject, isObjectText, mergeInto } from "../json.ts";
import { ownOptions, withOptions } from "../own-options.ts";
import { requestField } from "../request-field.ts";
import { spokenWords } from "../spoken-words.ts";
import { isOwnCitation } from "./citations.ts";
import { mediaBlock } from "./encode-media.ts";
import type { EncodeScope } from "./encode-scope.ts";

/**
 * What a part becomes: a block, the mark of one that is written as it came, a point of the cache.
 */
export type WireBlock = JsonValue;

/** A part's blocks, which stay together. */
export interface EncodedPart {
  readonly blocks: readonly WireBlock[];
  readonly isResult: boolean;
}

/** Parts as blocks. What the API has no place for is left out, with a warning. */
export function encodeParts(
  parts: readonly PlacedPart[],
  role: Role,
  scope: EncodeScope,
): EncodedPart[] {
  return parts.flatMap(({ part, field }) => {
    const blocks = encodePart(part, field, role, scope);
    if (blocks.length === 0) {
      if (part.cache !== undefined) {
        scope.warnings.dropped(`${field}.cache`, "the part was left out");
      }
      return [];
    }
    const point = part.cache && scope.cache.point(part.cache, field);
    return [
      {
        blocks: point === undefined ? blocks : [...blocks, point],
        isResult: part.kind.case === "toolResult",
      },
    ];
  });
}

function encodePart(part: Part, field: string, role: Role, scope: EncodeScope): WireBlock[] {
  const { kind, providerOptions } = part;
  switch (kind.case) {
    case "provider":
      return providerBlock(kind.value, providerOptions, field, scope);
    case "thinking": {
      const blocks = thinkingBlocks(kind.value, field, role, scope);
      const [only, other] = blocks;
      if (only === undefined || other !== undefined) return blocks;
      return [withOptions(only, providerOptions, field, scope)];
    }
    default: {
      const block = knownBlock(part, field, role, scope);
      return block === undefined ? [] : [withOptions(block, providerOptions, field, scope)];
    }
  }
}

function knownBlock(
  { kind }: Part,
  field: string,
  role: Role,
  scope: EncodeScope,
): JsonObject | undefined {
  switch (kind.case) {
    case "text":
      return textBlock(kind.value, field, role, scope);
    case "media":
      return role === Role.ASSISTANT
        ? spokenMedia(kind.value, field, scope)
        : mediaBlock(kind.value, field, scope);
    case "toolCall":
      return toolUseBlock(kind.value, field, scope);
    case "toolResult":
      return toolResultBlock(kind.value, field, scope);
    case "refusal":
      if (kind.value.text.trim() === "") {
        scope.warnings.dropped(field, "the API has no block for a refusal without words");
        return undefined;
      }
      scope.warnings.changed(field, "the API has no block for a refusal: sent as text");
      return { text: kind.value.text };
    default:
      scope.warnings.dropped(field, "the part says nothing");
      return undefined;
  }
}

function textBlock(
  { text, citations }: Text,
  field: string,
  role: Role,
  scope: EncodeScope,
): JsonObject | undefined {
  const cited = citations.flatMap(({ json }, index) => {
    const place = `${field}.text.citations[${index}]`;
    const citation: JsonValue = isObjectText(json) ? JSON.parse(json) : null;
    if (role === Role.ASSISTANT && isObject(citation) && isOwnCitation(citation)) {
      return [scope.raw.hold(json, requestField(`${place}.json`))];
    }
    scope.warnings.dropped(place, "another provider made it");
    return [];
  });
  if (cited.length > 0) {
    return { citationsContent: { ...(text !== "" && { content: [{ text }] }), citations: cited } };
  }
  // The API refuses empty texts; nothing is lost with one.
  if (text === "") return undefined;
  if (role === Role.ASSISTANT && scope.isClaude && text.trim() === "") {
    scope.warnings.dropped(field, "the API refuses a text of the model that is only white space");
    return undefined;
  }
  return { text };
}

/**
 * Media that a model made: the API takes none from the assistant, but what was said can go as text.
 */
function spokenMedia(
  media: Media,
  field: string,
  { warnings }: EncodeScope,
): JsonObject | undefined {
  const text = spokenWords(media, field, "the API takes no media from the assistant", warnings);
  return text === undefined ? undefined : { text };
}

function toolUseBlock(call: ToolCall, field: string, scope: EncodeScope): JsonObject {
  const toolUseId = scope.toolIDs.forCall(call.id);
  return { toolUse: { toolUseId, name: call.name, input: objectArguments(call, field, scope) } };
}

function toolResultBlock(result: ToolResult, field: string, scope: EncodeScope): JsonObject {
  const content = result.parts.flatMap((part, index) => {
    const place = `${field}.tool_result.parts[${index}]`;
    if (part.cache !== undefined) {
      scope.warnings.dropped(`${place}.cache`, "the API caches up to a whole result: mark that");
    }
    return encodePart(part, place, Role.TOOL, scope);
  });
  return {
    toolResult: {
      toolUseId: scope.toolIDs.forResult(result.toolCallId),
      content,
      ...(result.isError && { status: "error" }),
    },
  };
}

function thinkingBlocks(
  { adapter, text, signature, redacted }: Thinking,
  field: string,
  role: Role,
  { adapter: own, isClaude, warnings }: EncodeScope,
): JsonObject[] {
  const isForeign = adapter !== "" && adapter !== own;
  const isSealed = signature !== "" || redacted.length > 0;
  // Claude takes back what it signed; other models sign nothing.
  const isUnsigned = !isSealed && (isClaude || adapter === "");
  if (role !== Role.ASSISTANT || isForeign || isUnsigned) {
    const why = isForeign ? `made by ${adapter}` : "without a signature, or not the assistant's";
    warnings.dropped(field, `the model takes only its own thinking; this is ${why}`);
    return [];
  }
  const reasoningText = { text, ...(signature !== "" && { signature }) };
  return [
    ...(text !== "" || signature !== "" ? [{ reasoningContent: { reasoningText } }] : []),
    ...(redacted.length > 0 ? [{ reasoningContent: { redactedContent: toBase64(redacted) } }] : []),
  ];
}

function providerBlock(
  { adapter, json }: ProviderBlock,
  options: JsonObject | undefined,
  field: string,
  scope: EncodeScope,
): WireBlock[] {
  if (adapter !== scope.adapter) {
    scope.warnings.dropped(field, `only ${adapter || "another provider"} knows this block`);
    return [];
  }
  const jsonField = requestField(`${field}.provider.json`);
  const block: unknown = isObjectText(json) ? JSON.parse(json) : undefined;
  if (!isObject(block)) throw invalidField(jsonField, "is not the text of a JSON object");
  if (typeof block.type === "string") {
    // Blocks of Converse are told apart by their one member; a type shows another wire.
    scope.warnings.dropped(field, "it is a block of another API of the same models");
    return [];
  }
  const own = ownOptions(options, `${field}.`, scope);
  return [own === undefined ? scope.raw.hold(json, jsonField) : mergeInto(block, own)];
}
