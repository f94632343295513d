import { readFileSync, writeFileSync } from "node:fs";

/** Writes what was measured between two marks of a page. Throws Error where they are not in it. */
export function replacePart(page: string, begin: string, end: string, part: string): void {
  const text = readFileSync(page, "utf8");
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from === -1 || to === -1) throw new Error(`${page}: no marks in it`);
  writeFileSync(page, `${text.slice(0, from)}${begin}\n\n${part}\n\n${text.slice(to)}`);
}
