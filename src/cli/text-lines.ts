/** A line of a text, without its end. */
export interface TextLine {
  readonly text: string;
  /** Of the first line: 1. */
  readonly number: number;
  /** Whether a line feed follows. Only the last line may lack it. */
  readonly isEnded: boolean;
}

/**
 * The lines of UTF-8 bytes, with LF or CRLF. Bytes that are no UTF-8 throw TypeError if `strict`,
 * and are U+FFFD if not.
 */
export async function* textLines(
  chunks: AsyncIterable<Uint8Array>,
  strict: boolean,
): AsyncGenerator<TextLine> {
  const decoder = new TextDecoder("utf-8", { fatal: strict });
  // What a long line has so far, in pieces: to join them for each chunk would take too long.
  let open: string[] = [];
  let number = 1;
  for await (const chunk of chunks) {
    const [first = "", ...others] = decoder.decode(chunk, { stream: true }).split("\n");
    open.push(first);
    for (const text of others) {
      yield { text: withoutReturn(open.join("")), number, isEnded: true };
      number += 1;
      open = [text];
    }
  }
  open.push(decoder.decode());
  const last = open.join("");
  if (last !== "") yield { text: withoutReturn(last), number, isEnded: false };
}

function withoutReturn(text: string): string {
  return text.endsWith("\r") ? text.slice(0, -1) : text;
}
