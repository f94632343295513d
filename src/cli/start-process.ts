import module from "node:module";
import type { Command } from "commander";

const nodeMajorMin = 24;

/**
 * Runs the command that `load` gives with this process's arguments. Code is kept compiled from one
 * start to the next, which is why the command is loaded only now.
 */
export async function startProcess(load: () => Promise<Command>): Promise<void> {
  const { node } = process.versions;
  if (Number.parseInt(node, 10) < nodeMajorMin) {
    process.stderr.write(`error: Node ${nodeMajorMin} or newer is needed; this is ${node}\n`);
    process.exitCode = 1;
    return;
  }
  module.enableCompileCache();
  // A reader that leaves early (`| head`) ends the process, and is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  // Nobody is left who could be told.
  process.stderr.on("error", () => undefined);
  const [command, { runCommand }] = await Promise.all([load(), import("./run-command.ts")]);
  await runCommand(command, process.argv);
}
