import type { Writable } from "node:stream";

/** Bytes of log that may wait for a reader who does not keep up. */
export const logBytesMax: number = 1024 * 1024;

/**
 * Takes lines of the log to a stream without ever waiting for it: what a slow or stuck reader cannot
 * take is dropped and counted, and the count is logged when there is room again.
 */
export class LogSink {
  readonly #stream: Pick<Writable, "write" | "writableLength">;
  readonly #bytesMax: number;
  readonly #facts: object;
  #dropped = 0;

  /** `facts` stand in lines of its own. */
  constructor(
    stream: Pick<Writable, "write" | "writableLength">,
    bytesMax: number = logBytesMax,
    facts: object = {},
  ) {
    this.#stream = stream;
    this.#bytesMax = bytesMax;
    this.#facts = facts;
  }

  /** Takes one line, with its line feed. */
  write(line: string): void {
    if (this.#stream.writableLength + line.length > this.#bytesMax) {
      this.#dropped += 1;
      return;
    }
    if (this.#dropped > 0) this.#stream.write(droppedLine(this.#dropped, this.#facts));
    this.#dropped = 0;
    this.#stream.write(line);
  }
}

function droppedLine(dropped: number, facts: object): string {
  const message = "lines of the log were dropped: nobody read them in time";
  return `${JSON.stringify({ level: 40, ...facts, dropped, message })}\n`;
}
