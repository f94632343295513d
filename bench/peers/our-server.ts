import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { benchConfiguration, startFlags, startProgram } from "../harness/bench-server.ts";
import { root } from "../harness/machine.ts";
import type { Launch, Peer, Place } from "./peer.ts";
import { outputOf } from "./peers-folder.ts";

/** This project's server, called by gRPC. */
export const connectors: Peer = ours("connectors", "Connectors, gRPC", "grpc");

/** The same, called by Connect with JSON over HTTP/1.1: without the fast lane. */
export const connectorsJSON: Peer = ours(
  "connectors-json",
  "Connectors, Connect JSON on HTTP/1.1",
  "connect-json",
);

/** This project as a library in the caller's own process. */
export const connectorsLibrary: Peer = {
  name: "connectors-library",
  title: "Connectors, in process",
  kind: "library",
  async install() {
    await outputOf(process.execPath, ["scripts/build.mjs"]);
    return await ownVersion();
  },
  launch: async ({ upstreamURL }) => inProcess("connectors", upstreamURL),
};

/** The npm package `openai` in the caller's own process: no gateway at all. */
export const openaiSDK: Peer = {
  name: "openai-sdk",
  title: "openai SDK, in process",
  kind: "library",
  async install() {
    const manifest = readFileSync(join(root, "node_modules/openai/package.json"), "utf8");
    return `${JSON.parse(manifest).version}, Node ${process.versions.node}`;
  },
  launch: async ({ upstreamURL }) => inProcess("openai", upstreamURL),
};

function ours(name: string, title: string, protocol: "grpc" | "connect-json"): Peer {
  return {
    name,
    title,
    kind: "ours",
    async install() {
      await outputOf(process.execPath, ["scripts/prepare-start.mjs"]);
      return await ownVersion();
    },
    async launch({ port, upstreamURL, folder }: Place): Promise<Launch> {
      const file = join(folder, "connectors.yaml");
      const listen = `listen: { host: 127.0.0.1, port: ${port} }`;
      writeFileSync(file, benchConfiguration(upstreamURL, [listen]));
      return {
        command: [process.execPath, ...startFlags(), startProgram, "--config", file],
        wire: { protocol },
      };
    },
  };
}

function inProcess(library: string, upstreamURL: string): Launch {
  const program = join(root, "bench/peers/library-load.ts");
  return {
    command: [
      process.execPath,
      "--disable-warning=ExperimentalWarning",
      program,
      library,
      upstreamURL,
    ],
    wire: { protocol: "in-process" },
  };
}

async function ownVersion(): Promise<string> {
  const commit = (await outputOf("git", ["rev-parse", "--short=10", "HEAD"])).trim();
  return `${commit}, Node ${process.versions.node}`;
}
