import { join } from "node:path";
import { goCommands, root } from "../harness/machine.ts";
import type { Peer, Wire } from "./peer.ts";
import { outputOf } from "./peers-folder.ts";

/** gRPC to HTTP and back in Go, without a schema: the floor for whoever speaks gRPC. */
export const hop: Peer = floor("hop", "Go gRPC hop, no schema", { protocol: "hop" });

/** Go's `httputil.ReverseProxy`: a floor for HTTP. */
export const reverseProxy: Peer = floor("reverse-proxy", "Go reverse proxy", {
  protocol: "openai",
});

function floor(name: "hop" | "reverse-proxy", title: string, wire: Wire): Peer {
  return {
    name,
    title,
    kind: "floor",
    async install() {
      const said = await outputOf("go", ["version"], { cwd: join(root, "bench/go") });
      return /go(\d\S*)/.exec(said)?.[1] ?? "unknown";
    },
    launch: async ({ port, upstreamURL }) => ({
      command: [
        join(goCommands, name),
        ...["--listen", `127.0.0.1:${port}`, "--upstream", upstreamURL],
      ],
      wire,
    }),
  };
}
