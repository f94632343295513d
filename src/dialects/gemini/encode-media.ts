import type { JsonObject } from "@bufbuild/protobuf";
import type { Media } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { invalidField } from "../../contract/connector-error.ts";
import { toBase64 } from "../base64.ts";
import { dataURLBytes, isDataURL } from "../data-url.ts";
import { mediaType } from "../media-facts.ts";
import { requestField, unsupportedField } from "../request-field.ts";
import type { EncodeScope } from "./encode-scope.ts";

/**
 * An image, sound, video or document as `inlineData` or `fileData`. Throws INVALID_REQUEST for what
 * cannot be read, UNSUPPORTED_FIELD for a file id where the host stores no files.
 */
export function mediaPart(media: Media, field: string, scope: EncodeScope): JsonObject {
  const { source, name } = media;
  if (name !== "") {
    scope.warnings.dropped(`${field}.media.name`, "the API shows the model no names of media");
  }
  switch (source.case) {
    case "data":
      return { inlineData: inline(source.value, media, field) };
    case "url":
      return isDataURL(source.value)
        ? { inlineData: fromURL(source.value, media, field) }
        : { fileData: file(source.value, media, field, scope) };
    case "fileId":
      return { fileData: file(storedFile(source.value, field, scope), media, field, scope) };
    default:
      throw invalidField(requestField(`${field}.media`), "needs a source");
  }
}

function inline(bytes: Uint8Array, media: Media, field: string): JsonObject {
  const mimeType = mediaType(media);
  if (mimeType === "") {
    throw invalidField(requestField(`${field}.media.mime_type`), "is required with data");
  }
  return { mimeType, data: toBase64(bytes) };
}

function fromURL(url: string, media: Media, field: string): JsonObject {
  const data = toBase64(dataURLBytes(url, field));
  return { mimeType: mediaType(media) || "text/plain", data };
}

/**
 * A file by its address, which the provider fetches: web, YouTube, Cloud Storage, or a stored one.
 */
function file(fileUri: string, media: Media, field: string, scope: EncodeScope): JsonObject {
  const mimeType = mediaType(media) || (scope.host.fileTypes ? typeByName(fileUri) : "");
  if (mimeType !== mediaType(media)) {
    scope.warnings.defaulted(
      `${field}.media.mime_type`,
      `this API requires it: ${mimeType} was sent, by the name of the file`,
    );
  }
  return { ...(mimeType !== "" && { mimeType }), fileUri };
}

/**
 * The address of a stored file: its own, or that of the host's storage for "files/abc" and "abc".
 */
function storedFile(id: string, field: string, { host }: EncodeScope): string {
  if (/^(?:https?|gs):/i.test(id)) return id;
  if (host.filesURL === undefined) {
    throw unsupportedField(field, "this API stores no files: give an address such as gs://…");
  }
  return `${host.filesURL}${id.startsWith("files/") ? id : `files/${id}`}`;
}

const typesByEnding: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  webp: "image/webp",
  heic: "image/heic",
  heif: "image/heif",
  mp3: "audio/mpeg",
  wav: "audio/wav",
  flac: "audio/flac",
  ogg: "audio/ogg",
  mp4: "video/mp4",
  mov: "video/quicktime",
  webm: "video/webm",
  pdf: "application/pdf",
  txt: "text/plain",
};

function typeByName(address: string): string {
  const ending = /\.([a-z0-9]{1,5})(?:[?#]|$)/i.exec(address)?.[1]?.toLowerCase() ?? "";
  return Object.hasOwn(typesByEnding, ending) ? (typesByEnding[ending] ?? "") : "";
}
