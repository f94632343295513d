import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Peer, PeerSkipped } from "./peer.ts";

/** GoModel, by the path of its program: no registry has it. */
export function goModel(path: string | undefined): Peer {
  return {
    name: "gomodel",
    title: "GoModel",
    kind: "gateway",
    install: async () => given("gomodel", path) && "by --bin",
    launch: async ({ port, upstreamURL }) => ({
      command: [given("gomodel", path)],
      environment: {
        PORT: String(port),
        OPENAI_API_KEY: "sk-upstream",
        OPENAI_BASE_URL: upstreamURL,
        MODEL_LIST_URL: "",
        RETRY_MAX_RETRIES: "0",
        LOGGING_ENABLED: "false",
        USAGE_ENABLED: "false",
        GOMODEL_MASTER_KEY: "sk-bench",
      },
      wire: { protocol: "openai", headers: { authorization: "Bearer sk-bench" } },
    }),
  };
}

/** Bifrost, by the path of its program: no registry has it. */
export function bifrost(path: string | undefined): Peer {
  return {
    name: "bifrost",
    title: "Bifrost",
    kind: "gateway",
    install: async () => given("bifrost", path) && "by --bin",
    async launch({ port, upstreamURL, folder }) {
      writeFileSync(join(folder, "config.json"), bifrostConfiguration(upstreamURL));
      const listen = ["-host", "127.0.0.1", "-port", String(port)];
      return {
        command: [given("bifrost", path), "-app-dir", folder, "-log-level", "error", ...listen],
        wire: { protocol: "openai", modelPrefix: "openai/" },
      };
    },
  };
}

function given(name: string, path: string | undefined): string {
  if (path === undefined) throw new PeerSkipped(`in no registry: give --bin ${name}=PATH`);
  return path;
}

function bifrostConfiguration(upstreamURL: string): string {
  const network = { base_url: new URL(upstreamURL).origin, max_retries: 0 };
  return JSON.stringify({
    config_store: { enabled: false },
    logs_store: { enabled: false },
    client: { enable_logging: false, drop_excess_requests: false },
    providers: {
      openai: {
        keys: [{ name: "mock", value: "sk-upstream", models: ["*"], weight: 1 }],
        network_config: network,
      },
    },
  });
}
