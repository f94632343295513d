// Proves that secrets show nowhere: runs a command (default: `npm test`) with a canary in its environment,
// which tests use as keys and tokens, and then looks for it, as it is, in hex and in base64, in everything
// that was printed, logged or returned. `node scripts/scan-canary.mjs [command …]` needs this project's Node;
// what is captured lies in build/captured, or in the empty folder that CONNECTORS_CAPTURED names.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { canaryForms } from "../test/support/canary.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const ownFolder = join(root, "build/captured");
const folder = process.env.CONNECTORS_CAPTURED ?? ownFolder;
const printed = join(folder, "printed.log");
const [command = "npm", ...args] =
  process.argv.length > 2 ? process.argv.slice(2) : ["npm", "test"];

if (folder === ownFolder) rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const canary = randomBytes(16).toString("hex");
const environment = { ...process.env, CONNECTORS_CANARY: canary, CONNECTORS_CAPTURED: folder };

/** Runs the command; shows and keeps what it prints. Resolves with its exit code. */
async function run() {
  const child = spawn(command, args, {
    cwd: root,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const name of ["stdout", "stderr"]) {
    child[name].on("data", (chunk) => {
      appendFileSync(printed, chunk);
      process[name].write(chunk);
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
}

const exitCode = await run();
const files = readdirSync(folder);
const leaks = files.flatMap((file) => {
  const lines = readFileSync(join(folder, file), "latin1").split("\n");
  return lines.flatMap((line, index) => {
    const forms = canaryForms(line, canary);
    return forms.length > 0 ? [`${join(folder, file)}:${index + 1}: ${forms.join(", ")}`] : [];
  });
});
for (const leak of leaks) console.error(`canary: a key shows in ${leak}`);
const isUsed = files.some((file) => join(folder, file) !== printed);
if (!isUsed) console.error("canary: no test captured anything, so this proves nothing");
if (leaks.length === 0 && isUsed) console.log(`canary: no key shows in ${files.length} files`);
process.exitCode = exitCode !== 0 ? 1 : Number(leaks.length > 0 || !isUsed);
