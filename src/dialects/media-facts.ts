import { type Media, MediaKind } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { toBase64 } from "./base64.ts";
import { isDataURL } from "./data-url.ts";

/** What a Media part is, told from its MIME type or `data:` address where it does not say it. */
export function mediaKind(media: Media): MediaKind {
  return media.kind === MediaKind.UNSPECIFIED ? kindOfType(mediaType(media)) : media.kind;
}

/**
 * The kind of media of a MIME type in lower case. What is no image, sound or video is a document.
 */
export function kindOfType(type: string): MediaKind {
  if (type.startsWith("image/")) return MediaKind.IMAGE;
  if (type.startsWith("audio/")) return MediaKind.AUDIO;
  return type.startsWith("video/") ? MediaKind.VIDEO : MediaKind.DOCUMENT;
}

/** MIME type of a Media part in lower case: its own, else that of its `data:` address. */
export function mediaType({ source, mimeType }: Media): string {
  const inURL = source.case === "url" ? /^data:([^;,]+)/i.exec(source.value)?.[1] : undefined;
  return (mimeType || inURL || "").toLowerCase();
}

/** A Media part's bytes as a `data:` address: those it holds, or the address it already is. */
export function dataURL(media: Media): string | undefined {
  const { source } = media;
  if (source.case === "data") return `data:${mediaType(media)};base64,${toBase64(source.value)}`;
  return source.case === "url" && isDataURL(source.value) ? source.value : undefined;
}

/**
 * A Media part's bytes as base64. Undefined: it holds none, or escaped ones in a `data:` address.
 */
export function base64Of(media: Media): string | undefined {
  if (media.source.case === "data") return toBase64(media.source.value);
  const url = dataURL(media) ?? "";
  const comma = url.indexOf(",");
  return /;base64$/i.test(url.slice(0, comma)) ? url.slice(comma + 1) : undefined;
}
