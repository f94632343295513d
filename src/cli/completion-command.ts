import { Argument, Command } from "commander";

const shells = ["bash", "zsh", "fish"] as const;

/** What may follow a command, by its path, such as "config check". "" is the tool itself. */
type Words = ReadonlyMap<string, readonly string[]>;

/** `connector-tool completion SHELL`: a script made from the tree of commands itself. */
export function completionCommand(tool: Command): Command {
  return new Command("completion")
    .description("print a completion script: source <(connector-tool completion bash)")
    .addArgument(new Argument("<shell>", "the shell").choices(shells))
    .action((shell: (typeof shells)[number]) => {
      process.stdout.write(scriptFor(shell, tool));
    });
}

function scriptFor(shell: (typeof shells)[number], tool: Command): string {
  const words = wordsOf(tool);
  switch (shell) {
    case "bash":
      return bashScript(words);
    case "zsh":
      return `#compdef connector-tool\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(words)}`;
    case "fish":
      return fishScript(words);
    default:
      return shell satisfies never;
  }
}

function wordsOf(tool: Command): Words {
  const words = new Map<string, readonly string[]>();
  const visit = (command: Command, path: string): void => {
    const below = command.commands.map((child) => child.name());
    const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
    const options = command.options.flatMap(({ long }) => (long ? [long] : []));
    words.set(path, [...below, ...choices, ...options, "--help"]);
    for (const child of command.commands) visit(child, `${path} ${child.name()}`.trim());
  };
  visit(tool, "");
  return words;
}

/**
 * Of the words before the cursor, those that name a command make the path; others are arguments.
 */
function bashScript(words: Words): string {
  const cases = [...words].map(([path, list]) => `    "${path}") echo "${list.join(" ")}" ;;`);
  return `_connector_tool_words() {
  case "$1" in
${cases.join("\n")}
    *) return 1 ;;
  esac
}
_connector_tool() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    _connector_tool_words "\${path:+$path }$word" >/dev/null && path="\${path:+$path }$word"
  done
  COMPREPLY=($(compgen -W "$(_connector_tool_words "$path")" -- "$current"))
}
complete -o default -F _connector_tool connector-tool
`;
}

function fishScript(words: Words): string {
  const lines = [...words].map(([path, list]) => {
    const seen = path.split(" ").map((word) => `__fish_seen_subcommand_from ${word}`);
    const condition = path === "" ? "__fish_use_subcommand" : seen.join("; and ");
    return `complete -c connector-tool -n '${condition}' -a '${list.join(" ")}'`;
  });
  return `${lines.join("\n")}\n`;
}
