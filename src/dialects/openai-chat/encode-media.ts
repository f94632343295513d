import type { JsonObject } from "@bufbuild/protobuf";
import { type Media, MediaKind } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { mergeInto } from "../json.ts";
import { base64Of, dataURL, mediaKind, mediaType } from "../media-facts.ts";
import { unsupportedField } from "../request-field.ts";
import type { EncodeContext } from "./encode-context.ts";

/**
 * An image, sound or document as a part of a user's message. `own` is what the caller gave for this
 * provider; `detail` of an image may stand there plainly, as on the Responses wire. Throws
 * UNSUPPORTED_FIELD for what this wire has no form for.
 */
export function encodeMedia(
  media: Media,
  own: JsonObject,
  field: string,
  context: EncodeContext,
): JsonObject {
  switch (mediaKind(media)) {
    case MediaKind.IMAGE: {
      const { detail, ...rest } = own;
      noteName(media, field, context);
      const image = { url: imageURL(media, field), ...(detail !== undefined && { detail }) };
      return mergeInto({ type: "image_url", image_url: image }, rest);
    }
    case MediaKind.AUDIO:
      noteName(media, field, context);
      return mergeInto({ type: "input_audio", input_audio: inputAudio(media, field) }, own);
    case MediaKind.DOCUMENT:
      return mergeInto({ type: "file", file: file(media, field, context) }, own);
    case MediaKind.VIDEO:
      noteName(media, field, context);
      return mergeInto(
        { type: "video_url", video_url: { url: videoURL(media, field, context) } },
        own,
      );
    default:
      throw unsupportedField(field, "this wire takes images, sound and documents only");
  }
}

/**
 * Where an image is, its bytes included. Throws UNSUPPORTED_FIELD for one that is known by a file
 * id.
 */
export function imageURL(media: Media, field: string): string {
  const { source } = media;
  const url = source.case === "url" ? source.value : dataURL(media);
  if (url !== undefined) return url;
  throw unsupportedField(field, "this wire takes images as bytes or by address, not by file id");
}

function videoURL(media: Media, field: string, { host }: EncodeContext): string {
  if (!host.takesVideo) {
    throw unsupportedField(field, "this wire takes images, sound and documents only");
  }
  const { source } = media;
  const url = source.case === "url" ? source.value : dataURL(media);
  if (url !== undefined) return url;
  throw unsupportedField(field, "this wire takes videos as bytes or by address, not by file id");
}

const audioFormats: ReadonlyMap<string, string> = new Map([
  ["mpeg", "mp3"],
  ["x-wav", "wav"],
  ["wave", "wav"],
  ["vnd.wave", "wav"],
]);

/** OpenAI takes wav and mp3. Other formats are named as they are: some hosts take them. */
function inputAudio(media: Media, field: string): JsonObject {
  const subtype = mediaType(media).replace(/^audio\//, "");
  const format = audioFormats.get(subtype) ?? subtype;
  const data = base64Of(media);
  if (data !== undefined) return { data, format };
  throw unsupportedField(field, "this wire takes sound as bytes only");
}

function file(media: Media, field: string, { host, warnings }: EncodeContext): JsonObject {
  const { source, name } = media;
  if (source.case === "fileId") return { file_id: source.value };
  const isAddress = source.case === "url" && host.takesAnyDocument === true;
  const data = isAddress ? source.value : dataURL(media);
  if (data === undefined) {
    throw unsupportedField(
      field,
      "this wire takes documents as bytes or by file id, not by address",
    );
  }
  if (host.takesAnyDocument) return { ...(name !== "" && { filename: name }), file_data: data };
  if (name === "") warnings.defaulted(`${field}.media.name`, 'the provider needs one: "document"');
  return { filename: name || "document", file_data: data };
}

function noteName({ name }: Media, field: string, { warnings }: EncodeContext): void {
  if (name !== "") warnings.dropped(`${field}.media.name`, "only documents have a name here");
}
