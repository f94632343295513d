import type { JsonObject } from "@bufbuild/protobuf";
import { type Media, MediaKind } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { invalidField } from "../../contract/connector-error.ts";
import { toBase64 } from "../base64.ts";
import { dataURLBytes, isDataURL } from "../data-url.ts";
import { kindOfType, mediaType } from "../media-facts.ts";
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
  const bytes = inlineBytes(media, field);
  // A data: URL that names no type holds plain text (RFC 2397).
  const isInURL = media.source.case === "url" && bytes !== undefined;
  const told = mediaType(media) || (isInURL ? plainText : "");
  const type = told.split(";")[0]?.trim() ?? "";
  switch (kindOf(media, type)) {
    case MediaKind.IMAGE:
      return imageBlock(media, bytes, type, field, scope);
    case MediaKind.DOCUMENT:
      return documentBlock(media, bytes, type, field, scope);
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
  return kind === MediaKind.UNSPECIFIED && type !== "" ? kindOfType(type) : kind;
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

/** The bytes that a part carries itself, as `data` or in a `data:` URL. */
function inlineBytes({ source }: Media, field: string): Uint8Array | undefined {
  if (source.case === "data") return source.value;
  if (source.case !== "url") return undefined;
  return isDataURL(source.value) ? dataURLBytes(source.value, field) : undefined;
}

function utf8(bytes: Uint8Array, field: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalidField(requestField(`${field}.media.data`), "a text document must be UTF-8");
  }
}
