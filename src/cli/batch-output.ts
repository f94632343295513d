import { once } from "node:events";
import { createReadStream } from "node:fs";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { readRecord, recordStart } from "./batch-record.ts";
import { type TextLine, textLines } from "./text-lines.ts";
import { UsageError } from "./usage-error.ts";

/** Where the lines of results go. */
export interface BatchOutput {
  /** Ids that have an answer already. */
  readonly answered: ReadonlySet<string>;
  /** Writes one line. Resolves when it may be forgotten. */
  write(line: string): Promise<void>;
  close(): Promise<void>;
}

/** Standard output, which nothing can be taken up from. */
export const standardOutput: BatchOutput = {
  answered: new Set(),
  async write(line) {
    if (!process.stdout.write(line)) await once(process.stdout, "drain");
  },
  close: () => Promise.resolve(),
};

/**
 * A file for results. One that exists is only taken with `resume`: its answers stay, its errors and
 * a last line that broke off are taken out, to be asked for again. Throws UsageError for a file
 * that cannot be that of a batch.
 */
export async function openOutput(path: string, resume: boolean): Promise<BatchOutput> {
  if (!resume) return await fileOutput(path, new Set(), "wx");
  const { answered, isClean } = await readOutput(path);
  if (!isClean) await keepAnswers(path);
  return await fileOutput(path, answered, "a");
}

async function fileOutput(
  path: string,
  answered: ReadonlySet<string>,
  mode: "wx" | "a",
): Promise<BatchOutput> {
  const handle = await open(path, mode).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code !== "EEXIST") throw thrown;
    const message = `${path} exists: add --resume to go on with it, or remove it`;
    throw new UsageError(message, { cause: thrown });
  });
  return {
    answered,
    write: (line) => handle.appendFile(line),
    close: () => handle.close(),
  };
}

/** The answers of an output. It is clean if it has nothing else. */
async function readOutput(
  path: string,
): Promise<{ readonly answered: ReadonlySet<string>; readonly isClean: boolean }> {
  const answered = new Set<string>();
  let isClean = true;
  let broken: TextLine | undefined;
  const refuse = ({ number }: TextLine): never => {
    throw new UsageError(`${path}: line ${number} is no result of a batch`);
  };
  for await (const line of linesOf(path)) {
    if (broken !== undefined) refuse(broken);
    const record = readRecord(line.text);
    if (record === undefined) broken = line;
    else if (record.isAnswer) answered.add(record.id);
    isClean &&= record?.isAnswer === true && line.isEnded;
  }
  // Only what a crash left of a line of ours may go: the file could be anything.
  if (broken !== undefined && !isBegunRecord(broken.text)) refuse(broken);
  return { answered, isClean };
}

function isBegunRecord(text: string): boolean {
  return (text.startsWith(recordStart) || recordStart.startsWith(text)) && !isJSON(text);
}

function isJSON(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Writes the answers of an output beside it, and puts that in its place. */
async function keepAnswers(path: string): Promise<void> {
  const draft = `${path}.part`;
  const handle = await open(draft, "w", (await stat(path)).mode);
  try {
    await copyAnswers(path, handle);
    await handle.close();
    await rename(draft, path);
  } catch (thrown) {
    await handle.close();
    await rm(draft, { force: true });
    throw thrown;
  }
}

async function copyAnswers(path: string, to: FileHandle): Promise<void> {
  for await (const { text } of linesOf(path)) {
    if (readRecord(text)?.isAnswer) await to.appendFile(`${text}\n`);
  }
}

/** The lines of a file; none where there is no file. */
async function* linesOf(path: string): AsyncGenerator<TextLine> {
  try {
    yield* textLines(createReadStream(path), false);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "ENOENT") throw thrown;
  }
}
