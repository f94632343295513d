// Run after every change of dependencies: `node scripts/complete-lockfile.mjs`.
// A registry may not carry a fresh release's binary for every platform yet. `npm install` then
// leaves that platform's optional package out of the lock, and `npm ci` fails because of it. This
// script adds the missing entries by name and version; npm keeps them from then on.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const systems = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
];
const processors = [
  "arm",
  "arm64",
  "ia32",
  "loong64",
  "ppc64",
  "riscv64",
  "s390x",
  "wasm32",
  "x64",
];

const lockPath = join(dirname(fileURLToPath(import.meta.url)), "..", "package-lock.json");
const lock = JSON.parse(readFileSync(lockPath, "utf8"));

function wordOf(name, words) {
  const parts = name.split(/[-/]/);
  return words.find((word) => parts.includes(word));
}

function isLocked(name) {
  return Object.keys(lock.packages).some((path) => path.endsWith(`node_modules/${name}`));
}

function platformEntry(name, range, isDevelopmentOnly) {
  const os = wordOf(name, systems);
  const cpu = wordOf(name, processors);
  const entry = { version: range.replace(/^[~^]/, ""), optional: true };
  if (isDevelopmentOnly) entry.dev = true;
  if (os) entry.os = [os];
  if (cpu) entry.cpu = [cpu];
  if (name.includes("musl")) entry.libc = ["musl"];
  return entry;
}

const added = [];
for (const parent of Object.values(lock.packages)) {
  for (const [name, range] of Object.entries(parent.optionalDependencies ?? {})) {
    if (isLocked(name)) continue;
    lock.packages[`node_modules/${name}`] = platformEntry(name, range, parent.dev === true);
    added.push(name);
  }
}

if (added.length > 0) {
  const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
  lock.packages = Object.fromEntries(sorted);
  writeFileSync(lockPath, `${JSON.stringify(lock, undefined, 2)}\n`);
}
console.log(`package-lock.json: ${added.length} platform entries added`);

// npm leaves hashes out when it writes the lock from an installed tree instead of from the registry.
const unhashed = Object.entries(lock.packages)
  .filter(([path, entry]) => path !== "" && !entry.integrity && !entry.optional)
  .map(([path]) => path);
if (unhashed.length > 0) {
  console.error(
    `No hash for ${unhashed.length} packages; delete package-lock.json and node_modules, then run ` +
      `"npm install --package-lock-only" and this script again:\n${unhashed.join("\n")}`,
  );
  process.exitCode = 1;
}
