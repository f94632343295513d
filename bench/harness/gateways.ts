import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { benchConfiguration, startFlags, startProgram } from "./bench-server.ts";
import type { Gateway, Protocol, RunningGateway } from "./gateway.ts";
import { GatewayProcess } from "./gateway-process.ts";
import { freePort, goCommands, root } from "./machine.ts";

const goVersion = "Go, grpc-go 1.85.0";

/** The schema-less gRPC to HTTP hop: the floor of what speaks gRPC. */
export const hop: Gateway = floor("hop", "hop");

/** Go's `httputil.ReverseProxy`: the floor of what speaks HTTP. */
export const reverseProxy: Gateway = floor("reverse-proxy", "openai");

/** How our server is to be measured. */
export interface OurOptions {
  readonly name: string;
  /** Default: gRPC, over the fast lane. */
  readonly protocol?: Protocol;
  /** Further lines of the configuration, at its top level. */
  readonly configuration?: string;
  /** Routes before the one that leads to the mock. */
  readonly routesBefore?: number;
}

/**
 * Our server as `npm start` runs it, with one target at the mock: retries and everything else by
 * default, log level error. It must have been prepared by `scripts/prepare-start.mjs`.
 */
export function ours(options: OurOptions): Gateway {
  return {
    name: options.name,
    version: JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version,
    async start(upstream) {
      const port = await freePort();
      const folder = mkdtempSync(join(tmpdir(), "connectors-bench-"));
      const file = join(folder, "connectors.yaml");
      writeFileSync(file, configuration(port, upstream, options));
      const command = [process.execPath, ...startFlags(), startProgram, "--config", file];
      const started = GatewayProcess.start("server", port, command);
      const server = await started.finally(() => rmSync(folder, { recursive: true }));
      return running(server, port, options.protocol ?? "grpc");
    },
  };
}

function configuration(port: number, upstream: string, options: OurOptions): string {
  const before = Array.from(
    { length: options.routesBefore ?? 0 },
    (_, index) => `  - { id: other-${index}, model: "other-${index}-.*-v[0-9]+", targets: [mock] }`,
  );
  const top = [`listen: { host: 127.0.0.1, port: ${port} }`, options.configuration ?? ""];
  return benchConfiguration(upstream, top, before);
}

function floor(name: string, protocol: Protocol): Gateway {
  return {
    name,
    version: goVersion,
    async start(upstream) {
      const port = await freePort();
      // The reverse proxy keeps the path of a request; the hop has none of its own.
      const url = protocol === "hop" ? upstream : upstream.replace(/\/v1$/, "");
      const command = [join(goCommands, name), "--listen", `127.0.0.1:${port}`, "--upstream", url];
      return running(await GatewayProcess.start("server", port, command), port, protocol);
    },
  };
}

function running(server: GatewayProcess, port: number, protocol: Protocol): RunningGateway {
  return {
    target: `127.0.0.1:${port}`,
    protocol,
    pid: server.pid,
    stop: async () => await server.stop(),
  };
}

/** The mock provider, on the core of the load. `upstream` is its base URL. */
export async function startMock(): Promise<RunningGateway & { readonly upstream: string }> {
  const port = await freePort();
  const command = [join(goCommands, "mock"), "--listen", `127.0.0.1:${port}`];
  const mock = await GatewayProcess.start("load", port, command);
  return { ...running(mock, port, "openai"), upstream: `http://127.0.0.1:${port}/v1` };
}
