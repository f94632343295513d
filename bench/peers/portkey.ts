import { join } from "node:path";
import type { Peer } from "./peer.ts";
import { npmFolder } from "./peers-folder.ts";

const version = "1.15.2";

/** Portkey's gateway. Newer releases of its HTTP libraries break every stream: they are held. */
export const portkey: Peer = {
  name: "portkey",
  title: "Portkey",
  kind: "gateway",
  async install() {
    await folder();
    return `${version}, Node ${process.versions.node}`;
  },
  async launch({ port, upstreamURL }) {
    const program = "node_modules/@portkey-ai/gateway/build/start-server.js";
    return {
      command: [process.execPath, join(await folder(), program), "--headless", `--port=${port}`],
      environment: { NODE_ENV: "production" },
      wire: {
        protocol: "openai",
        headers: {
          authorization: "Bearer sk-bench",
          "x-portkey-provider": "openai",
          "x-portkey-custom-host": upstreamURL,
        },
      },
    };
  },
};

async function folder(): Promise<string> {
  return await npmFolder(`portkey-${version}`, {
    dependencies: { "@portkey-ai/gateway": version },
    overrides: { "@hono/node-server": "1.13.5", hono: "4.9.7" },
  });
}
