import { parseArgs } from "node:util";

/** One line of docs/reliability.md: a promise, and what was found. */
export interface Measurement {
  /** Number of the target, such as `T5`. */
  readonly number: string;
  readonly what: string;
  readonly target: string;
  readonly measured: string;
  readonly isGood: boolean;
}

/** What a measuring program is told by its command line. */
export interface MeasuringOptions {
  /** How often to do what is measured. */
  readonly count: number;
  /** One JSON object, `{ rows }`, on standard output in place of lines for people. */
  readonly json: boolean;
}

/**
 * Reads `--json` and a count under its own name, such as `--streams 1000`; `counts.quick` is that
 * of `--quick`. Throws for other flags and for what is no count.
 */
export function measuringOptions(
  countName: string,
  counts: { readonly usual: number; readonly quick: number },
): MeasuringOptions {
  const { values } = parseArgs({
    options: {
      [countName]: { type: "string" },
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const given = values[countName];
  const count = given === undefined ? counts[values.quick ? "quick" : "usual"] : Number(given);
  if (!Number.isInteger(count) || count < 1) throw new Error(`--${countName}: expected a count`);
  return { count, json: values.json === true };
}

/** Prints what was found, and lets the process end with 1 if a target was missed. */
export function conclude(rows: readonly Measurement[], json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ rows })}\n`);
  } else {
    for (const { number, what, target, measured, isGood } of rows) {
      process.stdout.write(
        `${isGood ? "good" : "BAD "}  ${number}  ${what}\n` +
          `      target ${target}; measured ${measured}\n`,
      );
    }
  }
  process.exitCode = rows.every(({ isGood }) => isGood) ? 0 : 1;
}

/** The value that a share of the numbers does not exceed: 0.99 for p99. NaN: there are none. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** Milliseconds for people. */
export function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** A count for people: `10,000`. */
export function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

/** Does one thing after another in so many lanes at once, `count` times in all. */
export async function inLanes(
  count: number,
  lanes: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: Math.min(lanes, count) }, async () => {
      while (next < count) {
        const index = next;
        next += 1;
        await work(index);
      }
    }),
  );
}
