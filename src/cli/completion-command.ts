import { Argument, Command } from "commander";

const shells = ["bash", "zsh", "fish"] as const;

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
  const words = wordsByCommand(tool);
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

/** Words that may follow each command: commands below it and its options. Key "": the tool itself. */
function wordsByCommand(tool: Command): ReadonlyMap<string, readonly string[]> {
  const words = new Map<string, readonly string[]>();
  const visit = (command: Command, path: string): void => {
    const below = command.commands.map((child) => child.name());
    const options = command.options.flatMap(({ long }) => (long ? [long] : []));
    words.set(path, [...below, ...options, "--help"]);
    for (const child of command.commands) visit(child, `${path} ${child.name()}`.trim());
  };
  visit(tool, "");
  return words;
}

function bashScript(words: ReadonlyMap<string, readonly string[]>): string {
  const cases = [...words].map(([path, list]) => `    "${path}") words="${list.join(" ")}" ;;`);
  return `_connector_tool() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ "$word" == -* ]] && break
    path="\${path:+$path }$word"
  done
  case "$path" in
${cases.join("\n")}
    "call "*) words="" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _connector_tool connector-tool
`;
}

function fishScript(words: ReadonlyMap<string, readonly string[]>): string {
  const lines = [...words].map(([path, list]) => {
    const condition =
      path === ""
        ? "__fish_use_subcommand"
        : path
            .split(" ")
            .map((word) => `__fish_seen_subcommand_from ${word}`)
            .join("; and ");
    return `complete -c connector-tool -n '${condition}' -a '${list.join(" ")}'`;
  });
  return `${lines.join("\n")}\n`;
}
