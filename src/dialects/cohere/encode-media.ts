import type { JsonObject } from "@bufbuild/protobuf";
import { type Media, MediaKind } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { mergeInto } from "../json.ts";
import { dataURL, mediaKind } from "../media-facts.ts";
import type { EncodeContext } from "../openai-responses/encode-context.ts";
import { unsupportedField } from "../request-field.ts";

/**
 * An image as a piece of a user's turn; `detail` may stand in `own` plainly. Throws
 * UNSUPPORTED_FIELD for every other kind of media, and for an image that is neither bytes nor an
 * address.
 */
export function encodeImage(
  media: Media,
  { detail, ...own }: JsonObject,
  field: string,
  { warnings }: EncodeContext,
): JsonObject {
  if (mediaKind(media) !== MediaKind.IMAGE) {
    throw unsupportedField(field, "the user's turns take text and images only");
  }
  const { name, source } = media;
  const url = source.case === "url" ? source.value : dataURL(media);
  if (url === undefined) {
    throw unsupportedField(field, "this wire takes images as bytes or by address, not by file id");
  }
  if (name !== "") warnings.dropped(`${field}.media.name`, "images have no name here");
  const image = { url, ...(detail !== undefined && { detail }) };
  return mergeInto({ type: "image_url", image_url: image }, own);
}
