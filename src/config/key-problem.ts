/** What stands for a secret where one is shown. It is no secret itself, and is refused as one. */
export const maskedSecret = "***";

const keyCharactersMax = 4096;

/**
 * What is wrong with a key or token, given without the spaces and line ends around it. Unset:
 * nothing. Does not quote it.
 */
export function keyProblem(key: string): string | undefined {
  if (key === "") return "is empty";
  if (key === maskedSecret) return "is a mask: give the secret itself";
  if (key.length > keyCharactersMax) return `is longer than ${keyCharactersMax} characters`;
  if (/\p{Cc}/u.test(key)) return "has a control character or line end inside";
  return /^[\x21-\x7e]+$/.test(key) ? undefined : "expected printable ASCII without spaces";
}

// RFC 6750, section 2.1: what can follow `Bearer`.
const bearerToken = /^[A-Za-z0-9._~+/-]+=*$/;

/** What is wrong with a caller's token: the same, and what a bearer token cannot be. */
export function tokenProblem(token: string): string | undefined {
  const problem = keyProblem(token);
  if (problem !== undefined || bearerToken.test(token)) return problem;
  return "expected letters, digits and ._~+/- only, with = at the end if at all";
}
