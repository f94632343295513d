import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { StreamBatchCallRequestSchema } from "../../gen/ts/nexen/connectors/v1/batch_pb.ts";
import { BatchTally } from "../contract/batch-tally.ts";
import { systemClock } from "../contract/clock.ts";
import type { BatchItemResult } from "../contract/connector-api.ts";
import { BatchInput, type BatchRequestLine } from "./batch-input.ts";
import { type BatchOutput, openOutput, standardOutput } from "./batch-output.ts";
import { BatchProgress } from "./batch-progress.ts";
import { recordLine } from "./batch-record.ts";
import { type BatchReport, report } from "./batch-report.ts";
import { type Connection, withConnection } from "./connection.ts";
import type { BatchFlags } from "./flags.ts";
import { isTerminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

// A file is sent in pieces, so that memory does not grow with it and a server takes each.
const pieceRequestsMax = 1_000;
const pieceCharactersMax = 4 * 1024 * 1024;

/**
 * `connector-tool batch`. The exit code is 0 if every request has an answer, 1 if one failed, 2 for
 * an input that cannot be read (then nothing is sent), 130 when interrupted.
 */
export async function batch(file: string, flags: BatchFlags): Promise<void> {
  if (flags.resume && flags.out === undefined) {
    throw new UsageError("--resume needs --out: the file to go on with");
  }
  const input = await BatchInput.open(file, flags.model);
  const ids = await input.check();
  const output =
    flags.out === undefined ? standardOutput : await openOutput(flags.out, flags.resume === true);
  try {
    const run = new BatchRun(file, ids, output, flags);
    await withConnection(flags, (connection) => run.carryOut(input, connection));
  } finally {
    await output.close();
  }
}

class BatchRun {
  readonly #file: string;
  readonly #total: number;
  readonly #skipped: number;
  readonly #output: BatchOutput;
  readonly #flags: BatchFlags;
  readonly #tally = new BatchTally();
  readonly #failures = new Map<string, number>();
  readonly #startedMs = systemClock.now();
  #progress: BatchProgress | undefined;

  constructor(file: string, ids: ReadonlySet<string>, output: BatchOutput, flags: BatchFlags) {
    this.#file = file;
    this.#total = ids.size;
    this.#skipped = [...ids].filter((id) => output.answered.has(id)).length;
    this.#output = output;
    this.#flags = flags;
  }

  /** Sends what has no answer. Tells what was done, however it ends. */
  async carryOut(input: BatchInput, connection: Connection): Promise<void> {
    // Results on a terminal are progress enough, and would run into the bar.
    const areSeen = this.#flags.out === undefined && isTerminal();
    if (!this.#flags.quiet && !areSeen) {
      const [total, skipped, tally, clock] = [this.#total, this.#skipped, this.#tally, systemClock];
      this.#progress = new BatchProgress({ total, skipped, tally, clock });
    }
    try {
      for await (const piece of this.#pieces(input)) await this.#send(piece, connection);
    } finally {
      this.#progress?.end();
      report(this.#report(), this.#flags);
    }
    if (this.#tally.failed > 0) process.exitCode = 1;
  }

  async *#pieces(input: BatchInput): AsyncGenerator<readonly BatchRequestLine[]> {
    let piece: BatchRequestLine[] = [];
    let characters = 0;
    for await (const line of input.requests()) {
      if (this.#output.answered.has(line.id)) continue;
      const isFull = piece.length === pieceRequestsMax;
      if (isFull || (piece.length > 0 && characters + line.length > pieceCharactersMax)) {
        yield piece;
        piece = [];
        characters = 0;
      }
      piece.push(line);
      characters += line.length;
    }
    if (piece.length > 0) yield piece;
  }

  async #send(piece: readonly BatchRequestLine[], { api, context }: Connection): Promise<void> {
    const { concurrency = 0, timeout } = this.#flags;
    const request = create(StreamBatchCallRequestSchema, {
      items: piece.map(({ id, item }) => ({ ...item, id })),
      maxConcurrency: concurrency,
      ...(timeout !== undefined && {
        defaultOptions: { timeout: durationFromMs(Math.round(timeout * 1000)) },
      }),
    });
    const places = piece.map(({ id, index }) => ({ id, index }));
    const began = { ...context, receivedMs: systemClock.now() };
    for await (const event of api.batch(request, began)) {
      const place = event.kind === "result" ? places[event.index] : undefined;
      if (event.kind === "result" && place !== undefined) {
        await this.#keep({ ...event, ...place }, context.signal);
      }
    }
  }

  async #keep(result: BatchItemResult, { aborted }: AbortSignal): Promise<void> {
    const { id, index, outcome } = result;
    if (outcome.kind === "error") {
      const { reason } = outcome.error;
      // What an interrupt cut off has no result: it is asked for again.
      if (aborted && reason === "CALLER_CANCELLED") return;
      this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + 1);
    }
    this.#tally.add(result);
    await this.#output.write(recordLine(id, index, outcome));
    this.#progress?.update();
  }

  #report(): BatchReport {
    return {
      file: this.#file,
      total: this.#total,
      skipped: this.#skipped,
      tally: this.#tally,
      failures: this.#failures,
      seconds: (systemClock.now() - this.#startedMs) / 1000,
    };
  }
}
