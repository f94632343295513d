import { stableHash } from "./stable-hash.ts";

/**
 * An id for a call of a tool that came without one, or with one that cannot be sent: the same for
 * the same seed, so that it depends on the answer alone. A seed should not occur twice in a
 * conversation: some providers refuse an id twice.
 */
export function madeUpID(seed: string): string {
  return `call_${stableHash(seed).toString(16).padStart(16, "0")}`;
}
