import { type Command, CommanderError } from "commander";
import { ConnectorError } from "../contract/connector-error.ts";
import { failureText } from "./failure-text.ts";

const exitCodes = { failure: 1, usage: 2, interrupted: 130 } as const;

/**
 * Runs a command with a process's arguments, and sets its exit code: 0, 1 for a failure, 2 for wrong
 * usage, 130 when interrupted. What went wrong is told on standard error: what, where, and what next.
 */
export async function runCommand(command: Command, argv: readonly string[]): Promise<void> {
  exitInsteadOfThrowing(command);
  // A reader that leaves early (`| head`) ends the process, and is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  try {
    await command.parseAsync([...argv]);
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      process.exitCode = thrown.exitCode === 0 ? 0 : exitCodes.usage;
      return;
    }
    const isInterrupted = thrown instanceof ConnectorError && thrown.reason === "CALLER_CANCELLED";
    process.stderr.write(isInterrupted ? "interrupted\n" : failureText(thrown));
    process.exitCode = isInterrupted ? exitCodes.interrupted : exitCodes.failure;
  }
}

/** Commander ends the process by itself unless each command of the tree is told otherwise. */
function exitInsteadOfThrowing(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) exitInsteadOfThrowing(child);
}
