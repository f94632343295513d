interface Signature {
  readonly mimeType: string;
  readonly test: (bytes: Buffer) => boolean;
}

// The first bytes by which PNG, JPEG, GIF, WebP and PDF are told (WHATWG MIME Sniffing, section 6).
// A PDF may have up to 1024 bytes before its mark (ISO 32000, annex H).
const signatures: readonly Signature[] = [
  { mimeType: "image/png", test: (bytes) => hasAt(bytes, 0, "\x89PNG\r\n\x1a\n") },
  { mimeType: "image/jpeg", test: (bytes) => hasAt(bytes, 0, "\xff\xd8\xff") },
  {
    mimeType: "image/gif",
    test: (bytes) => hasAt(bytes, 0, "GIF87a") || hasAt(bytes, 0, "GIF89a"),
  },
  { mimeType: "image/webp", test: (bytes) => hasAt(bytes, 0, "RIFF") && hasAt(bytes, 8, "WEBP") },
  { mimeType: "application/pdf", test: (bytes) => bytes.subarray(0, 1029).includes("%PDF-") },
];

/** What is wrong with calling these bytes by that MIME type; undefined if nothing is. */
export function signatureFault(bytes: Uint8Array, mimeType: string): string | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const claimed = canonical(mimeType);
  const claimedSignature = signatures.find((signature) => signature.mimeType === claimed);
  if (claimedSignature !== undefined) {
    return claimedSignature.test(buffer) ? undefined : `is not ${claimed} by its first bytes`;
  }
  const isMedia = /^(?:image|audio|video)\//.test(claimed);
  const found = isMedia ? signatures.find((signature) => signature.test(buffer)) : undefined;
  return found && `is ${found.mimeType} by its first bytes, not ${claimed}`;
}

function canonical(mimeType: string): string {
  const [essence = ""] = mimeType.toLowerCase().split(";", 1);
  return essence.trim() === "image/jpg" ? "image/jpeg" : essence.trim();
}

function hasAt(bytes: Buffer, offset: number, latin1: string): boolean {
  return bytes.subarray(offset, offset + latin1.length).equals(Buffer.from(latin1, "latin1"));
}
