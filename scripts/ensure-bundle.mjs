// Bundles the server when there is no bundle, or a source is newer.
import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = join(root, "build/start");

function modifiedMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function newestMs(sources) {
  const entries = readdirSync(sources, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Math.max(...files.map((entry) => modifiedMs(join(entry.parentPath, entry.name))));
}

const sourceMs = Math.max(
  newestMs(join(root, "src")),
  newestMs(join(root, "gen/ts")),
  modifiedMs(join(root, "scripts/bundle.mjs")),
  modifiedMs(join(root, "node_modules/.package-lock.json")),
);
if (modifiedMs(join(folder, "main.js")) < sourceMs) {
  const { bundle } = await import("./bundle.mjs");
  await bundle(join(root, "src/main.ts"), folder);
}
