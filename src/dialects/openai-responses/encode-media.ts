import type { JsonObject } from "@bufbuild/protobuf";
import { type Media, MediaKind } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { toBase64 } from "../base64.ts";
import { type EncodeContext, unsupported } from "./encode-context.ts";

/**
 * An image or document as a piece of content. Throws UNSUPPORTED_FIELD for sound and moving pictures:
 * leaving them out would change the question.
 */
export function encodeMedia(media: Media, field: string, context: EncodeContext): JsonObject {
  switch (kindOf(media)) {
    case MediaKind.IMAGE:
      noteName(media, field, context, "only documents have a name here");
      return { type: "input_image", ...imageSource(media, field) };
    case MediaKind.DOCUMENT:
      return { type: "input_file", ...fileSource(media, field, context) };
    default:
      throw unsupported(field, "this wire takes images and documents only");
  }
}

/** What a Media part is, told from its MIME type or `data:` address where it does not say it. */
function kindOf(media: Media): MediaKind {
  if (media.kind !== MediaKind.UNSPECIFIED) return media.kind;
  const mimeType = mimeTypeOf(media);
  if (mimeType.startsWith("image/")) return MediaKind.IMAGE;
  if (mimeType.startsWith("audio/")) return MediaKind.AUDIO;
  return mimeType.startsWith("video/") ? MediaKind.VIDEO : MediaKind.DOCUMENT;
}

function mimeTypeOf({ source, mimeType }: Media): string {
  const inURL = source.case === "url" ? /^data:([^;,]+)/i.exec(source.value)?.[1] : undefined;
  return (mimeType || inURL || "").toLowerCase();
}

function imageSource(media: Media, field: string): JsonObject {
  const { source } = media;
  switch (source.case) {
    case "data":
      return { image_url: dataURL(media, source.value) };
    case "url":
      return { image_url: source.value };
    case "fileId":
      return { file_id: source.value };
    default:
      throw unsupported(field, "holds no bytes, address or file id");
  }
}

function fileSource(media: Media, field: string, context: EncodeContext): JsonObject {
  const { source } = media;
  if (source.case === "data")
    return inlineFile(media, dataURL(media, source.value), field, context);
  if (source.case === "url" && /^data:/i.test(source.value)) {
    return inlineFile(media, source.value, field, context);
  }
  noteName(media, field, context, "only a document's bytes are sent with a name");
  if (source.case === "url") return { file_url: source.value };
  if (source.case === "fileId") return { file_id: source.value };
  throw unsupported(field, "holds no bytes, address or file id");
}

/** Bytes need a file name: the provider refuses them without one. */
function inlineFile(
  { name }: Media,
  url: string,
  field: string,
  { warnings }: EncodeContext,
): JsonObject {
  if (name === "") warnings.defaulted(`${field}.media.name`, 'the provider needs one: "document"');
  return { filename: name || "document", file_data: url };
}

function dataURL(media: Media, bytes: Uint8Array): string {
  return `data:${mimeTypeOf(media)};base64,${toBase64(bytes)}`;
}

function noteName(
  { name }: Media,
  field: string,
  { warnings }: EncodeContext,
  message: string,
): void {
  if (name !== "") warnings.dropped(`${field}.media.name`, message);
}
