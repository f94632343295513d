import { styleText } from "node:util";

/** How a text looks. */
export type Style = Parameters<typeof styleText>[0];

// Everything that steers a terminal, but for line feeds and tabs.
const steering = /[^\P{Cc}\n\t]/gu;

/** Whether people read standard output. */
export function isTerminal(): boolean {
  return process.stdout.isTTY === true;
}

/** Prints to standard output. */
export function print(text: string): void {
  process.stdout.write(text);
}

/** Prints JSON on one line to standard output. */
export function printJSON(value: unknown): void {
  print(`${JSON.stringify(value)}\n`);
}

/** Tells something beside the answer, on standard error. */
export function note(text: string): void {
  process.stderr.write(`${onError("dim", text)}\n`);
}

/** Text of a model: as it is, but on a terminal without characters that steer it. */
export function foreign(text: string): string {
  return isTerminal() ? text.replace(steering, "\ufffd") : text;
}

/** Styled for standard output, where that is a terminal and NO_COLOR is not set. */
export function styled(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

/** Styled for standard error. */
export function onError(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stderr });
}

/**
 * Rows below a head, in columns as wide as their widest cell. Only the last column may be styled.
 */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  print(`${styled("bold", line(head))}\n`);
  for (const row of rows) print(`${line(row)}\n`);
}
