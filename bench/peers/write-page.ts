import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { replacePart } from "../harness/page-part.ts";
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
  if (!existsSync(page)) writeFileSync(page, `# Performance\n\n${begin}\n${end}\n`);
  replacePart(page, begin, end, measuredText(report, basename(folder)));
}
