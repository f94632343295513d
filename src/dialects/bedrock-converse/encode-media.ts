import type { JsonObject } from "@bufbuild/protobuf";
import { type Media, MediaKind } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { invalidField } from "../../contract/connector-error.ts";
import { toBase64 } from "../base64.ts";
import { dataURLBytes, isDataURL } from "../data-url.ts";
import { mediaKind, mediaType } from "../media-facts.ts";
import { requestField, unsupportedField } from "../request-field.ts";
import type { EncodeScope } from "./encode-scope.ts";

/** Formats by MIME type, or by the ending of a name. */
type Formats = Readonly<Record<string, string>>;

const imageFormats: Formats = {
  "image/png": "png",
  "image/jpeg": "jpeg",
  "image/jpg": "jpeg",
  "image/gif": "gif",
  "image/webp": "webp",
};

const documentFormats: Formats = {
  "application/pdf": "pdf",
  "text/csv": "csv",
  "application/msword": "doc",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
  "application/vnd.ms-excel": "xls",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
  "text/html": "html",
  "text/plain": "txt",
  "text/markdown": "md",
};

const videoFormats: Formats = {
  "video/x-matroska": "mkv",
  "video/matroska": "mkv",
  "video/quicktime": "mov",
  "video/mp4": "mp4",
  "video/webm": "webm",
  "video/x-flv": "flv",
  "video/mpeg": "mpeg",
  "video/mpg": "mpg",
  "video/x-ms-wmv": "wmv",
  "video/wmv": "wmv",
  "video/3gpp": "three_gp",
};

const audioFormats: Formats = {
  "audio/mpeg": "mp3",
  "audio/mp3": "mp3",
  "audio/opus": "opus",
  "audio/wav": "wav",
  "audio/x-wav": "wav",
  "audio/wave": "wav",
  "audio/aac": "aac",
  "audio/x-aac": "x-aac",
  "audio/flac": "flac",
  "audio/mp4": "mp4",
  "audio/x-m4a": "m4a",
  "audio/m4a": "m4a",
  "audio/ogg": "ogg",
  "audio/x-matroska": "mka",
  "audio/webm": "webm",
  "audio/pcm": "pcm",
  "audio/l16": "pcm",
};

/**
 * Media as a block: its bytes, or where it lies in S3, whose address is the `file_id`. Throws
 * UNSUPPORTED_FIELD for formats and addresses that Converse does not take, INVALID_REQUEST for what
 * cannot be read.
 */
export function mediaBlock(media: Media, field: string, scope: EncodeScope): JsonObject {
  const source = sourceOf(media, field);
  switch (mediaKind(media)) {
    case MediaKind.IMAGE:
      dropName(media, field, scope);
      return { image: { format: formatOf(media, imageFormats, field), source } };
    case MediaKind.VIDEO:
      dropName(media, field, scope);
      return { video: { format: formatOf(media, videoFormats, field), source } };
    case MediaKind.AUDIO:
      dropName(media, field, scope);
      return { audio: { format: formatOf(media, audioFormats, field), source } };
    default: {
      const format = formatOf(media, documentFormats, field);
      return { document: { format, name: scope.documents.take(media.name, field), source } };
    }
  }
}

function dropName({ name }: Media, field: string, { warnings }: EncodeScope): void {
  if (name !== "") warnings.dropped(`${field}.media.name`, "only documents have names here");
}

function formatOf(media: Media, formats: Formats, field: string): string {
  const type = mediaType(media).split(";")[0]?.trim() ?? "";
  const place = media.source.case === "fileId" ? media.source.value : media.name;
  const ending = /\.([a-z0-9]{1,8})$/i.exec(place)?.[1]?.toLowerCase() ?? "";
  const byEnding = Object.values(formats).find((format) => format === (endings[ending] ?? ending));
  const format = (Object.hasOwn(formats, type) ? formats[type] : undefined) ?? byEnding;
  if (format !== undefined) return format;
  if (type === "") throw invalidField(requestField(`${field}.media.mime_type`), "is required");
  throw unsupportedField(
    field,
    `this API takes ${[...new Set(Object.values(formats))].join(", ")}`,
  );
}

/** Endings of names that are not the format's own word. */
const endings: Readonly<Record<string, string>> = {
  jpg: "jpeg",
  htm: "html",
  text: "txt",
  "3gp": "three_gp",
};

function sourceOf({ source }: Media, field: string): JsonObject {
  switch (source.case) {
    case "data":
      return { bytes: toBase64(source.value) };
    case "url":
      if (isDataURL(source.value)) return { bytes: toBase64(dataURLBytes(source.value, field)) };
      throw unsupportedField(field, "this API fetches nothing: send the bytes");
    case "fileId":
      if (/^s3:\/\//i.test(source.value)) return { s3Location: { uri: source.value } };
      throw unsupportedField(field, "files are known to this API by their address in S3 (s3://…)");
    default:
      throw invalidField(requestField(`${field}.media`), "needs a source");
  }
}
