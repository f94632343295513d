import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import {
  type Media,
  MediaKind,
  Role,
  type Text,
  type Thinking,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { toBase64 } from "../../dialects/base64.ts";
import type { PlacedPart } from "../../dialects/content-parts.ts";
import { isObject, mergeInto } from "../../dialects/json.ts";
import { dataURL, mediaKind } from "../../dialects/media-facts.ts";
import { type EncodeContext, mark, ownOptions } from "../../dialects/openai-chat/encode-context.ts";
import type { ChatPart } from "../../dialects/openai-chat/wire.ts";
import { requestField, unsupportedField } from "../../dialects/request-field.ts";
import { spokenWords } from "../../dialects/spoken-words.ts";

/**
 * A part as chunks of the content of a message. What the role cannot say is left out with a
 * Warning. Throws UNSUPPORTED_FIELD for media that the API has no form for.
 */
export function encodeChunks(placed: PlacedPart, role: Role, context: EncodeContext): ChatPart[] {
  const { part, field } = placed;
  const { warnings, raw, adapter } = context;
  const { kind, cache: hint } = part;
  mark(undefined, { hint, field }, context);
  switch (kind.case) {
    case "text":
      return textChunks(kind.value, placed, context);
    case "media":
      if (role === Role.SYSTEM) break;
      if (role === Role.ASSISTANT) return transcript(kind.value, field, context);
      return [mediaChunk(kind.value, placed, context)];
    case "thinking":
      return thinkingChunks(kind.value, placed, context);
    case "refusal":
      warnings.changed(field, "the API has no form for a refusal: sent as text");
      return [{ type: "text", text: kind.value.text }];
    case "provider":
      if (kind.value.adapter === adapter) {
        return [raw.hold(kind.value.json, requestField(`${field}.provider.json`))];
      }
      warnings.dropped(field, `only ${kind.value.adapter} knows this block`);
      return [];
    default:
  }
  warnings.dropped(field, "a turn of this role cannot hold this");
  return [];
}

/** A text, and behind it the sources that it cites, if they are the API's own. */
function textChunks(text: Text, { part, field }: PlacedPart, context: EncodeContext): ChatPart[] {
  const own = ownOptions(part.providerOptions, context);
  const chunks: ChatPart[] = [mergeInto({ type: "text", text: text.text }, own)];
  for (const [index, { json }] of text.citations.entries()) {
    const chunk = jsonValue(json);
    if (isObject(chunk) && chunk.type === "reference" && Array.isArray(chunk.reference_ids)) {
      chunks.push(chunk);
    } else {
      const at = `${field}.text.citations[${index}]`;
      context.warnings.dropped(at, "the API takes back sources by number only");
    }
  }
  return chunks;
}

/** JSON text as a value; null for what is none. */
export function jsonValue(json: string): JsonValue {
  try {
    return JSON.parse(json) as JsonValue;
  } catch {
    return null;
  }
}

/** Thinking of this API or of nobody in particular. Other providers' would be taken for its own. */
function thinkingChunks(
  { text, signature, redacted, adapter }: Thinking,
  { part, field }: PlacedPart,
  context: EncodeContext,
): ChatPart[] {
  const isForeign = adapter !== "" && adapter !== context.adapter;
  if (isForeign || redacted.length > 0) {
    context.warnings.dropped(field, "only the provider that made this thinking can read it");
    return [];
  }
  const thinking = [{ type: "text", text }];
  const chunk = { type: "thinking", thinking, ...(signature !== "" && { signature }) };
  return [mergeInto(chunk, ownOptions(part.providerOptions, context))];
}

function mediaChunk(media: Media, { part, field }: PlacedPart, context: EncodeContext): JsonObject {
  const { source, name } = media;
  const own = ownOptions(part.providerOptions, context);
  const kind = mediaKind(media);
  if (name !== "" && kind !== MediaKind.DOCUMENT) {
    context.warnings.dropped(`${field}.media.name`, "only documents have a name here");
  }
  if (kind === MediaKind.VIDEO || kind === MediaKind.UNSPECIFIED) {
    throw unsupportedField(field, "the API takes images, sound and documents only");
  }
  if (source.case === "fileId") return mergeInto({ type: "file", file_id: source.value }, own);
  if (kind === MediaKind.AUDIO) {
    return mergeInto({ type: "input_audio", input_audio: sound(media) }, own);
  }
  const url = source.case === "url" ? source.value : (dataURL(media) ?? "");
  if (kind === MediaKind.IMAGE) {
    const { detail, ...rest } = own;
    const image = { url, ...(detail !== undefined && { detail }) };
    return mergeInto({ type: "image_url", image_url: image }, rest);
  }
  const named = name === "" ? {} : { document_name: name };
  return mergeInto({ type: "document_url", document_url: url, ...named }, own);
}

/** Sound is bare base64, or the address of it; the format is told from its bytes. */
function sound({ source }: Media): string {
  if (source.case === "data") return toBase64(source.value);
  const url = source.case === "url" ? source.value : "";
  return /^data:[^,]*;base64,/i.test(url) ? url.slice(url.indexOf(",") + 1) : url;
}

/** The model's own turns hold no media: what was said in sound is sent as its words. */
function transcript(media: Media, field: string, { warnings }: EncodeContext): ChatPart[] {
  const text = spokenWords(media, field, "the model's turns hold no media", warnings);
  return text === undefined ? [] : [{ type: "text", text }];
}
