// Proves what a call with a base URL of its own keeps of the target it names: the wire, and nothing
// that the operator meant for another address.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { LLMRequestSchema } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { CallOptionsSchema } from "../../gen/ts/nexen/connectors/v1/options_pb.ts";
import { callDefaults } from "../../src/contract/call-defaults.ts";
import { defaultLimits } from "../../src/contract/limits.ts";
import type { Target } from "../../src/contract/target.ts";
import { type CallPlan, planCall } from "../../src/dispatch/call-plan.ts";
import { Registry } from "../../src/dispatch/registry.ts";
import { fakeAdapter, fakeTarget } from "../support/fake-adapter.ts";
import { thrownBy } from "../support/framing.ts";

const adapter = fakeAdapter("custom", [".*"]);
const own: Partial<Target> = {
  allowCallerEndpoint: true,
  body: { user: "operator" },
  headers: { "x-gateway": "operator" },
  keyHeader: "x-operator-key",
  path: "/operator/{model}",
};

function planned(
  fields: Partial<Target>,
  options: MessageInitShape<typeof CallOptionsSchema>,
): CallPlan {
  const targets = [fakeTarget(adapter, fields)];
  return planCall(
    create(LLMRequestSchema, { model: "any" }),
    create(CallOptionsSchema, options),
    {
      signal: new AbortController().signal,
      receivedMs: 0,
      deadlineMs: undefined,
      caller: "",
    },
    {
      registry: new Registry({ adapters: [adapter], targets, routes: [] }),
      defaults: callDefaults,
      limits: defaultLimits,
      allowedHeaders: new Set(),
    },
  );
}

describe("a call with a base URL of its own", () => {
  it("keeps the wire only", () => {
    const { candidates, callerKey } = planned(own, {
      baseUrl: "https://mine.test/",
      apiKey: "mine",
    });
    expect(candidates[0].target).toEqual({
      ...fakeTarget(adapter, { allowCallerEndpoint: true }),
      baseURL: "https://mine.test",
      apiKey: undefined,
      allowPrivate: false,
    });
    expect(callerKey?.reveal()).toBe("mine");
  });

  it.each([
    [{ ...own, allowCallerEndpoint: false }, { apiKey: "mine" }],
    [own, {}],
  ])("is refused where the target does not take one, or without a key", (fields, options) => {
    const error = thrownBy(() => planned(fields, { ...options, baseUrl: "https://mine.test" }));
    expect(error.reason).toBe("INVALID_REQUEST");
    expect(error.fields.violations?.[0]?.field).toBe("options.base_url");
  });

  it("without one, has all that the target has", () => {
    expect(planned(own, { apiKey: "mine" }).candidates[0].target).toMatchObject(own);
  });
});
