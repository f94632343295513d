import { createReadStream } from "node:fs";
import { buffer } from "node:stream/consumers";
import type { BatchItem } from "../../gen/ts/nexen/connectors/v1/batch_pb.ts";
import { readLine } from "./batch-line.ts";
import { textLines } from "./text-lines.ts";
import { UsageError } from "./usage-error.ts";

/** Problems that are told; of others only their number is. */
const problemsMax = 100;

/** A request of the input. */
export interface BatchRequestLine {
  readonly id: string;
  /** Place among the requests of the whole input, from 0; blank lines do not count. */
  readonly index: number;
  /** Characters of its line. */
  readonly length: number;
  readonly item: BatchItem;
}

/** The requests of a file, which is read line by line, or of standard input, which is held. */
export class BatchInput {
  readonly #name: string;
  readonly #model: string | undefined;
  readonly #held: Buffer | undefined;

  private constructor(file: string, held: Buffer | undefined, model: string | undefined) {
    this.#name = held === undefined ? file : "standard input";
    this.#held = held;
    this.#model = model;
  }

  /** `file` is a path, or "-". `model` is that of requests that name none. */
  static async open(file: string, model: string | undefined): Promise<BatchInput> {
    const held = file === "-" ? await buffer(process.stdin) : undefined;
    return held === undefined
      ? new BatchInput(file, undefined, model)
      : new BatchInput(file, held, model);
  }

  /**
   * Reads all of it, and returns the ids of its requests. Throws UsageError with every line that is
   * no request, or the system's error.
   */
  async check(): Promise<ReadonlySet<string>> {
    const problems: string[] = [];
    let count = 0;
    const lines = new Map<string, number>();
    for await (const { number, id, problem } of this.#judged()) {
      const other = lines.get(id);
      const what = problem ?? (other && `id "${id}" is that of line ${other} too`);
      if (what === undefined) lines.set(id, number);
      else {
        count += 1;
        if (count <= problemsMax) problems.push(`  line ${number}: ${what}`);
      }
    }
    if (count === 0 && lines.size === 0) throw new UsageError(`${this.#name} holds no request`);
    if (count === 0) return new Set(lines.keys());
    const more = count > problemsMax ? [`  and ${count - problemsMax} more`] : [];
    const head = `${this.#name}: ${count} ${count === 1 ? "line is" : "lines are"} no request`;
    throw new UsageError([head, ...problems, ...more].join("\n"));
  }

  /** The requests, one after the other. */
  async *requests(): AsyncGenerator<BatchRequestLine> {
    let index = 0;
    for await (const { text } of this.#lines()) {
      const item = readLine(text, this.#model);
      const id = item.id || String(index);
      yield { id, index, length: text.length, item };
      index += 1;
    }
  }

  async *#judged(): AsyncGenerator<{ number: number; id: string; problem?: string }> {
    let index = 0;
    for await (const { text, number } of this.#lines()) {
      try {
        yield { number, id: readLine(text, this.#model).id || String(index) };
      } catch (thrown) {
        yield { number, id: "", problem: problemOf(thrown) };
      }
      index += 1;
    }
  }

  async *#lines(): AsyncGenerator<{ readonly text: string; readonly number: number }> {
    try {
      for await (const line of textLines(this.#chunks(), true)) {
        if (line.text.trim() !== "") yield line;
      }
    } catch (thrown) {
      if (!(thrown instanceof TypeError)) throw thrown;
      throw new UsageError(`${this.#name}: is not UTF-8`, { cause: thrown });
    }
  }

  #chunks(): AsyncIterable<Uint8Array> {
    return this.#held === undefined ? createReadStream(this.#name) : once(this.#held);
  }
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}

/** What protobuf says, without its own name of the message. */
function problemOf(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return thrown instanceof SyntaxError
    ? `is not JSON: ${message}`
    : message.replace(/^cannot decode (?:message )?(?:[\w.]+\.)+v1\./, "cannot read ");
}
