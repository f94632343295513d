import { envoy } from "./envoy.ts";
import { hop, reverseProxy } from "./go-floors.ts";
import { bifrost, goModel } from "./go-gateways.ts";
import { litellm, litellmSDK } from "./litellm.ts";
import { nginx } from "./nginx.ts";
import { connectors, connectorsJSON, connectorsLibrary, openaiSDK } from "./our-server.ts";
import type { Peer } from "./peer.ts";
import { portkey } from "./portkey.ts";
import { tensorzero } from "./tensorzero.ts";

/** Every peer, in the order of the tables. `binaries`: paths of those that no registry has. */
export function allPeers(binaries: ReadonlyMap<string, string>): readonly Peer[] {
  return [
    connectors,
    connectorsJSON,
    goModel(binaries.get("gomodel")),
    bifrost(binaries.get("bifrost")),
    tensorzero,
    portkey,
    litellm,
    hop,
    reverseProxy,
    nginx,
    envoy,
    connectorsLibrary,
    openaiSDK,
    litellmSDK,
  ];
}
