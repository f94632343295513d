import { type Command, CommanderError } from "commander";
import { usageHint } from "./usage-error.ts";

const usageExitCode = 2;

/**
 * Runs a command with a process's arguments, and sets its exit code: 0, 1 for a failure, 2 for
 * wrong usage, 130 when interrupted. What went wrong is told on standard error: what, where, and
 * what next.
 */
export async function runCommand(command: Command, argv: readonly string[]): Promise<void> {
  throwInsteadOfExiting(command);
  try {
    await command.parseAsync([...argv]);
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      process.exitCode = thrown.exitCode === 0 ? 0 : usageExitCode;
      return;
    }
    // Loaded only where it is wanted, to keep the start short.
    const { failureOf } = await import("./failure.ts");
    const { text, exitCode } = failureOf(thrown);
    process.stderr.write(text);
    process.exitCode = exitCode;
  }
}

/** Commander ends the process by itself unless each command of the tree is told otherwise. */
function throwInsteadOfExiting(command: Command): void {
  command.exitOverride().showHelpAfterError(usageHint);
  for (const child of command.commands) throwInsteadOfExiting(child);
}
