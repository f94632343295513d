/**
 * A count of tokens as a provider reports it: 0 for what is missing, negative, fractional beyond
 * reading, or no number. Numbers in text are read, as some hosts send them so.
 */
export function tokenCount(value: unknown): bigint {
  const count = typeof value === "string" ? Number(value) : value;
  if (typeof count !== "number" || !Number.isFinite(count) || count <= 0) return 0n;
  return BigInt(Math.min(Math.round(count), Number.MAX_SAFE_INTEGER));
}

/** Whether a value can be read as a count of tokens: 0 to 2^53 - 1. */
export function isTokenCount(value: unknown): boolean {
  const count = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof count === "number" && count >= 0 && count <= Number.MAX_SAFE_INTEGER;
}
