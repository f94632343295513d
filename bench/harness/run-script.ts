import { spawnSync } from "node:child_process";
import { root } from "./machine.ts";

/**
 * Runs a script that a benchmark needs, by its path in the repository; ends this process where it
 * fails.
 */
export function runScript(script: string): void {
  const { status } = spawnSync(process.execPath, [script], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status === 0) return;
  process.stderr.write(`${script} failed, and without it nothing can be measured\n`);
  process.exit(1);
}
