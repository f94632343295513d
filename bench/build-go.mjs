// Builds the Go commands of the benchmarks (mock, hop, reverse-proxy, load) into build/bench/. They
// are the tools and the yardsticks of `npm run bench` and of the comparison with other gateways.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const module = fileURLToPath(new URL("go/", import.meta.url));
const folder = fileURLToPath(new URL("../build/bench/", import.meta.url));

const built = spawnSync("go", ["build", "-trimpath", "-o", folder, "./..."], {
  cwd: module,
  stdio: "inherit",
});
if (built.error !== undefined) {
  const reason =
    built.error.code === "ENOENT"
      ? "The benchmarks need Go 1.26 or newer to build their tools, and there is no `go` here.\n" +
        "Install it from your system's packages or https://go.dev/dl, and try again."
      : String(built.error);
  process.stderr.write(`${reason}\n`);
}
process.exitCode = built.status ?? 1;
