import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Peer } from "./peer.ts";
import { outputOf, pythonFolder } from "./peers-folder.ts";

const version = "2026.6.0";

/** TensorZero's Rust gateway, which its Python package serves on a port of its own choice. */
export const tensorzero: Peer = {
  name: "tensorzero",
  title: "TensorZero, embedded",
  kind: "gateway",
  async install() {
    const python = join(await environmentFolder(), "bin/python");
    return `${version}, ${(await outputOf(python, ["--version"])).trim()}`;
  },
  async launch({ upstreamURL, folder, models }) {
    const file = join(folder, "tensorzero.toml");
    writeFileSync(file, configuration(upstreamURL, models));
    const program = fileURLToPath(new URL("tensorzero-server.py", import.meta.url));
    return {
      command: [join(await environmentFolder(), "bin/python"), program, file],
      environment: { RUST_LOG: "error", PYTHONWARNINGS: "ignore" },
      portIn: /listening on (\d+)/,
      wire: {
        protocol: "openai",
        path: "/openai/v1/chat/completions",
        modelPrefix: "tensorzero::model_name::",
      },
    };
  },
};

async function environmentFolder(): Promise<string> {
  return await pythonFolder(`tensorzero-${version}`, [`tensorzero==${version}`, "openai==3.54.0"]);
}

function configuration(upstreamURL: string, models: readonly string[]): string {
  const entries = models.map(
    (model) => `[models.${model}]
routing = ["mock"]
[models.${model}.providers.mock]
type = "openai"
model_name = "${model}"
api_base = "${upstreamURL}/"
api_key_location = "none"
`,
  );
  return `[gateway]
observability.enabled = false
disable_pseudonymous_usage_analytics = true
${entries.join("")}`;
}
