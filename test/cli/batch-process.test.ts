// Proves what only a process can show of `connector-tool batch`: standard input, an interrupt that
// reaches the provider and leaves a file to go on with, and the bar of a terminal.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { until } from "../support/http.ts";
import { SpawnedProcess, type SpawnOptions } from "../support/spawned-process.ts";
import { setScene } from "./scene.ts";

const scene = setScene();

function startBatch(args: readonly string[], options: SpawnOptions = {}): SpawnedProcess {
  const { environment } = scene();
  return new SpawnedProcess("src/cli/main.ts", ["batch", ...args], { ...options, environment });
}

function line(id: string, prompt: string): string {
  return JSON.stringify({ id, model: "claude-sonnet-5", prompt, max_output_tokens: 50 });
}

function outputFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "connectors-batch-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "out.jsonl");
}

function idsOf(text: string): readonly string[] {
  const lines = text.trimEnd().split("\n");
  return lines.map((each) => (JSON.parse(each) as { readonly id: string }).id).toSorted();
}

it("reads standard input, and prints results alone on standard output", async () => {
  const input = `${line("a", "one")}\n${line("b", "two")}`;
  const { code, stdout, stderr } = await startBatch(["-"], { input }).ended;
  expect(code).toBe(0);
  expect(idsOf(stdout)).toEqual(["a", "b"]);
  expect(stderr).toMatch(/^2 requests: 2 answered, 0 failed;/m);
});

it("an interrupt reaches the provider, and what was done is gone on with", async () => {
  const { simulator } = scene();
  const ids = Array.from({ length: 12 }, (_, index) => `item ${index}`);
  const quick = ids.map((id, index) => line(id, index < 3 ? "quick" : "wait"));
  const stuck = quick.map((text) => text.replace("wait", "[[simulate: stall-headers]] wait"));
  const stuckFile = scene().file("stuck.jsonl", stuck.join("\n"));
  const file = scene().file("quick.jsonl", quick.join("\n"));
  const out = outputFile();
  const before = [simulator.requests.length, simulator.abortedRequests] as const;
  const tool = startBatch([stuckFile, "--out", out, "--concurrency", "4"]);
  await until(() => simulator.requests.length === before[0] + 7);
  tool.child.kill("SIGINT");
  const { code, stderr } = await tool.ended;
  expect(code).toBe(130);
  expect(stderr).toMatch(/^12 requests: 3 answered, 0 failed;/m);
  expect(stderr).toContain("9 have no result");
  expect(stderr).toContain(`--out ${out} --resume`);
  expect(stderr.endsWith("interrupted\n")).toBe(true);
  await until(() => simulator.abortedRequests === before[1] + 4);
  expect(idsOf(readFileSync(out, "utf8"))).toEqual(ids.slice(0, 3));

  expect((await startBatch([file, "--out", out, "--resume"]).ended).code).toBe(0);
  expect(idsOf(readFileSync(out, "utf8"))).toEqual(ids.toSorted());
});

it("a terminal gets a bar, which makes way for the summary", async () => {
  const file = scene().file("bar.jsonl", [line("a", "one"), line("b", "two")].join("\n"));
  const nodeFlags = ["--import", "./test/cli/terminal-of-errors.mjs"];
  const { stderr } = await startBatch([file], { nodeFlags }).ended;
  const drawn = stderr.split("\r\u001b[K");
  expect(drawn[1]).toBe(`${"░".repeat(20)} 0/2`);
  expect(drawn.at(-1)).toContain("2 requests: 2 answered");
});

it("a terminal that gets the results gets no bar between them", async () => {
  const file = scene().file("no-bar.jsonl", line("a", "one"));
  const terminals = ["./test/cli/terminal.mjs", "./test/cli/terminal-of-errors.mjs"];
  const nodeFlags = terminals.flatMap((module) => ["--import", module]);
  const { stdout, stderr } = await startBatch([file], { nodeFlags }).ended;
  expect(idsOf(stdout)).toEqual(["a"]);
  expect(stderr).not.toContain("\u001b[K");
  expect(stderr).toContain("1 request: 1 answered");
});
