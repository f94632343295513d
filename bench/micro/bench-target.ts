import type { Dialect } from "../../src/contract/adapter.ts";
import { Secret } from "../../src/contract/secret.ts";
import type { Target } from "../../src/contract/target.ts";
import { openai } from "../../src/providers/openai/index.ts";

/** A target named `bench` that leads nowhere. */
export function benchTarget(dialect: Dialect): Target {
  return {
    name: "bench",
    adapter: openai,
    dialect,
    host: "direct",
    baseURL: "http://127.0.0.1:9/v1",
    apiKey: new Secret("none"),
    region: "",
    models: new Map(),
    headers: {},
    allowPrivate: true,
    allowCallerEndpoint: false,
    simulated: false,
  };
}
