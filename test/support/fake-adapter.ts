import type { Adapter, Dialect } from "../../src/contract/adapter.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { Secret } from "../../src/contract/secret.ts";
import type { Target } from "../../src/contract/target.ts";

function never(): never {
  throw new ConnectorError("ADAPTER_FAULT", "the fake has no wire");
}

const fakeDialect: Dialect = {
  name: "fake",
  framing: "sse",
  defaultBaseURL: "http://127.0.0.1:9",
  auth: { scheme: "bearer" },
  requestIdHeader: "x-request-id",
  encode: never,
  decode: never,
  createDecoder: never,
  toError: never,
};

/** An adapter that routes names and cannot be called. */
export function fakeAdapter(name: string, patterns: readonly string[]): Adapter {
  return {
    name,
    patterns: patterns.map((pattern) => ({ pattern, examples: [] })),
    models: patterns.map((pattern) => ({ name: pattern.replace(/\W+/g, "") })),
    keyVariables: [`${name.toUpperCase()}_API_KEY`],
    keyRequired: true,
    baseURLVariables: [],
    dialects: { fake: fakeDialect },
    defaultDialect: "fake",
  };
}

/** A target of an adapter, with its default dialect and a key. */
export function fakeTarget(adapter: Adapter, fields: Partial<Target> = {}): Target {
  const dialect = adapter.dialects[adapter.defaultDialect] ?? fakeDialect;
  return {
    name: adapter.name,
    adapter,
    dialect,
    host: "direct",
    baseURL: dialect.defaultBaseURL,
    apiKey: new Secret("sk-test"),
    region: "",
    models: new Map(),
    headers: {},
    allowPrivate: true,
    allowCallerEndpoint: false,
    simulated: false,
    ...fields,
  };
}
