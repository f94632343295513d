import type { JsonObject } from "@bufbuild/protobuf";
import type { BatchTally } from "../contract/batch-tally.ts";
import type { BatchFlags } from "./flags.ts";
import { dollars } from "./models-money.ts";
import { note, printJSON } from "./terminal.ts";

/** What a run of `batch` came to. */
export interface BatchReport {
  readonly file: string;
  /** Requests of the input. */
  readonly total: number;
  /** Those that had an answer before. */
  readonly skipped: number;
  readonly tally: BatchTally;
  /** Failed requests by reason. */
  readonly failures: ReadonlyMap<string, number>;
  readonly seconds: number;
}

/** Tells what a run came to: for people, or with `--json` for machines. */
export function report(run: BatchReport, { json, out, quiet }: BatchFlags): void {
  if (!json) {
    if (!quiet) for (const line of reportLines(run, out)) note(line);
    // Standard output is for the results, unless they have a file.
  } else if (out !== undefined) printJSON(reportJSON(run));
  else process.stderr.write(`${JSON.stringify(reportJSON(run))}\n`);
}

function reportLines(run: BatchReport, out: string | undefined): readonly string[] {
  const { total, skipped, tally, failures, seconds } = run;
  const { succeeded, failed, usage, cost } = tally;
  const before = skipped > 0 ? ` and ${skipped} before` : "";
  const money = cost.known ? `${dollars(cost.amountNanos)} USD` : "cost not known";
  const tokens = `${usage.inputTokens} in, ${usage.outputTokens} out`;
  const missing = missingOf(run);
  return [
    `${total} ${total === 1 ? "request" : "requests"}: ${succeeded} answered${before}, ${failed} failed; ` +
      `${tokens}; ${money}; ${seconds.toFixed(1)} s`,
    ...[...failures].map(([reason, count]) => `  ${count} × ${reason}`),
    ...(missing > 0 ? [`${missing} have no result`] : []),
    ...(missing + failed > 0 ? [resumeHint(run.file, out)] : []),
  ];
}

function missingOf({ total, skipped, tally }: BatchReport): number {
  return total - skipped - tally.succeeded - tally.failed;
}

function resumeHint(file: string, out: string | undefined): string {
  if (out === undefined) return "with --out FILE a batch can be resumed";
  const words = [file, "--out", out].map((word) =>
    /^[\w./:-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`,
  );
  return `to ask for what has no answer: connector-tool batch ${words.join(" ")} --resume`;
}

function reportJSON(run: BatchReport): JsonObject {
  const { total, skipped, tally, failures, seconds } = run;
  const { succeeded, failed, usage, cost } = tally;
  return {
    total,
    succeeded,
    failed,
    skipped,
    notStarted: missingOf(run),
    failures: Object.fromEntries(failures),
    usage: {
      inputTokens: String(usage.inputTokens),
      outputTokens: String(usage.outputTokens),
    },
    cost: cost.known ? { known: true, usd: dollars(cost.amountNanos) } : { known: false },
    seconds: Math.round(seconds * 1000) / 1000,
  };
}
