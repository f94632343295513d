import { Command, InvalidArgumentError, Option } from "commander";
import { parseBaseURL } from "../config/base-url.ts";
import { batchCommand } from "./batch-command.ts";
import { completionCommand } from "./completion-command.ts";
import { decimal, wholeNumber } from "./flag-values.ts";
import type { CallFlags, RequestFlags, ResolveFlags } from "./flags.ts";
import { modelsCommand } from "./models-command.ts";
import { serveCommand } from "./serve-command.ts";
import { packageVersion } from "./version.ts";

/**
 * The tree of commands. What a command does is loaded when it runs, so that help and completion are
 * there at once.
 */
export function toolCommand(): Command {
  const tool = new Command("connector-tool")
    .description("Call LLM providers through one typed API, in this process or by a server.")
    .version(packageVersion())
    .enablePositionalOptions();
  tool.addCommand(serveCommand());
  tool.addCommand(callCommand());
  tool.addCommand(countCommand());
  tool.addCommand(batchCommand(withConnectionFlags(new Command("batch"))));
  tool.addCommand(modelsCommand(withConnectionFlags(new Command("models"))));
  tool.addCommand(resolveCommand());
  tool.addCommand(healthCommand());
  tool.addCommand(configCommand());
  tool.addCommand(completionCommand(tool));
  return tool;
}

function callCommand(): Command {
  return withRequestFlags(new Command("call"))
    .description("send a prompt and print the answer")
    .option("--stream", "print the answer as it comes (default on a terminal)")
    .option("--no-stream", "print the answer when it is whole")
    .option("--show-grpcurl", "print the equal grpcurl command in place of calling")
    .action(async (prompt: string | undefined, flags: CallFlags) => {
      const { call } = await import("./call.ts");
      await call(prompt, flags);
    });
}

function countCommand(): Command {
  return withRequestFlags(new Command("count"))
    .description("count the input tokens of a prompt")
    .action(async (prompt: string | undefined, flags: RequestFlags) => {
      const { count } = await import("./count.ts");
      await count(prompt, flags);
    });
}

function resolveCommand(): Command {
  return withConnectionFlags(new Command("resolve"))
    .description("explain where a model's name leads")
    .argument("<model>", "name of the model")
    .option("--target <name>", "configured target that must answer")
    .option("--allow <pattern>", "region or zone that a call may not leave; repeatable", gather)
    .option("--prefer <pattern>", "region or zone to try first; repeatable", gather)
    .option("--fallback <model>", "model to try after it; repeatable", gather)
    .action(async (model: string, flags: ResolveFlags) => {
      const { resolve } = await import("./resolve.ts");
      await resolve(model, flags);
    });
}

function healthCommand(): Command {
  return new Command("health")
    .description("ask a server for its health and that of its providers")
    .option("--server <url>", "server to ask", serverURL, "http://127.0.0.1:8080")
    .option("--json", "print JSON")
    .action(async (flags: { readonly server: string; readonly json?: boolean }) => {
      const { health } = await import("./health.ts");
      await health(flags);
    });
}

function configCommand(): Command {
  const config = new Command("config").description("check or show a configuration");
  config
    .command("check")
    .description("check a configuration file without starting")
    .argument("<file>", "configuration file")
    .option("--json", "print JSON")
    .action(async (file: string, flags: { readonly json?: boolean }) => {
      const { checkConfiguration } = await import("./config.ts");
      checkConfiguration(file, flags);
    });
  config
    .command("show")
    .description("print everything in force, defaults included, secrets masked")
    .argument("[file]", "configuration file (default: $CONNECTORS_CONFIG, else none)")
    .action(async (file: string | undefined) => {
      const { showConfiguration } = await import("./config.ts");
      showConfiguration(file);
    });
  return config;
}

function withConnectionFlags(command: Command): Command {
  const server = new Option("--server <url>", "server that does it (default: this process)");
  return command
    .addOption(server.argParser(serverURL).conflicts(["config", "simulate"]))
    .option("--config <file>", "configuration file of this process")
    .option("--simulate", "let simulated providers answer")
    .option("--json", "print JSON");
}

function withRequestFlags(command: Command): Command {
  return withConnectionFlags(command)
    .argument("[prompt]", "what to ask; - reads standard input")
    .requiredOption("-m, --model <name>", "model, such as claude-sonnet-5 or openai/gpt-5")
    .option("--system <text>", "instructions before the prompt")
    .option("-f, --file <path>", "image or document to send along; repeatable", gather)
    .option("--tool <json>", "a tool as JSON, or @FILE; repeatable", gather)
    .option("--schema <file>", "JSON Schema that the answer must follow")
    .option("--max-tokens <number>", "most tokens of the answer", wholeNumber)
    .option("--temperature <number>", "randomness, 0 to 2", decimal)
    .option("--top-p <number>", "nucleus sampling, 0 to 1", decimal)
    .option("--top-k <number>", "keep the most likely tokens only", wholeNumber)
    .option("--seed <number>", "seed for repeatable sampling", wholeNumber)
    .option("--stop <text>", "text that ends the answer; repeatable", gather)
    .option("--thinking <effort>", "how much to think: low, medium, high, …")
    .option("--provider-options <json>", "fields of one provider, keyed by its name, or @FILE")
    .option("--timeout <seconds>", "time for the whole call", decimal)
    .option("--target <name>", "configured target that must answer")
    .option("--strict", "fail where the provider cannot take a field");
}

function gather(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function serverURL(text: string): string {
  const parsed = parseBaseURL(text);
  if ("problem" in parsed) throw new InvalidArgumentError(parsed.problem);
  return parsed.url;
}
