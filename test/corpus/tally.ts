import { appendFileSync } from "node:fs";

/** What one judge found for one API. */
export interface Tally {
  readonly api: string;
  readonly judge: "answers" | "requests" | "returned" | "cuts" | "additions";
  /** Recordings there are; for cuts and additions, streams and answers. */
  readonly recordings: number;
  /** Those that can be judged; for cuts and additions, how many were made. */
  readonly judged: number;
  /** Those that came through equal. */
  readonly equal: number;
}

/**
 * Prints a tally, and adds it to the file `CONNECTORS_TALLIES`, if that is set, as a line of JSON.
 */
export function report(tally: Tally): void {
  const { api, judge, recordings, judged, equal } = tally;
  console.info(`${api}: ${judge}: ${equal} of ${judged} equal, of ${recordings}`);
  const file = process.env.CONNECTORS_TALLIES;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(tally)}\n`);
}
