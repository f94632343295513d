import type { BatchTally } from "../contract/batch-tally.ts";
import type { Clock } from "../contract/clock.ts";
import { dollars } from "./models-money.ts";
import { note } from "./terminal.ts";

const barWidth = 20;
/** A terminal is drawn at most so often, ms. */
const drawEveryMs = 100;
/** Without a terminal, a line comes with every tenth of the work and at least so often, ms. */
const lineEveryMs = 30_000;

/** What the progress is told of. */
export interface ProgressOptions {
  /** Requests of the input. */
  readonly total: number;
  /** Those that had an answer before. */
  readonly skipped: number;
  readonly tally: BatchTally;
  readonly clock: Clock;
}

/** Shows on standard error how far a batch has come: a bar on a terminal, else a line at times. */
export class BatchProgress {
  readonly #options: ProgressOptions;
  readonly #isTerminal = process.stderr.isTTY === true;
  readonly #startedMs: number;
  #shownMs = Number.NEGATIVE_INFINITY;
  #tenths = 0;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#startedMs = options.clock.now();
    if (this.#isTerminal) this.update();
    else this.#shownMs = this.#startedMs;
  }

  /** Shows what the tally has come to, if it is time. */
  update(): void {
    const nowMs = this.#options.clock.now();
    const sinceMs = nowMs - this.#shownMs;
    if (this.#isTerminal) {
      if (sinceMs < drawEveryMs) return;
      this.#draw(nowMs);
    } else {
      const tenths = Math.floor((10 * this.#done) / this.#options.total);
      if (tenths === this.#tenths && sinceMs < lineEveryMs) return;
      this.#tenths = tenths;
      note(this.#facts(nowMs).join(", "));
    }
    this.#shownMs = nowMs;
  }

  /** Takes the bar away; what is printed next has its place. */
  end(): void {
    if (this.#isTerminal) process.stderr.write("\r\u001b[K");
  }

  get #done(): number {
    const { skipped, tally } = this.#options;
    return skipped + tally.succeeded + tally.failed;
  }

  #draw(nowMs: number): void {
    const filled = Math.floor((barWidth * this.#done) / this.#options.total);
    const bar = `${"█".repeat(filled)}${"░".repeat(barWidth - filled)}`;
    const text = `${bar} ${this.#facts(nowMs).join(", ")}`;
    const columns = process.stderr.columns || 80;
    process.stderr.write(`\r\u001b[K${text.slice(0, columns - 1)}`);
  }

  #facts(nowMs: number): readonly string[] {
    const { total, tally } = this.#options;
    const { failed, usage, cost } = tally;
    const seconds = (nowMs - this.#startedMs) / 1000;
    const answered = tally.succeeded + failed;
    const perSecond = seconds > 0 ? answered / seconds : 0;
    return [
      `${this.#done}/${total}`,
      ...(failed > 0 ? [`${failed} failed`] : []),
      ...(answered > 0
        ? [
            `${usage.inputTokens + usage.outputTokens} tokens`,
            ...(cost.known ? [`${dollars(cost.amountNanos)} USD`] : []),
            `${perSecond.toFixed(1)}/s`,
          ]
        : []),
      ...(perSecond > 0 && this.#done < total
        ? [`${duration((total - this.#done) / perSecond)} left`]
        : []),
    ];
  }
}

/** Seconds in words, such as "1 h 5 min", "2 min 5 s", "8 s". */
function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes === 0) return `${whole} s`;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes} min ${whole % 60} s` : `${hours} h ${minutes % 60} min`;
}
