import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { measuredText } from "./measured-text.ts";
import { plots } from "./plots.ts";
import type { RunReport } from "./run-report.ts";

const begin = "<!-- measured: npm run bench:peers -->";
const end = "<!-- end of what is measured -->";

/** Writes what was measured between the marks of a page, or a new page, and the plots beside it. */
export function writePage(page: string, report: RunReport): void {
  const folder = join(dirname(page), basename(page, ".md"));
  mkdirSync(folder, { recursive: true });
  const pictures = plots(report.peers);
  for (const { file, svg } of pictures) writeFileSync(join(folder, file), svg);
  const text = existsSync(page)
    ? readFileSync(page, "utf8")
    : `# Performance\n\n${begin}\n${end}\n`;
  const [before, after] = [text.split(begin)[0], text.split(end)[1]];
  if (before === undefined || after === undefined) throw new Error(`${page}: no marks in it`);
  const measured = measuredText(report, basename(folder));
  writeFileSync(page, `${before}${begin}\n\n${measured}\n\n${end}${after}`);
}
