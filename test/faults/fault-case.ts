/** Where something is proved: a test file, and the title of a test in it as it stands there. */
export type Proof = readonly [file: string, title: string];

/** One case of the matrix: a fault, what must come of it, and the tests that prove it. */
export interface FaultCase {
  /** A number behind a letter: V request, C configuration, U answer, S stream, O the server. */
  readonly id: string;
  readonly fault: string;
  readonly expected: string;
  readonly proofs: readonly Proof[];
  /** Why it is not proved, or only in part. Unset: it is proved. */
  readonly open?: string;
}

/** A case that is proved. */
export function proved(
  id: string,
  fault: string,
  expected: string,
  ...proofs: readonly Proof[]
): FaultCase {
  return { id, fault, expected, proofs };
}

/** A case of which something is left, and why. */
export function left(
  id: string,
  fault: string,
  expected: string,
  open: string,
  ...proofs: readonly Proof[]
): FaultCase {
  return { id, fault, expected, proofs, open };
}

/** Proofs of one file. */
export function inFile(file: string): (title: string) => Proof {
  return (title) => [`test/${file}.test.ts`, title];
}
