// `npm run build`: compiles src and gen/ts into an empty dist, bundles the command-line tool, and
// puts the descriptors beside them.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const command = "connector-tool";
const commands = join(root, "dist/bin");

rmSync(join(root, "dist"), { recursive: true, force: true });
execFileSync("tsc", ["-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
copyFileSync(join(root, "gen/descriptors.binpb"), join(root, "dist/gen/descriptors.binpb"));
await bundle({ [command]: join(root, "src/cli/main.ts") }, commands);
chmodSync(join(commands, `${command}.js`), 0o755);
