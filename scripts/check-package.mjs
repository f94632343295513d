// Proves that what would be published works: packs it, lets publint and attw judge the tarball,
// installs it with its production dependencies into an empty folder, and there imports the library,
// the generated code and the descriptors, and runs the command.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const { name, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const probe = `
  import { readFileSync } from "node:fs";
  import { fileURLToPath } from "node:url";
  import * as library from "${name}";
  import { ConnectorService } from "${name}/gen/nexen/connectors/v1/connector_service_pb";
  const descriptors = readFileSync(fileURLToPath(import.meta.resolve("${name}/descriptors.binpb")));
  if (typeof library.newLLM !== "function") throw new Error("newLLM is not exported");
  if (ConnectorService.typeName !== "nexen.connectors.v1.ConnectorService") throw new Error("wrong service");
  if (!descriptors.includes("nexen.connectors.v1")) throw new Error("the descriptors lack the contract");
`;

/** Runs a command and returns what it printed; shows that and stops the check if it fails. */
function run(cwd, command, ...args) {
  const options = { cwd, stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" };
  const { status, error, stdout } = spawnSync(command, args, options);
  if (status === 0) return stdout;
  console.error(stdout);
  throw error ?? new Error(`${[command, ...args].join(" ")} ended with status ${status}`);
}

const folder = mkdtempSync(join(tmpdir(), "connectors-package-"));
try {
  run(root, process.execPath, "scripts/build.mjs");
  const packed = run(
    root,
    "npm",
    "pack",
    "--ignore-scripts",
    "--json",
    "--pack-destination",
    folder,
  );
  const tarball = join(folder, JSON.parse(packed)[0].filename);
  run(root, "publint", "run", "--strict", tarball);
  run(root, "attw", tarball, "--profile", "esm-only", "--exclude-entrypoints", "descriptors.binpb");

  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  run(
    folder,
    "npm",
    "install",
    "--omit=dev",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    tarball,
  );
  writeFileSync(join(folder, "probe.js"), probe);
  run(folder, process.execPath, "probe.js");

  const tool = join(folder, "node_modules/.bin/connector-tool");
  const reported = run(folder, tool, "--version").trim();
  if (!reported.split(/\s+/).includes(version)) {
    throw new Error(`connector-tool --version says "${reported}", the package is ${version}`);
  }
  // What a command does is in files of its own, which --version does not read.
  const answer = run(
    folder,
    tool,
    "call",
    "--simulate",
    "--json",
    "-m",
    "claude-sonnet-5",
    "Hello",
  );
  if (!JSON.parse(answer).content?.message) {
    throw new Error(`connector-tool call answers "${answer}"`);
  }
  console.log(`${name} ${version} installs, imports and runs`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
