// Rebuilds everything that is made from the protos: gen/ts is the TypeScript code and
// gen/descriptors.binpb a FileDescriptorSet of the contract with its imports and without comments.
//
//   node scripts/generate.mjs           writes gen/
//   node scripts/generate.mjs --check   writes nothing, fails if gen/ is not what the protos give
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** What lies in gen/ and comes from this script; the rest of the folder is not compared. */
const generated = ["gen/ts", "gen/descriptors.binpb"];

function buf(...args) {
  execFileSync("buf", args, { cwd: root, stdio: "inherit" });
}

function generateInto(folder) {
  buf("generate", "--output", folder);
  const descriptors = join(folder, "gen/descriptors.binpb");
  buf("build", "proto", "--as-file-descriptor-set", "--exclude-source-info", "-o", descriptors);
}

function filesUnder(folder) {
  return generated
    .flatMap((path) => {
      const absolute = join(folder, path);
      if (!existsSync(absolute)) return [];
      if (path.includes(".")) return [absolute];
      return readdirSync(absolute, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name));
    })
    .map((path) => relative(folder, path));
}

function staleFiles(fresh) {
  const paths = new Set([...filesUnder(root), ...filesUnder(fresh)]);
  return [...paths].filter((path) => {
    const [mine, theirs] = [join(root, path), join(fresh, path)];
    if (!existsSync(mine) || !existsSync(theirs)) return true;
    return !readFileSync(mine).equals(readFileSync(theirs));
  });
}

function check() {
  const fresh = mkdtempSync(join(tmpdir(), "connectors-gen-"));
  try {
    generateInto(fresh);
    const stale = staleFiles(fresh);
    if (stale.length === 0) return;
    console.error(`Not what the protos give; run "npm run generate":\n${stale.join("\n")}`);
    process.exitCode = 1;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

if (process.argv.includes("--check")) {
  check();
} else {
  generateInto(root);
}
