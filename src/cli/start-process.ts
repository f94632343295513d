import { enableCompileCache } from "node:module";
import type { Command } from "commander";

/**
 * Runs the command that `load` gives with this process's arguments. Code is kept compiled from one
 * start to the next, which is why the command is loaded only now.
 */
export async function startProcess(load: () => Promise<Command>): Promise<void> {
  enableCompileCache();
  const [command, { runCommand }] = await Promise.all([load(), import("./run-command.ts")]);
  await runCommand(command, process.argv);
}
