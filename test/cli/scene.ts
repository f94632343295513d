import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";
import { canaryKey } from "../support/canary.ts";

/** What the tool is tried with in one test file. */
export interface Scene {
  readonly simulator: Simulator;
  /** An environment whose keys lead to the simulator. */
  readonly environment: Readonly<Record<string, string>>;
  /** Writes a file and returns its path. */
  file(name: string, content: string | Uint8Array): string;
}

/** Sets a scene before the tests of a file and clears it after them. */
export function setScene(): () => Scene {
  const folder = mkdtempSync(join(tmpdir(), "connectors-tool-"));
  let scene: Scene | undefined;
  beforeAll(async () => {
    const simulator = await startSimulator({ keys: [canaryKey] });
    const { anthropic, openai } = simulator.baseURLs;
    scene = {
      simulator,
      environment: {
        ...{ ANTHROPIC_API_KEY: canaryKey, ANTHROPIC_BASE_URL: anthropic },
        ...{ OPENAI_API_KEY: canaryKey, OPENAI_BASE_URL: openai },
      },
      file: (name, content) => {
        const path = join(folder, name);
        writeFileSync(path, content);
        return path;
      },
    };
  });
  afterAll(async () => {
    await scene?.simulator.close();
    rmSync(folder, { recursive: true });
  });
  return () => {
    if (scene === undefined) throw new Error("the scene is set when the tests begin");
    return scene;
  };
}
