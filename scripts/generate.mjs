// Rebuilds everything that is made from other files. From the protos: gen/ts is the TypeScript code
// and gen/descriptors.binpb a FileDescriptorSet of the contract with its imports and without comments;
// from that, gen/ts/writers is what writes answers.
// From src/providers/*/models.yaml: models.ts beside each.
//
//   node scripts/generate.mjs           writes them
//   node scripts/generate.mjs --models  writes models.ts only
//   node scripts/generate.mjs --check   writes nothing, fails if one is not what its source gives
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { generatedModels, madeFromModels } from "./generate-models.mjs";
import { generatedWriters, writersPath } from "./generate-writers.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** What lies in gen/ and comes from this script; the rest of the folder is not compared. */
const generated = ["gen/ts", "gen/descriptors.binpb"];

function buf(...args) {
  execFileSync("buf", args, { cwd: root, stdio: "inherit" });
}

function generateCode(folder) {
  buf("generate", "--output", folder);
  const descriptors = join(folder, "gen/descriptors.binpb");
  buf("build", "proto", "--as-file-descriptor-set", "--exclude-source-info", "-o", descriptors);
  mkdirSync(dirname(join(folder, writersPath)), { recursive: true });
  writeFileSync(join(folder, writersPath), generatedWriters(descriptors));
}

function generateModels(folder) {
  for (const [path, source] of generatedModels(root)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), source);
  }
}

function filesUnder(folder) {
  return [...codeUnder(folder), ...modelsUnder(folder)].map((path) => relative(folder, path));
}

function codeUnder(folder) {
  return generated.flatMap((path) => {
    const absolute = join(folder, path);
    if (!existsSync(absolute)) return [];
    if (path.includes(".")) return [absolute];
    return readdirSync(absolute, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  });
}

function modelsUnder(folder) {
  return readdirSync(join(folder, "src/providers"))
    .map((name) => join(folder, "src/providers", name, "models.ts"))
    .filter((path) => existsSync(path) && readFileSync(path, "utf8").startsWith(madeFromModels));
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
    generateModels(fresh);
    generateCode(fresh);
    const stale = staleFiles(fresh);
    if (stale.length === 0) return;
    console.error(`Not what their sources give; run "npm run generate":\n${stale.join("\n")}`);
    process.exitCode = 1;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

try {
  if (process.argv.includes("--check")) check();
  else {
    generateModels(root);
    if (!process.argv.includes("--models")) generateCode(root);
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
