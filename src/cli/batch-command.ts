import type { Command } from "commander";
import { decimal, wholeNumber } from "./flag-values.ts";
import type { BatchFlags } from "./flags.ts";

/** `connector-tool batch`, completed on a command that has the flags of a connection. */
export function batchCommand(command: Command): Command {
  return command
    .description("send every request of a JSONL file and write the answers as JSONL")
    .argument("<file>", 'one {"id", "request", "options"} a line; - reads standard input')
    .option("-o, --out <file>", "where results go, as they are done (default: standard output)")
    .option("--resume", "go on: keep what --out has answered, and ask for the rest")
    .option("--concurrency <number>", "requests at once, 1 to 256 (default: 16)", wholeNumber)
    .option("-m, --model <name>", "model of requests that name none")
    .option("--timeout <seconds>", "time for each request", decimal)
    .option("-q, --quiet", "show no progress")
    .action(async (file: string, flags: BatchFlags) => {
      const { batch } = await import("./batch.ts");
      await batch(file, flags);
    });
}
