// `npm run build`: compiles src and gen/ts into an empty dist and puts the descriptors beside them.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const command = join(root, "dist/src/cli/main.js");

rmSync(join(root, "dist"), { recursive: true, force: true });
execFileSync("tsc", ["-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
copyFileSync(join(root, "gen/descriptors.binpb"), join(root, "dist/gen/descriptors.binpb"));
if (existsSync(command)) chmodSync(command, 0o755);
