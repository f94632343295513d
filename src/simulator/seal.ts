import { createHmac, timingSafeEqual } from "node:crypto";
import { createRandom } from "./random.ts";

/** What an opaque text stands for. Each kind begins as the provider's own do. */
export type SealKind = "signature" | "redacted" | "reasoning" | "search" | "thought";

const firstBytes: Readonly<Record<SealKind, readonly number[]>> = {
  signature: [0x12],
  redacted: [0x12],
  reasoning: [0x80, 0, 0, 0, 0],
  search: [0x12],
  thought: [0x12],
};

const fillerBytes = 120;
const macBytes = 32;

/**
 * An opaque text as providers make them (a signature, an encrypted thought), which only a simulator
 * of the same seed makes and knows again.
 *
 * @param subject What it speaks for, such as the text of a thought; empty where it stands alone.
 * @param key Two seals of one subject differ by it.
 */
export function seal(seed: number, kind: SealKind, subject: string, key: string): string {
  const random = createRandom(seed, kind, key);
  const filler = Buffer.from([
    ...firstBytes[kind],
    ...Array.from({ length: fillerBytes }, () => random.integer(256)),
  ]);
  const sealed = Buffer.concat([filler, mac(seed, kind, subject, filler)]);
  return sealed.toString(kind === "reasoning" ? "base64url" : "base64");
}

/** Whether a text was sealed with this seed for this kind and subject. */
export function isSealed(seed: number, kind: SealKind, subject: string, text: string): boolean {
  const bytes = Buffer.from(text, kind === "reasoning" ? "base64url" : "base64");
  if (bytes.length <= macBytes) return false;
  const filler = bytes.subarray(0, -macBytes);
  return timingSafeEqual(bytes.subarray(-macBytes), mac(seed, kind, subject, filler));
}

function mac(seed: number, kind: SealKind, subject: string, filler: Buffer): Buffer {
  const hmac = createHmac("sha256", `${kind} ${seed}`);
  return hmac.update(filler).update(subject).digest();
}
