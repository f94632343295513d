import { type Media, MediaKind } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { isForbiddenHost } from "../contract/address.ts";
import { signatureFault } from "./media-signature.ts";
import { checkText } from "./validate-text.ts";
import type { Violations } from "./violations.ts";

/** Longest address of a medium that is not a `data:` URL, characters. */
const urlCharactersMax = 8192;

const schemes = new Set(["http:", "https:", "gs:", "data:"]);

// RFC 9110 section 8.3.1: type "/" subtype, both tokens, then parameters.
const mimeTypePattern =
  /^([a-z0-9!#$&^_.+-]{1,127})\/[a-z0-9!#$&^_.+-]{1,127}(?:\s*;\s*[^\p{Cc};]{1,255}){0,8}$/iu;

// RFC 2397; the payload is judged separately, without a pattern.
const dataURLPattern = /^data:([^,;]*)((?:;[^,;]*)*),/i;

/** Checks one image, sound, video or document of a request. */
export function checkMedia(violations: Violations, field: string, media: Media): void {
  const { mimeType } = media;
  if (mimeType !== "" && !mimeTypePattern.test(mimeType)) {
    violations.add(`${field}.mime_type`, 'is not of the form "type/subtype"');
    return;
  }
  checkText(violations, `${field}.name`, media.name);
  checkText(violations, `${field}.id`, media.id);
  checkText(violations, `${field}.transcript`, media.transcript);
  checkSource(violations, field, media);
  const ofURL = media.source.case === "url" ? dataURLPattern.exec(media.source.value)?.[1] : "";
  checkKind(violations, field, media.kind, mimeType || (ofURL ?? ""));
}

function checkSource(violations: Violations, field: string, media: Media): void {
  const { source, mimeType } = media;
  switch (source.case) {
    case "data":
      if (source.value.length === 0) violations.add(`${field}.data`, "is empty");
      else if (mimeType === "") violations.add(`${field}.mime_type`, "is required with data");
      else checkSignature(violations, `${field}.data`, source.value, mimeType);
      return;
    case "url":
      checkURL(violations, `${field}.url`, source.value);
      return;
    case "fileId":
      if (source.value === "") violations.add(`${field}.file_id`, "is empty");
      else checkText(violations, `${field}.file_id`, source.value);
      return;
    case undefined:
      violations.add(field, "needs one of data, url and file_id");
  }
}

function checkKind(violations: Violations, field: string, kind: MediaKind, mimeType: string): void {
  const told = kindOf(mimeType);
  if (kind === MediaKind.UNSPECIFIED) {
    if (told === undefined)
      violations.add(`${field}.kind`, "is required: mime_type does not say it");
    return;
  }
  const isOther = told !== undefined && told !== MediaKind.DOCUMENT && told !== kind;
  if (isOther && kind !== MediaKind.DOCUMENT) {
    violations.add(`${field}.mime_type`, "is not of the kind that `kind` says");
  }
}

function kindOf(mimeType: string): MediaKind | undefined {
  const [type, subtype] = mimeType.toLowerCase().split(";", 1)[0]?.trim().split("/") ?? [];
  switch (type) {
    case "image":
      return MediaKind.IMAGE;
    case "audio":
      return MediaKind.AUDIO;
    case "video":
      return MediaKind.VIDEO;
    case "text":
      return MediaKind.DOCUMENT;
    case "application":
      return subtype === "octet-stream" ? undefined : MediaKind.DOCUMENT;
    default:
      return undefined;
  }
}

function checkSignature(
  violations: Violations,
  field: string,
  bytes: Uint8Array,
  mimeType: string,
): void {
  const fault = signatureFault(bytes, mimeType);
  if (fault !== undefined) violations.add(field, fault);
}

/** Checks an address for its form and, where it names a host, for whom it leads to. */
function checkURL(violations: Violations, field: string, text: string): void {
  if (/^data:/i.test(text)) {
    checkDataURL(violations, field, text);
    return;
  }
  if (text.length > urlCharactersMax) {
    violations.add(field, `is longer than ${urlCharactersMax} characters`);
    return;
  }
  const url = /[\s\p{Cc}]/u.test(text) ? null : URL.parse(text);
  if (url === null) violations.add(field, "is not a URL");
  else if (!schemes.has(url.protocol)) {
    violations.add(field, "must begin with http:, https:, gs: or data:");
  } else if (url.username !== "" || url.password !== "") {
    violations.add(field, "must not hold a user name or password");
  } else if (url.hostname === "") violations.add(field, "names no host");
  else if (url.protocol !== "gs:" && isForbiddenHost(url.hostname)) {
    violations.forbidHost(field, url.hostname);
  }
}

function checkDataURL(violations: Violations, field: string, text: string): void {
  const head = dataURLPattern.exec(text.slice(0, 1024));
  const [prefix, mimeType = "", parameters = ""] = head ?? [];
  if (prefix === undefined || !mimeTypePattern.test(mimeType)) {
    violations.add(field, "is not a data: URL with a MIME type");
    return;
  }
  if (!/;base64$/i.test(parameters)) {
    checkText(violations, field, text);
    return;
  }
  const payload = text.slice(prefix.length);
  const bytes = Buffer.from(payload, "base64");
  if (!isBase64Of(bytes, payload)) violations.add(field, "does not hold valid base64");
  else checkSignature(violations, field, bytes, mimeType);
}

/** Whether `payload` is the padded base64 of `bytes`: Node's decoder skips what it cannot read. */
function isBase64Of(bytes: Buffer, payload: string): boolean {
  const padding = payload.endsWith("==") ? 2 : payload.endsWith("=") ? 1 : 0;
  const isWhole = payload.length % 4 === 0 && bytes.length === (payload.length / 4) * 3 - padding;
  return bytes.length > 0 && isWhole && !/[-_]/.test(payload);
}
