// Proves what a server holds to whatever happens around it (C19, C21, O07, O10, O24): calls over
// its places are refused in good order, adapters that fail harm nobody, a wall clock that jumps
// changes no deadline, and no word of a prompt is logged.
import { describe, expect, it, onTestFinished } from "vitest";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { createConnectors } from "../../src/connectors.ts";
import type { Adapter, Dialect } from "../../src/contract/adapter.ts";
import { systemClock } from "../../src/contract/clock.ts";
import { anthropic } from "../../src/providers/anthropic/index.ts";
import { fakeAdapter, fakeTarget } from "../support/fake-adapter.ts";
import { always } from "../support/fault-proxy.ts";
import { answering, rawUpstream } from "../support/http.ts";
import { clientOver, receivedError } from "../support/rpc-client.ts";
import { startRPCServer } from "../support/rpc-server.ts";
import { byEveryWay } from "./by-every-way.ts";
import { answer } from "./error-table.ts";
import {
  errorOf,
  ms,
  openScene,
  protocols,
  responseOf,
  say,
  simulatorOfFile,
} from "./fault-scene.ts";

const simulator = simulatorOfFile();

it("C19 a model that falls back to itself is asked no more often than any", async () => {
  const scene = await openScene(simulator(), [{ wire: "anthropic", plan: always(answer(503)) }]);
  await byEveryWay(scene, async (way) => {
    const { reason } = errorOf(
      await scene.ask(way, { options: { fallbackModels: [scene.model(way), scene.model(way)] } }),
    );
    expect(reason).toBe("PROVIDER_UNAVAILABLE");
    expect(scene.requests(way)[0]).toBeLessThanOrEqual(3);
  });
});

it("O07 calls over the places of a server are refused at once, and told to wait", async () => {
  const plan = always({ kind: "late", ms: 300, fault: { kind: "pass" } });
  const limits = "limits: { open_calls: 4, queued_calls: 2, queue_ms: 5000 }";
  const scene = await openScene(simulator(), [{ wire: "anthropic", plan }], limits);
  // Two calls a way are three times as many as there are places.
  const outcomes: string[] = [];
  await byEveryWay(scene, async (way) => {
    for (const outcome of await Promise.all([scene.ask(way), scene.ask(way)])) {
      outcomes.push(outcome.error?.reason ?? "answered");
      if (outcome.error === undefined) continue;
      expect(outcome.error.status).toBe("RESOURCE_EXHAUSTED");
      expect(outcome.error.fields.retryAfterMs).toBeGreaterThan(0);
      expect(outcome.received?.metadata.get("grpc-retry-pushback-ms")).not.toBeNull();
      expect(outcome.tookMs).toBeLessThan(2000);
    }
  });
  const refused = outcomes.filter((reason) => reason === "SERVER_OVERLOADED");
  const answered = outcomes.filter((reason) => reason === "answered");
  expect(answered.length).toBeGreaterThanOrEqual(4);
  expect(refused.length).toBeGreaterThanOrEqual(4);
  expect(answered.length + refused.length).toBe(12);
});

it("O24 no word of a prompt or an answer is in the log or the report", async () => {
  const places = [{ wire: "anthropic", simulate: "times=0" }] as const;
  const scene = await openScene(simulator(), places, "log_level: debug");
  const broken = await openScene(
    simulator(),
    [{ wire: "anthropic", plan: always(answer(500, '{"error":{"message":"hush-8421"}}')) }],
    "log_level: debug",
  );
  await byEveryWay(scene, async (way) => {
    const outcome = await scene.ask(way, { request: say("secret-plan-8421") });
    expect(responseOf(outcome).content?.message).toContain("secret-plan-8421");
    errorOf(await broken.ask(way, { request: say("secret-plan-8421") }));
  });
  const told = [scene, broken].flatMap(({ server }) => [...server.log, ...server.reports]).join("");
  expect(told).not.toContain("8421");
});

/** An adapter that sends a request, and does as told with the answer. */
function adapterThat(fields: Partial<Dialect>): Adapter {
  const adapter = fakeAdapter("odd", ["odd-.*"]);
  const encode: Dialect["encode"] = () =>
    ({ path: "/x", method: "POST", headers: {}, body: "{}", warnings: [] }) as never;
  const dialect = { ...adapter.dialects.fake, encode, ...fields } as Dialect;
  return { ...adapter, dialects: { fake: dialect } };
}

const thrower = (thrown: unknown) => (): never => {
  throw thrown;
};

describe("O10 an adapter that", () => {
  it.each<[string, Partial<Dialect>]>([
    ["throws in encode", { encode: thrower(new TypeError("no")) }],
    ["throws what is no Error", { encode: thrower("no") }],
    ["throws nothing", { encode: thrower(undefined) }],
    ["throws in decode", { decode: thrower(new RangeError("no")) }],
    ["throws in toError", { toError: thrower(null) }],
  ])("%s is a fault of the adapter, and of nobody else", async (_, fields) => {
    const status = fields.toError === undefined ? "200 OK" : "500 Oops";
    const upstream = await rawUpstream(answering("{}", "", status));
    const adapter = adapterThat(fields);
    const connectors = createConnectors({
      adapters: [adapter],
      targets: [fakeTarget(adapter, { name: "odd", baseURL: upstream.url })],
    });
    onTestFinished(() => connectors.close());
    const server = await startRPCServer({ api: connectors.api });
    const request = { model: "odd-1", contents: [{ role: Role.USER, message: "Hello" }] };
    for (const protocol of protocols) {
      const error = await receivedError(clientOver(protocol, server.url).call({ request }));
      expect([error.reason, error.status]).toEqual(["ADAPTER_FAULT", "INTERNAL"]);
      expect(error.message).not.toMatch(/\bat \//);
    }
  });
});

it("C21 a wall clock that jumps changes neither a deadline nor a wait", async () => {
  let jumpMs = 0;
  const clock = { ...systemClock, wallTimeMs: () => Date.now() + jumpMs };
  const upstream = await rawUpstream(() => {});
  const target = fakeTarget(anthropic, { name: "direct", baseURL: upstream.url });
  const connectors = createConnectors({ targets: [target], clock });
  onTestFinished(() => connectors.close());
  const server = await startRPCServer({ api: connectors.api, clock });
  const request = { model: "claude-sonnet-4-5", contents: [{ role: Role.USER, message: "Hello" }] };
  for (const jump of [-3_600_000, 86_400_000]) {
    for (const protocol of protocols) {
      jumpMs = 0;
      const startedAt = performance.now();
      const options = { timeout: ms(200) };
      const call = receivedError(clientOver(protocol, server.url).call({ request, options }));
      jumpMs = jump;
      expect((await call).reason).toBe("CALLER_DEADLINE_EXCEEDED");
      const tookMs = performance.now() - startedAt;
      expect(tookMs).toBeGreaterThanOrEqual(195);
      expect(tookMs).toBeLessThan(1200);
    }
  }
});
