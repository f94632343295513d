// Lets the conformance suite of Connect judge the server: every protocol, both versions of HTTP, with
// and without TLS. Two runs with Connect's own handler on our listener, without and with the fast
// lane before it, where nothing may fail, and one with the handler of the product, whose wanted
// differences stand in known-failing.txt.
//
// The runner and its protos come from the Go module cache; nothing of them is in this repository.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const suite = "connectrpc.com/conformance";
const version = "v1.0.7";
const tools = join(root, "build/tools");
const runner = join(tools, "connectconformance");
const descriptors = join(root, "build/conformance/descriptors.binpb");

/** The runner waits for ever for a server that hangs. */
const runMsMax = 300_000;

function output(command, args, options = {}) {
  return execFileSync(command, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    ...options,
  });
}

function isInstalled() {
  try {
    return output(runner, ["--version"], { stdio: "pipe" }).includes(version);
  } catch {
    return false;
  }
}

function install() {
  if (isInstalled()) return;
  console.log(`installing ${suite} ${version} (a minute or more)`);
  mkdirSync(tools, { recursive: true });
  output("go", ["install", `${suite}/cmd/connectconformance@${version}`], {
    env: { ...process.env, GOBIN: tools },
  });
}

function compileProtos() {
  const facts = JSON.parse(output("go", ["mod", "download", "-json", `${suite}@${version}`]));
  mkdirSync(dirname(descriptors), { recursive: true });
  const protos = join(facts.Dir, "proto");
  output("buf", ["build", protos, "--as-file-descriptor-set", "-o", descriptors]);
}

/** Prints all but what failed as expected: that is "INFO: …" and the indented lines below it. */
async function showUnexpected(stream) {
  let isExpected = false;
  for await (const line of createInterface({ input: stream })) {
    if (!/^\s/.test(line)) isExpected = line.startsWith("INFO:");
    if (!isExpected && line !== "") console.log(line);
  }
}

/** Runs the suite once. Resolves with the exit code, or 1 when it took too long. */
function run(title, runnerArgs, serverArgs) {
  console.log(`\n${title}`);
  const inTest = (name) => join(root, "test/conformance", name);
  const args = ["--mode", "server", "--conf", inTest("config.yaml"), "--max-servers", "2"];
  args.push("--parallel", "4", ...runnerArgs);
  args.push("--", process.execPath, inTest("server.ts"), ...serverArgs);
  // A group of its own, so that servers end with it.
  const child = spawn(runner, args, {
    cwd: root,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CONFORMANCE_DESCRIPTORS: descriptors },
  });
  void showUnexpected(child.stdout);
  void showUnexpected(child.stderr);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      console.error(`not done after ${runMsMax / 1000} s`);
      process.kill(-child.pid, "SIGKILL");
    }, runMsMax);
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve(code ?? 1);
    });
  });
}

install();
compileProtos();
const flaky = ["--known-flaky", `@${join(root, "test/conformance/known-flaky.txt")}`];
const failing = ["--known-failing", `@${join(root, "test/conformance/known-failing.txt")}`];
const codes = [
  await run("Connect's handler on our listener", flaky, ["--connect"]),
  await run("the fast lane before it", flaky, ["--connect", "--lane"]),
  await run("the product's handler", [...flaky, ...failing], []),
];
process.exitCode = Math.max(...codes);
