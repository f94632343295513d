import { describeConfiguration } from "../config/describe-configuration.ts";
import { ConfigurationError, loadConfiguration } from "../config/load-configuration.ts";
import { adapters } from "../providers/index.ts";
import { print, printJSON } from "./terminal.ts";

/** `connector-tool config check FILE`. Throws ConfigurationError with every problem. */
export function checkConfiguration(file: string, { json }: { readonly json?: boolean }): void {
  if (json) printJSON(judge(file));
  else {
    const { targets, routes, disabled, notes } = load(file);
    print(`${file}: good; ${counted(targets, "target")}, ${counted(routes, "route")}\n`);
    for (const { name, why } of disabled) print(`  ${name} is disabled: ${why}\n`);
    for (const text of notes) print(`  note: ${text}\n`);
  }
}

/** What a machine wants to know about a file. Sets the exit code where there are problems. */
function judge(file: string): object {
  try {
    const { targets, routes, disabled, notes } = load(file);
    return {
      ok: true,
      targets: targets.map(({ name }) => name),
      routes: routes.map(({ id }) => id),
      disabled: disabled.map(({ name, why }) => ({ name, why })),
      notes,
    };
  } catch (thrown) {
    if (!(thrown instanceof ConfigurationError)) throw thrown;
    process.exitCode = 1;
    return { ok: false, problems: thrown.problems };
  }
}

function counted({ length }: readonly unknown[], noun: string): string {
  return `${length} ${noun}${length === 1 ? "" : "s"}`;
}

/** `connector-tool config show [FILE]`. Throws ConfigurationError with every problem. */
export function showConfiguration(file: string | undefined): void {
  print(describeConfiguration(load(file)));
}

function load(file: string | undefined): ReturnType<typeof loadConfiguration> {
  return loadConfiguration({ file, environment: process.env, adapters });
}
