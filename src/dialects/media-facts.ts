import { type Media, MediaKind } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { toBase64 } from "./base64.ts";

/** What a Media part is, told from its MIME type or `data:` address where it does not say it. */
export function mediaKind(media: Media): MediaKind {
  if (media.kind !== MediaKind.UNSPECIFIED) return media.kind;
  const type = mediaType(media);
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
  return source.case === "url" && /^data:/i.test(source.value) ? source.value : undefined;
}
