// Compares the contract with the one last released, proto/baseline.binpb, and fails on a change
// that would break its users. The baseline is a file so that no git history is needed.
//
//   node scripts/check-breaking.mjs            compares
//   node scripts/check-breaking.mjs --accept   at a release: takes the contract of today as the baseline
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const baseline = "proto/baseline.binpb";

function buf(...args) {
  const { status, error } = spawnSync("buf", args, { cwd: root, stdio: "inherit" });
  if (error) throw error;
  process.exitCode = status ?? 1;
}

if (process.argv.includes("--accept")) {
  buf("build", "proto", "--exclude-source-info", "-o", baseline);
} else if (existsSync(join(root, baseline))) {
  buf("breaking", "proto", "--against", baseline);
} else {
  console.error(`${baseline} is missing: make it with "node scripts/check-breaking.mjs --accept"`);
  process.exitCode = 1;
}
