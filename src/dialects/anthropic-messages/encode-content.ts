import type { JsonObject } from "@bufbuild/protobuf";
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
import { objectArguments } from "../call-arguments.ts";
import type { PlacedPart } from "../content-parts.ts";
import { isObject, isObjectText } from "../json.ts";
import { ownOptions, withOptions } from "../own-options.ts";
import { requestField } from "../request-field.ts";
import { spokenWords } from "../spoken-words.ts";
import { mediaBlock } from "./encode-media.ts";
import type { EncodeScope } from "./encode-scope.ts";
import type { WireBlock } from "./wire.ts";

/** Parts as blocks. What the API has no place for is left out, with a warning. */
export function encodeParts(
  parts: readonly PlacedPart[],
  role: Role,
  scope: EncodeScope,
): WireBlock[] {
  return parts.flatMap(({ part, field }) => {
    const block = encodePart(part, field, role, scope);
    return block === undefined ? [] : [block];
  });
}

/** Blocks in the short form where there is one: a lone text without anything on it. */
export function shortForm(blocks: WireBlock[]): string | WireBlock[] {
  const [first, second] = blocks;
  if (second !== undefined || !isObject(first) || first.type !== "text") return blocks;
  return Object.keys(first).length === 2 && typeof first.text === "string" ? first.text : blocks;
}

function encodePart(
  part: Part,
  field: string,
  role: Role,
  scope: EncodeScope,
): WireBlock | undefined {
  const { kind, cache } = part;
  if (kind.case === "provider") return providerBlock(kind.value, part, field, scope);
  const block = knownBlock(part, field, role, scope);
  if (block === undefined) {
    if (cache !== undefined) scope.warnings.dropped(`${field}.cache`, "the part was left out");
    return undefined;
  }
  if (cache !== undefined) {
    if (kind.case === "thinking") {
      scope.warnings.dropped(`${field}.cache`, "the API caches no thinking by itself");
    } else scope.cache.mark(block, cache, field);
  }
  return withOptions(block, part.providerOptions, field, scope);
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
    case "thinking":
      return thinkingBlock(kind.value, field, role, scope);
    case "refusal": {
      const { text } = kind.value;
      if (text.trim() === "") {
        scope.warnings.dropped(field, "the API has no block for a refusal without words");
        return undefined;
      }
      scope.warnings.changed(field, "the API has no block for a refusal: sent as text");
      return { type: "text", text };
    }
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
  // The API refuses blocks without a visible character; nothing is lost with an empty one.
  if (text === "") return undefined;
  if (role === Role.ASSISTANT && text.trim() === "") {
    scope.warnings.dropped(field, "the API refuses a text of the model that is only white space");
    return undefined;
  }
  const cited = citations.flatMap(({ type, json }, index) => {
    const place = `${field}.text.citations[${index}]`;
    if (ownCitation.test(type) && isObjectText(json))
      return [scope.raw.hold(json, requestField(`${place}.json`))];
    scope.warnings.dropped(place, "another provider made it");
    return [];
  });
  return { type: "text", text, ...(cited.length > 0 && { citations: cited }) };
}

/** All types of the API's own citations end so; those of other providers do not. */
const ownCitation = /_location$/;

/**
 * Media that a model made: the API takes none from the assistant, but what was said can go as text.
 */
function spokenMedia(
  media: Media,
  field: string,
  { warnings }: EncodeScope,
): JsonObject | undefined {
  const text = spokenWords(media, field, "the API takes no media from the assistant", warnings);
  return text === undefined ? undefined : { type: "text", text };
}

function toolUseBlock(call: ToolCall, field: string, scope: EncodeScope): JsonObject {
  const id = scope.toolIDs.forCall(call.id);
  return { type: "tool_use", id, name: call.name, input: objectArguments(call, field, scope) };
}

function toolResultBlock(result: ToolResult, field: string, scope: EncodeScope): JsonObject {
  const parts = result.parts.map((part, index) => ({
    part,
    field: `${field}.tool_result.parts[${index}]`,
  }));
  const content = encodeParts(parts, Role.TOOL, scope);
  return {
    type: "tool_result",
    tool_use_id: scope.toolIDs.forResult(result.toolCallId),
    ...(content.length > 0 && { content: shortForm(content) }),
    ...(result.isError && { is_error: true }),
  };
}

function thinkingBlock(
  thinking: Thinking,
  field: string,
  role: Role,
  scope: EncodeScope,
): JsonObject | undefined {
  const { adapter, text, signature, redacted } = thinking;
  const isForeign = adapter !== "" && adapter !== scope.adapter;
  // Without a known maker, only a signature shows that Claude would know it again.
  const isUnsigned = adapter === "" && signature === "" && redacted.length === 0;
  if (role !== Role.ASSISTANT || isForeign || (isUnsigned && scope.traits.claude)) {
    const why = isForeign ? `made by ${adapter}` : "without a signature, or not the assistant's";
    scope.warnings.dropped(field, `the API takes only its own thinking; this is ${why}`);
    return undefined;
  }
  return redacted.length > 0
    ? { type: "redacted_thinking", data: new TextDecoder().decode(redacted) }
    : { type: "thinking", thinking: text, signature };
}

function providerBlock(
  { adapter, json }: ProviderBlock,
  { cache, providerOptions }: Part,
  field: string,
  scope: EncodeScope,
): WireBlock | undefined {
  if (adapter !== scope.adapter) {
    scope.warnings.dropped(field, `only ${adapter || "another provider"} knows this block`);
    return undefined;
  }
  const jsonField = requestField(`${field}.provider.json`);
  if (cache === undefined && ownOptions(providerOptions, `${field}.`, scope) === undefined) {
    return scope.raw.hold(json, jsonField);
  }
  if (!isObjectText(json)) throw invalidField(jsonField, "is not the text of a JSON object");
  const block = JSON.parse(json) as JsonObject;
  if (cache !== undefined) scope.cache.mark(block, cache, field);
  return withOptions(block, providerOptions, field, scope);
}
