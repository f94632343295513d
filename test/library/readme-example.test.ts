// Proves that the library's example in the README is right: the file beside this one is that
// example, the compiler checks it, and here it runs, prints what it says and ends by itself.
import { readFileSync } from "node:fs";
import { expect, it, onTestFinished } from "vitest";
import { startSimulator } from "../../src/simulator/simulator.ts";
import { SpawnedProcess } from "../support/spawned-process.ts";

it("runs as the README has it", async () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const example = readFileSync(new URL("readme-example.ts", import.meta.url), "utf8");
  const [, block] = /## In process.*?```ts\n(.*?)```/s.exec(readme) ?? [];
  expect(example.replace("../../src/index.ts", "@nexen/connectors")).toBe(block);

  const simulator = await startSimulator({ keys: ["your-api-key"] });
  onTestFinished(() => simulator.close());
  const environment = { ANTHROPIC_BASE_URL: simulator.baseURLs.anthropic };
  const { ended } = new SpawnedProcess("test/library/readme-example.ts", [], { environment });
  const { code, stdout, stderr } = await ended;
  expect(stderr).toBe("");
  expect(code).toBe(0);
  expect(stdout).toContain('You said: "Hello, world!"');
  expect(stdout).toContain('You said: "Name three rivers"');
  expect(stdout).toMatch(/inputTokens: \d+n/);
});
