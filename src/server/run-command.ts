import { type Command, CommanderError } from "commander";
import { ConfigurationError } from "../config/load-configuration.ts";

const usageExitCode = 2;
const failureExitCode = 1;

/**
 * Runs a command with a process's arguments, and sets its exit code: 0, 1 for a failure, 2 for wrong
 * usage. What went wrong is told on standard error, in words.
 */
export async function runCommand(command: Command, argv: readonly string[]): Promise<void> {
  try {
    await command.exitOverride().parseAsync([...argv]);
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      process.exitCode = thrown.exitCode === 0 ? 0 : usageExitCode;
      return;
    }
    process.stderr.write(`${problemText(thrown)}\n`);
    process.exitCode = failureExitCode;
  }
}

function problemText(thrown: unknown): string {
  if (thrown instanceof ConfigurationError) return String(thrown);
  return thrown instanceof Error ? thrown.message : String(thrown);
}
