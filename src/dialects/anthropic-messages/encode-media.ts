import type { JsonObject } from "@bufbuild/protobuf";
import { type Media, MediaKind } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { invalidField } from "../../contract/connector-error.ts";
import { toBase64 } from "../base64.ts";
import { requestField, unsupportedField } from "../request-field.ts";
import type { EncodeScope } from "./encode-scope.ts";

const pdf = "application/pdf";
const plainText = "text/plain";

/** Types besides `text/…` whose bytes are text. */
const textTypes = /^(?:text\/.+|application\/(?:json|xml|yaml|x-yaml|javascript|x-ndjson|toml))$/;

/**
 * An image or document as a block. Throws UNSUPPORTED_FIELD for what the API cannot take (audio,
 * video, other documents), INVALID_REQUEST for what cannot be read.
 */
export function mediaBlock(media: Media, field: string, scope: EncodeScope): JsonObject {
  const inline = inlineData(media, field);
  const type = (inline?.type ?? media.mimeType).toLowerCase().split(";")[0]?.trim() ?? "";
  switch (kindOf(media, type)) {
    case MediaKind.IMAGE:
      return imageBlock(media, inline?.bytes, type, field, scope);
    case MediaKind.DOCUMENT:
      return documentBlock(media, inline?.bytes, type, field, scope);
    case MediaKind.AUDIO:
      throw unsupportedField(field, "this API takes no audio");
    case MediaKind.VIDEO:
      throw unsupportedField(field, "this API takes no video");
    default:
      throw invalidField(
        requestField(`${field}.media.kind`),
        "is neither given nor told by mime_type",
      );
  }
}

function kindOf({ kind }: Media, type: string): MediaKind {
  if (kind !== MediaKind.UNSPECIFIED || type === "") return kind;
  if (type.startsWith("image/")) return MediaKind.IMAGE;
  if (type.startsWith("audio/")) return MediaKind.AUDIO;
  return type.startsWith("video/") ? MediaKind.VIDEO : MediaKind.DOCUMENT;
}

function imageBlock(
  media: Media,
  bytes: Uint8Array | undefined,
  type: string,
  field: string,
  { warnings }: EncodeScope,
): JsonObject {
  if (media.name !== "") warnings.dropped(`${field}.media.name`, "images have no title here");
  if (bytes === undefined) return { type: "image", source: remoteSource(media, field) };
  if (type === "")
    throw invalidField(requestField(`${field}.media.mime_type`), "is required with data");
  return { type: "image", source: { type: "base64", media_type: type, data: toBase64(bytes) } };
}

function documentBlock(
  media: Media,
  bytes: Uint8Array | undefined,
  type: string,
  field: string,
  scope: EncodeScope,
): JsonObject {
  const source =
    bytes === undefined
      ? remoteSource(media, field)
      : documentSource(bytes, type || pdf, field, scope);
  return { type: "document", source, ...(media.name !== "" && { title: media.name }) };
}

function documentSource(
  bytes: Uint8Array,
  type: string,
  field: string,
  { warnings }: EncodeScope,
): JsonObject {
  if (type === pdf) return { type: "base64", media_type: pdf, data: toBase64(bytes) };
  if (!textTypes.test(type)) {
    throw unsupportedField(field, `this API takes PDF and text, but no document of type ${type}`);
  }
  if (type !== plainText) {
    warnings.changed(
      `${field}.media.mime_type`,
      `sent as ${plainText}, the only text type there is`,
    );
  }
  return { type: "text", media_type: plainText, data: utf8(bytes, field) };
}

function remoteSource({ source }: Media, field: string): JsonObject {
  if (source.case === "fileId") return { type: "file", file_id: source.value };
  if (source.case !== "url") throw invalidField(requestField(`${field}.media`), "needs a source");
  if (/^https?:/i.test(source.value)) return { type: "url", url: source.value };
  throw unsupportedField(field, "this API fetches http and https addresses only");
}

/** The bytes that a part carries itself, as `data` or in a `data:` URL (RFC 2397). */
function inlineData(
  { source, mimeType }: Media,
  field: string,
): { readonly bytes: Uint8Array; readonly type: string } | undefined {
  if (source.case === "data") return { bytes: source.value, type: mimeType };
  if (source.case !== "url" || !/^data:/i.test(source.value)) return undefined;
  const comma = source.value.indexOf(",");
  if (comma < 0) throw invalidField(requestField(`${field}.media.url`), "is no whole data: URL");
  const head = source.value.slice("data:".length, comma);
  const payload = source.value.slice(comma + 1);
  const isBase64 = /;\s*base64\s*$/i.test(head);
  const bytes = Buffer.from(unescaped(payload, field), isBase64 ? "base64" : "utf8");
  return { bytes, type: mimeType || (head.split(";")[0] ?? "") || plainText };
}

function unescaped(payload: string, field: string): string {
  if (!payload.includes("%")) return payload;
  try {
    return decodeURIComponent(payload);
  } catch {
    throw invalidField(
      requestField(`${field}.media.url`),
      "holds a percent sign that escapes nothing",
    );
  }
}

function utf8(bytes: Uint8Array, field: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalidField(requestField(`${field}.media.data`), "a text document must be UTF-8");
  }
}
