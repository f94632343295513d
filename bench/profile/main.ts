// Where the microseconds go: `npm run profile [-- --seconds 6] [-- --json]`. Drives the server, on a
// core of its own, with whole calls and then with streams, and profiles it from within. Writes a
// flame graph of each into build/profile and the time by room into docs/performance.md.
//
// The server runs from its sources, not from the bundle of `npm start`: so every function says from
// which file it is, and the code that runs is the same. What a call costs is measured without the
// profiler, which only says how that time is shared out.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { goCommands, pinned, root } from "../harness/machine.ts";
import { replacePart } from "../harness/page-part.ts";
import { frameTree } from "./cpu-profile.ts";
import { flameGraph } from "./flame-graph.ts";
import { ProfiledServer } from "./profiled-server.ts";
import { type TimeByRoom, timeByRoom, timeTable } from "./time-by-room.ts";

const page = `${root}docs/performance.md`;
const begin = "<!-- measured: npm run profile -->";
const end = "<!-- end of the profile -->";
const help = `npm run profile [-- OPTIONS]: where the microseconds of a call and of a chunk go

  --seconds <number>  time of each measurement (default: 6)
  --json              print JSON
  --help              print this
`;

interface Scene {
  readonly name: "call" | "stream";
  readonly load: readonly string[];
  /** The figure of the load that the time of one is told by. */
  readonly rate: "callsPerCpuSecond" | "chunksPerCpuSecond";
}

const scenes: readonly Scene[] = [
  { name: "call", load: ["--model", "bench-500b"], rate: "callsPerCpuSecond" },
  {
    name: "stream",
    load: ["--model", "bench-200x10b", "--stream"],
    rate: "chunksPerCpuSecond",
  },
];
const concurrency = 16;
const mockAddress = "127.0.0.1:18181";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "6" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) process.stdout.write(help);
else await run(values.seconds, values.json);

async function run(seconds: string, json: boolean): Promise<void> {
  execFileSync(process.execPath, [`${root}bench/build-go.mjs`], { stdio: ["ignore", 2, 2] });
  mkdirSync(`${root}build/profile`, { recursive: true });
  const mock = spawn(...toolCommand("mock", ["--listen", mockAddress]), { stdio: "ignore" });
  const times: TimeByRoom[] = [];
  try {
    for (const scene of scenes) times.push(await profiled(scene, seconds));
  } finally {
    mock.kill();
  }
  const [call, chunk] = times;
  if (call === undefined || chunk === undefined) throw new Error("nothing was measured");
  const table = timeTable(call, chunk);
  console.log(json ? JSON.stringify({ call, chunk }) : table.join("\n"));
  console.error("flame graphs: build/profile/call.svg, build/profile/stream.svg");
  writeTable(table);
}

async function profiled({ name, load, rate }: Scene, seconds: string): Promise<TimeByRoom> {
  const server = await ProfiledServer.start(`http://${mockAddress}/v1`);
  const drive = async (warmup: string): Promise<Readonly<Record<string, number>>> => {
    const all = ["--target", server.address, "--protocol", "grpc", "--pid", String(server.pid)];
    const timing = ["--concurrency", String(concurrency), "--seconds", seconds, "--warmup", warmup];
    return await driven([...all, ...timing, ...load]);
  };
  try {
    const figures = await drive("2");
    await server.begin();
    await drive("0");
    const { profile, mainShare } = await server.end();
    const tree = frameTree(profile);
    const microseconds = 1e6 / (figures[rate] ?? Number.NaN);
    const cost = `${microseconds.toFixed(2)} µs of CPU each`;
    const title = `${name === "call" ? "whole calls" : "chunks of streams"}: ${cost}`;
    writeFileSync(`${root}build/profile/${name}.svg`, flameGraph(tree, title));
    writeFileSync(`${root}build/profile/${name}.cpuprofile`, JSON.stringify(profile));
    return timeByRoom(tree, microseconds, mainShare);
  } finally {
    await server.kill();
  }
}

/** Runs the load and gives its figures. Throws if an answer was wrong. */
async function driven(args: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const child = spawn(...toolCommand("load", args), { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  for await (const chunk of child.stdout) output += chunk;
  const figures = JSON.parse(output);
  if (figures.errors > 0 || figures.wrong > 0) throw new Error(`wrong answers: ${output}`);
  return figures;
}

/** A tool of the bench, on the core that the server does not use. */
function toolCommand(tool: string, args: readonly string[]): [string, string[]] {
  const [command, ...rest] = pinned("load", [`${goCommands}${tool}`, ...args]);
  return [command, rest];
}

/** Puts the table where the page has its marks. */
function writeTable(table: readonly string[]): void {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root });
  const [{ model = "unknown processor" } = {}, ...others] = cpus();
  const where = `${model}, ${others.length + 1} cores, Node ${process.versions.node}`;
  const date = new Date().toISOString().slice(0, 10);
  const source = `Measured ${date} at ${String(commit).trim()} on ${where}.`;
  replacePart(page, begin, end, [source, "", ...table].join("\n"));
}
