import { type Command, Option } from "commander";
import type { ModelsFlags, SyncFlags } from "./models-flags.ts";

/** `connector-tool models`, completed on a command that has the flags of a connection. */
export function modelsCommand(command: Command): Command {
  command
    .description("list the models that are known by name, with context, prices and retirement")
    .option("--provider <adapter>", "only this provider's")
    .addOption(new Option("--all", "retired ones too").conflicts("retired"))
    .option("--retired", "only retired ones")
    .enablePositionalOptions()
    .action(async (flags: ModelsFlags) => {
      const { models } = await import("./models.ts");
      await models(flags);
    });
  command
    .command("sync")
    .description("compare the built-in catalogue with a public list of models.dev or LiteLLM")
    .argument("<file>", "api.json of models.dev, or LiteLLM's model_prices_and_context_window.json")
    .option("--provider <adapter>", "only this provider's")
    .option("--out <folder>", "write what is new or changed there, one YAML file a provider")
    .option("--source <url>", "public address of the list (default: that of its project)")
    .option("--as-of <day>", "day of the list, such as 2026-11-23 (default: today)")
    .option("--json", "print JSON")
    .action(async (file: string, flags: SyncFlags) => {
      const { syncModels } = await import("./models-sync.ts");
      syncModels(file, flags);
    });
  return command;
}
