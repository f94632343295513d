import type { JsonObject } from "@bufbuild/protobuf";
import {
  type Media,
  type Part,
  type ProviderBlock,
  Role,
  type Text,
  type Thinking,
  type ToolCall,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { invalidField } from "../../contract/connector-error.ts";
import { objectArguments } from "../call-arguments.ts";
import type { PlacedPart } from "../content-parts.ts";
import { isObject, isObjectText, mergeInto } from "../json.ts";
import { ownOptions, withOptions } from "../own-options.ts";
import { requestField } from "../request-field.ts";
import { isGivenCallID } from "./call-names.ts";
import { citationTypes } from "./citations.ts";
import { mediaPart } from "./encode-media.ts";
import { encodeResult } from "./encode-result.ts";
import type { EncodeScope } from "./encode-scope.ts";
import type { WirePart } from "./wire.ts";

/**
 * Parts as they are sent. What the API has no place for is left out, with a warning. The signature
 * of a thought goes with it; that of any other part is in its `provider_options`, as it came.
 */
export function encodeParts(
  parts: readonly PlacedPart[],
  role: Role,
  scope: EncodeScope,
): WirePart[] {
  return parts.flatMap(({ part, field }) => {
    if (part.cache !== undefined) {
      scope.warnings.dropped(`${field}.cache`, "the API takes no marks: it caches by itself");
    }
    return encodePart(part, field, role, scope);
  });
}

function encodePart(
  part: Part,
  field: string,
  role: Role,
  scope: EncodeScope,
): readonly WirePart[] {
  const { kind, providerOptions } = part;
  if (kind.case === "provider") return blockPart(kind.value, part, field, scope);
  if (kind.case === "toolResult") return encodeResult(kind.value, part, field, scope);
  const sent = knownPart(part, field, role, scope);
  if (sent === undefined) return [];
  const whole = withOptions(sent, providerOptions, field, scope);
  // The API may refuse an empty text, and nothing is lost with it unless something stands on it.
  return whole.text === "" && Object.keys(whole).length === 1 ? [] : [whole];
}

function knownPart(
  { kind }: Part,
  field: string,
  role: Role,
  scope: EncodeScope,
): JsonObject | undefined {
  switch (kind.case) {
    case "text":
      return textPart(kind.value, field, scope);
    case "media":
      return mediaOrWords(kind.value, field, role, scope);
    case "toolCall":
      return callPart(kind.value, field, scope);
    case "thinking":
      return thoughtPart(kind.value, field, role, scope);
    case "refusal":
      scope.warnings.changed(field, "the API has no part for a refusal: sent as text");
      return { text: kind.value.text };
    default:
      scope.warnings.dropped(field, "the part says nothing");
      return undefined;
  }
}

/** A text. Its citations are no part of it on this wire: they came beside the answer. */
function textPart({ text, citations }: Text, field: string, scope: EncodeScope): JsonObject {
  for (const [index, { type }] of citations.entries()) {
    if (citationTypes.has(type)) continue;
    const place = `${field}.text.citations[${index}]`;
    scope.warnings.dropped(place, "the API takes no citations");
  }
  return { text };
}

/** Media; of a speech that another provider made and only names by its id, what was said. */
function mediaOrWords(media: Media, field: string, role: Role, scope: EncodeScope): JsonObject {
  const { source, transcript, id } = media;
  if (source.case === undefined && transcript !== "" && role === Role.ASSISTANT) {
    scope.warnings.changed(field, "the sound is not in the part: its transcript was sent");
    return { text: transcript };
  }
  if (transcript !== "") {
    scope.warnings.dropped(`${field}.media.transcript`, "the API takes the sound alone");
  }
  if (id !== "") scope.warnings.dropped(`${field}.media.id`, "only the provider of it knows it");
  return mediaPart(media, field, scope);
}

function callPart(call: ToolCall, field: string, scope: EncodeScope): JsonObject {
  const { id, name } = call;
  scope.calls.add(id, name);
  const isSent = scope.host.callIDs && isGivenCallID(id);
  return {
    functionCall: { ...(isSent && { id }), name, args: objectArguments(call, field, scope) },
  };
}

function thoughtPart(
  { adapter, text, signature, redacted }: Thinking,
  field: string,
  role: Role,
  scope: EncodeScope,
): JsonObject | undefined {
  const isForeign = adapter !== "" && adapter !== scope.adapter;
  if (isForeign || role !== Role.ASSISTANT || redacted.length > 0) {
    const why = isForeign ? `made by ${adapter}` : "sealed, or not the assistant's";
    scope.warnings.dropped(field, `the API takes only its own thinking; this is ${why}`);
    return undefined;
  }
  return { text, thought: true, ...(signature !== "" && { thoughtSignature: signature }) };
}

function blockPart(
  { adapter, json }: ProviderBlock,
  { providerOptions }: Part,
  field: string,
  scope: EncodeScope,
): readonly WirePart[] {
  if (adapter !== scope.adapter) {
    scope.warnings.dropped(field, `only ${adapter || "another provider"} knows this block`);
    return [];
  }
  const jsonField = requestField(`${field}.provider.json`);
  const own = ownOptions(providerOptions, `${field}.`, scope) ?? {};
  if (Object.keys(own).length === 0) return [scope.raw.hold(json, jsonField)];
  const block: unknown = isObjectText(json) ? JSON.parse(json) : undefined;
  if (!isObject(block)) throw invalidField(jsonField, "is not the text of a JSON object");
  return [mergeInto(block, own)];
}
