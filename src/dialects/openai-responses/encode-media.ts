import type { JsonObject } from "@bufbuild/protobuf";
import { type Media, MediaKind } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { dataURL, mediaKind } from "../media-facts.ts";
import { unsupportedField } from "../request-field.ts";
import type { EncodeContext } from "./encode-context.ts";

/**
 * An image or document as a piece of content. Throws UNSUPPORTED_FIELD for sound and moving
 * pictures: leaving them out would change the question.
 */
export function encodeMedia(media: Media, field: string, context: EncodeContext): JsonObject {
  switch (mediaKind(media)) {
    case MediaKind.IMAGE:
      noteName(media, field, context, "only documents have a name here");
      return { type: "input_image", ...imageSource(media, field) };
    case MediaKind.DOCUMENT:
      return { type: "input_file", ...fileSource(media, field, context) };
    default:
      throw unsupportedField(field, "this wire takes images and documents only");
  }
}

function imageSource(media: Media, field: string): JsonObject {
  const { source } = media;
  if (source.case === "fileId") return { file_id: source.value };
  const url = source.case === "url" ? source.value : dataURL(media);
  if (url === undefined) throw unsupportedField(field, "holds no bytes, address or file id");
  return { image_url: url };
}

function fileSource(media: Media, field: string, context: EncodeContext): JsonObject {
  const { source } = media;
  const bytes = dataURL(media);
  if (bytes !== undefined) return inlineFile(media, bytes, field, context);
  noteName(media, field, context, "only a document's bytes are sent with a name");
  if (source.case === "url") return { file_url: source.value };
  if (source.case === "fileId") return { file_id: source.value };
  throw unsupportedField(field, "holds no bytes, address or file id");
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

function noteName(
  { name }: Media,
  field: string,
  { warnings }: EncodeContext,
  message: string,
): void {
  if (name !== "") warnings.dropped(`${field}.media.name`, message);
}
