/** What stands for a secret where one is shown. It is no secret itself, and is refused as one. */
export const maskedSecret = "***";

const keyCharactersMax = 4096;

/**
 * What is wrong with a key or token, given without the spaces and line ends around it. Unset: nothing.
 * Does not quote it.
 */
export function keyProblem(key: string): string | undefined {
  if (key === "") return "is empty";
  if (key === maskedSecret) return "is a mask: give the secret itself";
  if (key.length > keyCharactersMax) return `is longer than ${keyCharactersMax} characters`;
  if (/\p{Cc}/u.test(key)) return "has a control character or line end inside";
  return /^[\x21-\x7e]+$/.test(key) ? undefined : "expected printable ASCII without spaces";
}
