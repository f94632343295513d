// Proves what only a process can show of connector-tool: its exit codes, standard input, an
// interrupt that reaches the provider, readers that leave early, what a terminal gets, and what its
// start loads.
import { describe, expect, it } from "vitest";
import { canaryForms } from "../support/canary.ts";
import { until } from "../support/http.ts";
import { SpawnedProcess, type SpawnOptions } from "../support/spawned-process.ts";
import { setScene } from "./scene.ts";

const scene = setScene();

function startTool(args: readonly string[], options: SpawnOptions = {}): SpawnedProcess {
  return new SpawnedProcess("src/cli/main.ts", args, {
    ...options,
    environment: { ...scene().environment, ...options.environment },
  });
}

const ask = ["call", "-m", "claude-sonnet-5", "--max-tokens", "100"];
const slow = "[[simulate: chunks=100 slow=50ms]]";

const onTerminal = ["--import", "./test/cli/terminal.mjs"];

describe("a process", () => {
  it("reads its prompt from standard input, and ends with 0", async () => {
    const { code, stdout } = await startTool([...ask, "-"], { input: "from a pipe\n" }).ended;
    expect(code).toBe(0);
    expect(stdout).toContain("from a pipe");
  });

  it("ends with 2 for wrong usage, and with 1 for a failure", async () => {
    const ended = await Promise.all([
      startTool(["call", "Hello"]).ended,
      startTool([...ask, "[[simulate: status=503]]"]).ended,
    ]);
    expect(ended.map(({ code }) => code)).toEqual([2, 1]);
    expect(ended.map(({ stdout }) => stdout)).toEqual(["", ""]);
  });

  it.each([
    ["a call", [...ask, "[[simulate: stall-headers]]"]],
    ["a stream", [...ask, slow, "--stream"]],
  ])("ends with 130 on an interrupt of %s, which reaches the provider", async (_, args) => {
    const { simulator } = scene();
    const requestsBefore = simulator.requests.length;
    const abortedBefore = simulator.abortedRequests;
    const tool = startTool(args);
    await until(() => simulator.requests.length > requestsBefore);
    if (args.includes("--stream")) await tool.output(/\w/);
    tool.child.kill("SIGINT");
    const { code, stderr } = await tool.ended;
    expect(stderr).toBe("interrupted\n");
    expect(code).toBe(130);
    await until(() => simulator.abortedRequests === abortedBefore + 1);
  });

  it("ends quietly when its reader leaves", async () => {
    const { simulator } = scene();
    const abortedBefore = simulator.abortedRequests;
    const tool = startTool([...ask, slow, "--stream"]);
    await tool.output(/\w/);
    tool.child.stdout?.destroy();
    expect(await tool.ended).toMatchObject({ code: 0, stderr: "" });
    await until(() => simulator.abortedRequests > abortedBefore);
  });
});

describe("on a terminal", () => {
  const tool = '{"name": "get_weather", "parameters": {"type": "object", "properties": {}}}';
  const prompt = "call get_weather, clear \u001b[2J it";
  const call = [...ask, prompt, "--tool", tool];
  const cyan = "\u001b[36mtool call\u001b[39m get_weather";

  function wasStreamed(): boolean {
    const { body } = scene().simulator.requests.at(-1)!;
    return (body as { readonly stream?: boolean }).stream === true;
  }

  it("people get a stream in colours", async () => {
    const { stdout } = await startTool(call, { nodeFlags: onTerminal }).ended;
    expect(stdout).toContain(cyan);
    expect(wasStreamed()).toBe(true);
  });

  it("NO_COLOR and --no-stream are obeyed, and nothing steers the terminal", async () => {
    const { stdout } = await startTool([...ask, prompt, "--no-stream"], {
      nodeFlags: onTerminal,
      environment: { NO_COLOR: "1" },
    }).ended;
    expect(stdout).toContain("clear \ufffd[2J it");
    expect(stdout).not.toContain("\u001b");
    expect(wasStreamed()).toBe(false);
  });

  it("machines get the whole as it is", async () => {
    const { stdout } = await startTool([...ask, prompt, "--json"], { nodeFlags: onTerminal }).ended;
    expect(JSON.parse(stdout).content.message).toContain("clear \u001b[2J it");
    expect(wasStreamed()).toBe(false);
  });
});

describe("the start", () => {
  it("loads little: no messages, no configuration, no provider", async () => {
    const flags = ["--import", "./test/cli/loaded-modules.mjs"];
    const { code, stdout, stderr } = await startTool(["--version"], { nodeFlags: flags }).ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const loaded = stderr.trim().split("\n");
    expect(loaded.some((url) => url.endsWith("/src/cli/tool-command.ts"))).toBe(true);
    expect(loaded.filter((url) => /protobuf|\/gen\/|zod|yaml|undici|providers/.test(url))).toEqual(
      [],
    );
    expect(loaded.length).toBeLessThan(40);
  });

  it("does not tell keys when it crashes", async () => {
    const server = new SpawnedProcess("src/main.ts", ["--port", "0"], {
      environment: scene().environment,
      nodeFlags: ["--import", "./test/cli/crash-on-signal.mjs"],
    });
    await server.output(/listening on/);
    server.child.kill("SIGUSR2");
    const { code, stderr } = await server.ended;
    expect(code).toBe(1);
    expect(stderr).toContain('"the process ends: nothing caught this"');
    expect(stderr).toContain("the key is ***");
    expect(canaryForms(stderr)).toEqual([]);
  });
});
