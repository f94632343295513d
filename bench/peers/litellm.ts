import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Peer } from "./peer.ts";
import { outputOf, pythonFolder } from "./peers-folder.ts";

const version = "1.106.2";
const key = "sk-bench";
const environment = { LITELLM_LOG: "ERROR", LITELLM_LOCAL_MODEL_COST_MAP: "True" };

/** LiteLLM's proxy: one worker, a master key, no retries, no logs of requests. */
export const litellm: Peer = {
  name: "litellm",
  title: "LiteLLM proxy",
  kind: "gateway",
  install: installedVersion,
  async launch({ port, upstreamURL, folder, models }) {
    const file = join(folder, "litellm.yaml");
    writeFileSync(file, configuration(upstreamURL, models));
    const program = join(await environmentFolder(), "bin/litellm");
    const listen = ["--host", "127.0.0.1", "--port", String(port)];
    return {
      command: [program, "--config", file, "--num_workers", "1", ...listen],
      environment,
      wire: { protocol: "openai", headers: { authorization: `Bearer ${key}` } },
    };
  },
};

/** LiteLLM's `acompletion` in the caller's own process. */
export const litellmSDK: Peer = {
  name: "litellm-sdk",
  title: "LiteLLM SDK, in process",
  kind: "library",
  install: installedVersion,
  async launch({ upstreamURL }) {
    const program = fileURLToPath(new URL("litellm-load.py", import.meta.url));
    return {
      command: [join(await environmentFolder(), "bin/python"), program, upstreamURL],
      environment,
      wire: { protocol: "in-process" },
    };
  },
};

async function installedVersion(): Promise<string> {
  const python = join(await environmentFolder(), "bin/python");
  return `${version}, ${(await outputOf(python, ["--version"])).trim()}`;
}

async function environmentFolder(): Promise<string> {
  return await pythonFolder(`litellm-${version}`, [`litellm[proxy]==${version}`]);
}

function configuration(upstreamURL: string, models: readonly string[]): string {
  const entries = models.map((model) => {
    const parameters = `model: "openai/${model}", api_base: "${upstreamURL}", api_key: sk-upstream`;
    return `  - { model_name: "${model}", litellm_params: { ${parameters} } }`;
  });
  return `model_list:
${entries.join("\n")}
litellm_settings: { num_retries: 0, request_timeout: 600, telemetry: false }
router_settings: { num_retries: 0 }
general_settings: { master_key: ${key}, disable_spend_logs: true }
`;
}
