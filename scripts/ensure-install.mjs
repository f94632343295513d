// Runs before `npm start` and `npm test`: installs the locked dependencies when they are absent
// or older than the lock file, and returns at once otherwise. It runs on whatever Node the machine
// has, before anything is installed, so it is plain JavaScript and uses built-in modules only.
import { spawnSync } from "node:child_process";
import { lstatSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

function modifiedMs(path) {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

// npm empties the folder that a link leads to, and that folder belongs to another checkout.
const folder = lstatSync(join(root, "node_modules"), { throwIfNoEntry: false });
const isBorrowed = folder?.isSymbolicLink() ?? false;
// npm writes this file last, so it marks a complete installation.
const installedMs = modifiedMs("node_modules/.package-lock.json");
if (!isBorrowed && installedMs < modifiedMs("package-lock.json")) {
  console.error("installing the locked dependencies: a minute or two, once");
  // Standard output belongs to the program that starts next, so npm's own lines go to the error stream.
  const result = spawnSync(
    "npm",
    ["ci", "--include=dev", "--loglevel=error", "--no-audit", "--no-fund"],
    {
      cwd: root,
      stdio: ["ignore", 2, 2],
      shell: process.platform === "win32",
    },
  );
  if (result.error) {
    throw result.error;
  }
  process.exitCode = result.status ?? 1;
}
