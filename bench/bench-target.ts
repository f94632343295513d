import type { Adapter, Dialect } from "../src/contract/adapter.ts";
import { Secret } from "../src/contract/secret.ts";
import type { Target } from "../src/contract/target.ts";

/** A target named `bench` that leads nowhere. */
export function benchTarget(adapter: Adapter, dialect: Dialect): Target {
  return {
    name: "bench",
    adapter,
    dialect,
    host: "direct",
    baseURL: "http://127.0.0.1:9/v1",
    apiKey: new Secret("sk-bench-0123456789abcdef"),
    region: "",
    models: new Map(),
    headers: {},
    allowPrivate: true,
    allowCallerEndpoint: false,
    simulated: false,
  };
}
