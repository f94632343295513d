/** Follows every message about wrong usage. */
export const usageHint = "(add --help for the options)";

/** Wrong usage that shows only when a command runs. The exit code is 2. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}
