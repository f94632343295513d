import { onTestFinished, vi } from "vitest";
import { runCommand } from "../../src/cli/run-command.ts";
import { toolCommand } from "../../src/cli/tool-command.ts";
import { captured } from "../support/canary.ts";

/** What a run of connector-tool told, and how it ended. */
export interface ToolRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs connector-tool in this process. One at a time; of the environment only what is given is
 * seen.
 */
export async function runTool(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<ToolRun> {
  const told = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((name) =>
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      told[name] += captured(String(text));
      return true;
    }),
  );
  const codeBefore = process.exitCode;
  stubEnvironment(environment);
  try {
    process.exitCode = undefined;
    await runCommand(toolCommand(), ["node", "connector-tool", ...args]);
    return { code: Number(process.exitCode ?? 0), ...told };
  } finally {
    process.exitCode = codeBefore;
    for (const spy of spies) spy.mockRestore();
    vi.unstubAllEnvs();
  }
}

const seen = [
  ...["ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL"],
  ...["CONNECTORS_CONFIG", "CONNECTORS_HOST", "CONNECTORS_PORT", "CONNECTORS_TOKEN"],
];

function stubEnvironment(environment: Readonly<Record<string, string>>): void {
  for (const name of seen) vi.stubEnv(name, environment[name] ?? "");
  onTestFinished(() => void vi.unstubAllEnvs());
}
