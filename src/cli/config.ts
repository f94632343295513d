import { describeConfiguration } from "../config/describe-configuration.ts";
import { ConfigurationError, loadConfiguration } from "../config/load-configuration.ts";
import { adapters } from "../providers/index.ts";
import { print, printJSON } from "./terminal.ts";

/** `connector-tool config check FILE`. Throws ConfigurationError with every problem. */
export function checkConfiguration(file: string, { json }: { readonly json?: boolean }): void {
  try {
    const { targets, routes, disabled, notes } = load(file);
    if (json) printJSON({ ok: true, targets: targets.length, routes: routes.length, notes });
    else print(`${file}: good; ${targets.length} targets, ${routes.length} routes\n`);
    if (!json) for (const { name, why } of disabled) print(`  ${name} is disabled: ${why}\n`);
  } catch (thrown) {
    if (!json || !(thrown instanceof ConfigurationError)) throw thrown;
    printJSON({ ok: false, problems: thrown.problems });
    process.exitCode = 1;
  }
}

/** `connector-tool config show [FILE]`. Throws ConfigurationError with every problem. */
export function showConfiguration(file: string | undefined): void {
  print(describeConfiguration(load(file)));
}

function load(file: string | undefined): ReturnType<typeof loadConfiguration> {
  return loadConfiguration({ file, environment: process.env, adapters });
}
