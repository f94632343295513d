// Gathers the server and all that it imports into a few files, when there are
// none or a source is newer: six hundred modules would cost most of the time that a start takes.
import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const bundle = join(root, "build/start");

function modifiedMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function newestMs(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Math.max(...files.map((entry) => modifiedMs(join(entry.parentPath, entry.name))));
}

const sourceMs = Math.max(
  newestMs(join(root, "src")),
  newestMs(join(root, "gen/ts")),
  modifiedMs(join(root, "node_modules/.package-lock.json")),
);
if (modifiedMs(join(bundle, "main.js")) < sourceMs) {
  const { build } = await import("rolldown");
  await build({
    input: join(root, "src/main.ts"),
    platform: "node",
    logLevel: "warn",
    output: { dir: bundle, cleanDir: true },
  });
}
