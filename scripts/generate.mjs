// `npm run generate`: rebuilds everything made from the protos. gen/ts is the TypeScript code,
// gen/descriptors.binpb a FileDescriptorSet of the contract with its imports and without comments.
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

function buf(...args) {
  execFileSync("buf", args, { cwd: root, stdio: "inherit" });
}

buf("generate");
buf("build", "proto", "--as-file-descriptor-set", "--exclude-source-info", "--output", "gen/descriptors.binpb");
