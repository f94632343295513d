// Proves what the other commands of connector-tool print for people and for machines: resolve,
// count, health, config and completion, and the help of each; and that `--show-grpcurl` prints a
// command that a shell takes apart into the same call.
import { execFileSync } from "node:child_process";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { toolCommand } from "../../src/cli/tool-command.ts";
import { canaryForms, canaryKey, canaryToken } from "../support/canary.ts";
import { startRecordedServer } from "../support/recorded-server.ts";
import { runTool } from "./run-tool.ts";
import { setScene } from "./scene.ts";

const scene = setScene();

async function printed(...args: readonly string[]): Promise<string> {
  const { code, stdout } = await runTool(args, scene().environment);
  expect(code).toBe(0);
  return stdout;
}

describe("help", () => {
  it("is that of the golden file, for each command", async () => {
    const helps: string[] = [];
    const visit = (command: Command): void => {
      command.configureHelp({ helpWidth: 80 });
      helps.push(command.helpInformation());
      for (const child of command.commands) visit(child);
    };
    visit(toolCommand());
    await expect(helps.join(`\n${"-".repeat(80)}\n\n`)).toMatchFileSnapshot("golden/help.txt");
  });

  it("goes to standard output when it is asked for, with 0", async () => {
    const { code, stdout, stderr } = await runTool(["call", "--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^Usage: connector-tool call /);
  });
});

describe("resolve", () => {
  it("explains for people", async () => {
    const text = await printed("resolve", "openai/gpt-5");
    expect(text).toMatch(/^openai\/gpt-5 leads to openai by openai\/\n\ntarget +dialect +sent as/);
    expect(text).toContain(`gpt-5    unknown  ${scene().simulator.baseURLs.openai}\n`);
  });

  it("tells which targets a fence leaves out, and why", async () => {
    const text = await printed("resolve", "gpt-5", "--allow", "eu", "--allow", "us-*");
    expect(text).toMatch(
      /\nleft out +why\nopenai +it does not tell where it runs: only a declared/,
    );
  });

  it("tells where the models to fall back to lead", async () => {
    const json = await printed("resolve", "gpt-5", "--fallback", "claude-sonnet-5", "--json");
    expect(JSON.parse(json).targets).toMatchObject([
      { name: "openai", model: "gpt-5" },
      { name: "anthropic", model: "claude-sonnet-5", fallback: 1 },
    ]);
  });

  it("explains for machines", async () => {
    expect(JSON.parse(await printed("resolve", "claude-sonnet-5", "--json"))).toMatchObject({
      provider: "anthropic",
      rule: expect.any(String),
      targets: [{ name: "anthropic", dialect: "messages", model: "claude-sonnet-5" }],
      matches: [{ provider: "anthropic", source: "adapter" }],
    });
  });

  it("fails for a name that leads nowhere", async () => {
    const { code, stderr } = await runTool(["resolve", "claud-sonnet-5"]);
    expect(code).toBe(1);
    expect(stderr).toContain("nearest known names: claude-sonnet-5");
    expect(stderr).toContain(
      "next: say whose it is, as in llama/NAME, or see: connector-tool models",
    );
  });
});

describe("count", () => {
  it("prints a number and where it is from", async () => {
    const count = ["count", "-m", "claude-sonnet-5", "How many?"];
    expect(await printed(...count)).toMatch(/^\d+ input tokens, counted by anthropic\n$/);
    expect(JSON.parse(await printed(...count, "--json"))).toMatchObject({
      inputTokens: expect.stringMatching(/^\d+$/),
      source: "USAGE_SOURCE_REPORTED",
    });
  });
});

describe("health", () => {
  it("prints each service, and ends with 1 where nothing serves", async () => {
    const { url, server } = await startRecordedServer({ environment: scene().environment });
    expect(await printed("health", "--server", url)).toMatch(/^\(the server\) +SERVING$/m);
    expect(JSON.parse(await printed("health", "--server", url, "--json"))).toEqual({
      "": "SERVING",
      "nexen.connectors.v1.ConnectorService": "SERVING",
      "connectors.provider/anthropic": "SERVING",
      "connectors.provider/openai": "SERVING",
    });
    await server.close();
    const { code, stderr } = await runTool(["health", "--server", url]);
    expect(code).toBe(1);
    expect(stderr).toContain("what: SERVER_UNREACHABLE (UNAVAILABLE)");
  });
});

describe("config", () => {
  const good = `
targets:
  - { name: us, adapter: anthropic, api_key: "${canaryKey}", headers: { x-team: blue } }
  - { name: off, adapter: openai, api_key: "\${NOT_SET_ANYWHERE}" }
routes: [{ id: fast, model: "fast-.*", targets: [us] }]
callers: [{ name: a, token: ${canaryToken} }]
`;
  const bad = `
targets:
  - { name: us, adapter: anthropic, api_key: "${canaryKey}", dialect: none }
limits: { nothing: 1 }
`;

  it("check says that a file is good, and what is off", async () => {
    const file = scene().file("good.yaml", good);
    expect(await printed("config", "check", file)).toBe(
      `${file}: good; 1 target, 1 route\n  off is disabled: NOT_SET_ANYWHERE is not set\n`,
    );
    expect(JSON.parse(await printed("config", "check", file, "--json"))).toEqual({
      ok: true,
      targets: ["us"],
      routes: ["fast"],
      disabled: [{ name: "off", why: "NOT_SET_ANYWHERE is not set" }],
      notes: [],
    });
  });

  it("check names every problem with its place", async () => {
    const file = scene().file("bad.yaml", bad);
    const people = await runTool(["config", "check", file]);
    expect(people.code).toBe(1);
    expect(people.stderr).toContain("error: the configuration has 2 problems\n");
    expect(people.stderr).toContain(
      `\n${file}:3:92 targets[0].dialect: expected one of messages\n`,
    );
    expect(people.stderr).toMatch(/bad\.yaml:4:\d+ limits: unknown key "nothing"/);
    const machines = await runTool(["config", "check", file, "--json"]);
    expect(machines).toMatchObject({ code: 1, stderr: "" });
    expect(JSON.parse(machines.stdout)).toMatchObject({
      ok: false,
      problems: [
        { file, line: 3, path: "targets[0].dialect" },
        { file, line: 4 },
      ],
    });
    expect(canaryForms(people.stderr + machines.stdout)).toEqual([]);
  });

  it("show prints all that is in force, without secrets, and what it prints is a good file", async () => {
    const text = await printed("config", "show", scene().file("good.yaml", good));
    expect(text).toContain("x-team: blue");
    expect(text).toContain('api_key: "***"');
    expect(text).toContain('token: "***"');
    expect(text).toContain("drain_grace_ms: 30000");
    expect(text).toContain("# disabled: NOT_SET_ANYWHERE is not set");
    expect(canaryForms(text)).toEqual([]);
    const filled = text.replaceAll("***", "filled-in-again");
    const again = scene().file("again.yaml", filled);
    expect(await printed("config", "check", again)).toContain("good; 2 targets, 1 route");
  });

  it("show needs no file", async () => {
    const text = await printed("config", "show");
    expect(text).toContain(`base_url: ${scene().simulator.baseURLs.anthropic}`);
    expect(canaryForms(text)).toEqual([]);
  });
});

/** What bash makes of a script. */
function bash(script: string, ...flags: readonly string[]): string {
  return execFileSync("bash", flags, { input: script, encoding: "utf8" });
}

describe("completion", () => {
  it.each(["bash", "zsh"])("prints a script that bash can parse (%s)", async (shell) => {
    expect(bash(await printed("completion", shell), "-n")).toBe("");
  });

  it.each([
    [
      "",
      "",
      [
        ...["batch", "call", "completion", "config", "count"],
        ...["health", "models", "resolve", "serve"],
      ],
    ],
    ["config", "", ["check", "show"]],
    ["config", "c", ["check"]],
    ["completion", "", ["bash", "fish", "zsh"]],
    ["call -m gpt-5 'a prompt'", "--sh", ["--show-grpcurl"]],
    ["resolve gpt-5", "--j", ["--json"]],
  ])("completes %j and then %j", async (before, current, expected) => {
    const script = await printed("completion", "bash");
    const words = `${script}
      COMP_WORDS=(connector-tool ${before} "${current}"); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
      _connector_tool; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const completed = bash(words).trim().split("\n");
    expect(completed.filter((word) => current || !word.startsWith("-")).toSorted()).toEqual(
      expected,
    );
  });

  it("has all commands and options for fish", async () => {
    const script = await printed("completion", "fish");
    expect(script).toContain("-n '__fish_use_subcommand' -a 'serve call ");
    expect(script).toMatch(/__fish_seen_subcommand_from config; and \S+ check' -a '--json --help'/);
  });

  it("refuses other shells", async () => {
    expect(await runTool(["completion", "csh"])).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("--show-grpcurl", () => {
  const prompt = `it's "quoted" \\ and $HOME \`date\` !!\nnext line`;
  const call = ["call", "-m", "gpt-4o", prompt, "--show-grpcurl"];

  /** The arguments of grpcurl, and what it reads, as bash hands them over. */
  function taken(command: string): { args: readonly string[]; input: string } {
    const output = bash(`grpcurl() { printf '%s\\0' "$@"; printf '\\1'; cat; }\n${command}`);
    const [args = "", input = ""] = output.split("\u0001");
    return { args: args.split("\0").slice(0, -1), input };
  }

  it("prints the same call for a shell, and calls nobody", async () => {
    const requestsBefore = scene().simulator.requests.length;
    const { args } = taken(await printed(...call, "--timeout", "1.5"));
    const [plaintext, data, body = "", ...rest] = args;
    expect([plaintext, data]).toEqual(["-plaintext", "-d"]);
    expect(rest).toEqual(["127.0.0.1:8080", "nexen.connectors.v1.ConnectorService/Call"]);
    expect(JSON.parse(body)).toEqual({
      request: { model: "gpt-4o", contents: [{ role: "ROLE_USER", message: prompt }] },
      options: { timeout: "1.500s" },
    });
    expect(scene().simulator.requests.length).toBe(requestsBefore);
  });

  it("knows streams, servers and tokens, which it does not show", async () => {
    const flags = ["--stream", "--server", "https://example.com"];
    const { stdout } = await runTool([...call, ...flags], { CONNECTORS_TOKEN: canaryToken });
    expect(stdout).toMatch(/^grpcurl -H "authorization: Bearer \$CONNECTORS_TOKEN" -d '/);
    expect(stdout).toMatch(
      / example\.com:443 nexen\.connectors\.v1\.ConnectorService\/StreamCall\n$/,
    );
    expect(canaryForms(stdout)).toEqual([]);
  });

  it("gives by standard input what is too long for an argument", async () => {
    const file = scene().file("long.txt", "x".repeat(200_000));
    const { args, input } = taken(await printed(...call, "--file", file));
    expect(args.slice(0, 3)).toEqual(["-plaintext", "-d", "@"]);
    expect(JSON.parse(input).request.contents[0].parts[0].media.name).toBe("long.txt");
  });
});
