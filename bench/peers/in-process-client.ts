/** What a model's name says that it answers, as the mock (bench/go) has it. */
export interface Expected {
  readonly chunks: number;
  readonly text: string;
}

/** One answer as a library gave it. */
export interface Heard {
  readonly text: string;
  readonly isWhole: boolean;
}

/** A library that is measured in this process. */
export interface InProcessClient {
  /** One whole answer. */
  call(model: string): Promise<Heard>;
  /** One streamed answer; `onText` hears of each piece of text and its bytes. */
  stream(model: string, onText: (bytes: number) => void): Promise<Heard>;
}

const sentence = "A quick brown fox jumps over the lazy dog and asks it for 27 more words. ";
const known = new Map<string, Expected>();

/** What `bench-500b` or `bench-200x10b-100ms` stand for. Throws for other names. */
export function expectedOf(model: string): Expected {
  const before = known.get(model);
  if (before !== undefined) return before;
  const [, first, second] = /^bench-(\d+)(?:x(\d+))?b/.exec(model) ?? [];
  if (first === undefined) throw new Error(`not a model of the bench: ${model}`);
  const chunks = second === undefined ? 1 : Number(first);
  const bytes = chunks * Number(second ?? first);
  const text = `${sentence.repeat(bytes / sentence.length + 1).slice(0, bytes - 1)}.`;
  const expected = { chunks, text };
  known.set(model, expected);
  return expected;
}
