// How long starts take, from the start of the process: `npm run bench:start`. Node's own start is
// measured in the same rounds, since it is in every one of ours.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { benchConfiguration, startFlags, startProgram } from "./harness/bench-server.ts";
import { root } from "./harness/machine.ts";
import { runScript } from "./harness/run-script.ts";
import { shuffled, spreadOf } from "./harness/statistics.ts";

interface Start {
  readonly title: string;
  readonly command: readonly string[];
  /** Most milliseconds that we aim at. Unset: it is the yardstick. */
  readonly targetMs?: number;
  /** Set: over with its first output, not with its end. */
  readonly isServer?: true;
}

const rounds = 15;
const tool = join(root, "dist/bin/connector-tool.js");

for (const script of ["scripts/prepare-start.mjs", "scripts/build.mjs"]) {
  process.stderr.write(`running ${script}\n`);
  runScript(script);
}
const folder = mkdtempSync(join(tmpdir(), "connectors-start-"));
try {
  const file = join(folder, "connectors.yaml");
  writeFileSync(file, benchConfiguration("http://127.0.0.1:9"));
  await measure([
    { title: "node, nothing to do", command: ["--eval", "0"] },
    { title: "connector-tool --help", command: [tool, "--help"], targetMs: 100 },
    ...servers("npm start's server", [...startFlags(), startProgram], file),
    ...servers("connector-tool serve", [tool, "serve"], file),
  ]);
} finally {
  rmSync(folder, { recursive: true });
}

/** A server, with one provider and with all of them simulated, until it says that it listens. */
function servers(title: string, command: readonly string[], file: string): readonly Start[] {
  const serve = [...command, "--port", "0"];
  const common = { targetMs: 300, isServer: true } as const;
  return [
    { ...common, title: `${title}, one provider`, command: [...serve, "--config", file] },
    { ...common, title: `${title}, simulated`, command: [...serve, "--simulate"] },
  ];
}

async function measure(starts: readonly Start[]): Promise<void> {
  const found = new Map(starts.map(({ title }) => [title, [] as number[]]));
  // The first round compiles, and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    process.stderr.write(`round ${round} of ${rounds}\n`);
    for (const start of shuffled(starts)) {
      const ms = await startedMs(start);
      if (round > 0) found.get(start.title)?.push(ms);
    }
  }
  for (const { title, targetMs } of starts) {
    const { median, min, max } = spreadOf(found.get(title) ?? []);
    const figures = `${median.toFixed(0).padStart(5)} ms (${min.toFixed(0)} to ${max.toFixed(0)})`;
    const verdict = targetMs && `  < ${targetMs} ms ${median < targetMs ? "met" : "MISSED"}`;
    process.stdout.write(`${title.padEnd(36)}${figures.padEnd(24)}${verdict ?? ""}\n`);
  }
}

async function startedMs({ command, isServer }: Start): Promise<number> {
  const from = performance.now();
  const child = spawn(process.execPath, command, {
    cwd: root,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = once(child, "exit");
  child.stdout.resume();
  await (isServer ? Promise.race([once(child.stdout, "data"), ended]) : ended);
  const ms = performance.now() - from;
  const isRight = isServer ? child.kill() : child.exitCode === 0;
  if (!isRight) throw new Error(`failed: ${command.join(" ")}`);
  await ended;
  return ms;
}
