import { watchFile } from "node:fs";

const watchOptions = { interval: 1_000 };

/** Calls back whenever a file has changed, within about a second, for as long as the process lives. */
export function watchConfiguration(file: string, onChange: () => void): void {
  watchFile(file, watchOptions, (now, before) => {
    // It is told of reads too, and a reload is one.
    if (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino) onChange();
  });
}
