// Proves that every method works over every protocol, with connect-node's clients and with grpc-js,
// and that an error is the same on each: status, message, details, retry advice (S30, O12).
import { Code, type ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { systemClock } from "../../src/contract/clock.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { defaultLimits } from "../../src/contract/limits.ts";
import { systemRandom } from "../../src/contract/random.ts";
import { HealthRegistry } from "../../src/rpc/health-service.ts";
import { connectorRoutes } from "../../src/rpc/routes.ts";
import { ServerAdmission } from "../../src/rpc/server-admission.ts";
import { FakeApi, finished, goodRequest, textDelta } from "../support/fake-api.ts";
import { connectErrorOf, GrpcJsClient, serviceError } from "../support/grpc-js.ts";
import { clientOver, completeError, connectError, textsOf, wires } from "../support/rpc-client.ts";
import { startRPCServer } from "../support/rpc-server.ts";

const { method } = ConnectorService;

describe.each(wires)("over $name", (wire) => {
  it("every method answers", async () => {
    const server = await startRPCServer();
    const client = clientOver(wire, server.url);
    const { response } = await client.call(goodRequest);
    expect(response?.content?.message).toBe("hello");
    expect(await textsOf(client.streamCall(goodRequest))).toEqual(["one ", "two", "(finished)"]);
    const items = [goodRequest, goodRequest];
    const batch = await client.batchCall({ items });
    expect(batch.results.map(({ id, outcome }) => [id, outcome.case])).toEqual([
      ["0", "response"],
      ["1", "response"],
    ]);
    const told: (string | undefined)[] = [];
    for await (const { event } of client.streamBatchCall({ items })) told.push(event.case);
    expect(told).toEqual(["result", "result", "summary"]);
    expect((await client.countTokens(goodRequest)).inputTokens).toBe(7n);
    expect((await client.resolveModel({ model: "fake-1" })).rule).toBe("fake");
    expect((await client.listModels({})).models.map(({ name }) => name)).toEqual(["fake-1"]);
    expect(server.faults).toEqual([]);
  });

  it("a bad request names its fields, in every method", async () => {
    const client = clientOver(wire, (await startRPCServer()).url);
    const bad = { request: { model: "a..b" } };
    const calls = [
      () => client.call(bad),
      () => textsOf(client.streamCall(bad)),
      () => client.countTokens(bad),
      () => client.batchCall({}),
      async () => {
        for await (const _ of client.streamBatchCall({}));
      },
      () => client.resolveModel({ model: "a..b" }),
      () => client.listModels({ pageSize: -1 }),
    ];
    for (const call of calls) {
      const error = completeError(await connectError(call()));
      expect([error.reason, error.status]).toEqual(["INVALID_REQUEST", "INVALID_ARGUMENT"]);
      expect(error.fields.violations?.length).toBeGreaterThan(0);
    }
  });

  it("sends the request id of a caller back, with answers and with errors", async () => {
    const client = clientOver(wire, (await startRPCServer()).url);
    const echoed: (string | null)[] = [];
    const onHeader = (headers: Headers): void => void echoed.push(headers.get("x-request-id"));
    await client.call(goodRequest, { headers: { "x-request-id": "abc-123" }, onHeader });
    await client.call(goodRequest, { headers: { "x-request-id": "has a space" }, onHeader });
    await client.call(goodRequest, { onHeader });
    expect(echoed).toEqual(["abc-123", null, null]);
    const headers = { "x-request-id": "abc-456" };
    const error = await connectError(client.call({}, { headers }));
    if (wire.protocol === "connect") expect(error.metadata.get("x-request-id")).toBe("abc-456");
  });
});

describe("an error", () => {
  const thrown = new ConnectorError("PROVIDER_RATE_LIMITED", "öffne 100% später\nbitte", {
    metadata: { provider: "openai", http_status: "429" },
    retryAfterMs: 1_500,
    quotaSubjects: ["requests"],
  });
  const failing = new FakeApi({
    call: () => Promise.reject(thrown),
    // biome-ignore lint/correctness/useYield: it fails before its first event
    async *streamCall() {
      throw thrown;
    },
  });
  const late = new FakeApi({
    async *streamCall() {
      yield textDelta("before");
      throw thrown;
    },
  });

  function expectTheError(error: ConnectError): void {
    expect(error.code).toBe(Code.ResourceExhausted);
    expect(error.rawMessage).toBe("öffne 100% später bitte");
    expect(error.metadata.get("grpc-retry-pushback-ms")).toBe("1500");
    expect(error.metadata.get("retry-after")).toBe("2");
    expect(completeError(error)).toMatchObject({
      reason: "PROVIDER_RATE_LIMITED",
      fields: {
        metadata: { provider: "openai", http_status: "429", retryable: "true" },
        retryAfterMs: 1_500,
        quotaSubjects: ["requests"],
      },
    });
  }

  it.each(wires)("is whole over $name: unary, before and after the first event", async (wire) => {
    const server = await startRPCServer({ api: failing });
    const client = clientOver(wire, server.url);
    expectTheError(await connectError(client.call(goodRequest)));
    expectTheError(await connectError(textsOf(client.streamCall(goodRequest))));

    const lateClient = clientOver(wire, (await startRPCServer({ api: late })).url);
    const texts: string[] = [];
    const reading = (async () => {
      for await (const { event } of lateClient.streamCall(goodRequest)) texts.push(`${event.case}`);
    })();
    expectTheError(await connectError(reading));
    expect(texts).toEqual(["textDelta"]);
    expect(server.faults).toEqual([]);
  });

  it("is whole in grpc-js: unary, before and after the first event", async () => {
    const client = new GrpcJsClient((await startRPCServer({ api: failing })).port);
    const unary = await serviceError(client.unary(method.call, goodRequest));
    expectTheError(connectErrorOf(unary));
    const before = await serviceError(textsOf(client.stream(method.streamCall, goodRequest)));
    expectTheError(connectErrorOf(before));

    const lateClient = new GrpcJsClient((await startRPCServer({ api: late })).port);
    const after = await serviceError(textsOf(lateClient.stream(method.streamCall, goodRequest)));
    expectTheError(connectErrorOf(after));
  });

  it.each(wires)(
    "that is no error of ours is told to nobody but the log, over $name",
    async (wire) => {
      const secret = new Error("canary: /home/me/secret.ts");
      const api = new FakeApi({
        call: () => Promise.reject(secret),
        streamCall() {
          throw "a canary that is no Error";
        },
      });
      const server = await startRPCServer({ api });
      const client = clientOver(wire, server.url);
      const calls = [() => client.call(goodRequest), () => textsOf(client.streamCall(goodRequest))];
      for (const call of calls) {
        const error = await connectError(call());
        expect(error.code).toBe(Code.Internal);
        expect(error.rawMessage).toBe("this server failed; see its log");
        expect(completeError(error).reason).toBe("INTERNAL_FAULT");
        const details = error.details.map((detail) => ("type" in detail ? detail.value : ""));
        expect(Buffer.from(details.join()).toString("latin1")).not.toContain("canary");
      }
      const causes = server.faults.map((fault) => (fault as ConnectorError).cause);
      expect(causes).toEqual([secret, "a canary that is no Error"]);
    },
  );
});

it("the routes are served without HTTP too", async () => {
  const shutdown = new AbortController();
  const faults: unknown[] = [];
  const api = new FakeApi();
  const routes = connectorRoutes({
    api,
    limits: defaultLimits,
    clock: systemClock,
    admission: new ServerAdmission({
      clock: systemClock,
      limits: defaultLimits,
      random: systemRandom,
    }),
    health: new HealthRegistry(),
    reflection: false,
    shutdownSignal: shutdown.signal,
    onFault: (error) => faults.push(error),
  });
  const client = createClient(ConnectorService, createRouterTransport(routes));
  const startMs = systemClock.now();
  expect((await client.call(goodRequest, { timeoutMs: 5_000 })).response?.id).toBe("answer-1");
  const [context] = api.contexts;
  expect(context?.receivedMs).toBeGreaterThanOrEqual(startMs);
  expect((context?.deadlineMs ?? 0) - startMs).toBeGreaterThan(4_000);
  expect(context?.caller).toBe("");
  expect(await textsOf(client.streamCall(goodRequest))).toEqual(["one ", "two", "(finished)"]);
});

describe("grpc-js", () => {
  it("calls every method", async () => {
    const client = new GrpcJsClient((await startRPCServer()).port);
    const { response } = await client.unary(method.call, goodRequest);
    expect(response?.content?.message).toBe("hello");
    const texts = await textsOf(client.stream(method.streamCall, goodRequest));
    expect(texts).toEqual(["one ", "two", "(finished)"]);
    expect((await client.unary(method.countTokens, goodRequest)).inputTokens).toBe(7n);
    expect((await client.unary(method.resolveModel, { model: "a" })).rule).toBe("fake");
    expect((await client.unary(method.listModels, {})).models).toHaveLength(1);
  });

  it("reads a stream of many events in order, the last one whole", async () => {
    const count = 20_000;
    const api = new FakeApi({
      async *streamCall(request) {
        for (let index = 0; index < count; index += 1) yield textDelta(`${index}`);
        yield finished(request);
      },
    });
    const client = new GrpcJsClient((await startRPCServer({ api })).port);
    const texts = await textsOf(client.stream(method.streamCall, goodRequest));
    expect(texts).toHaveLength(count + 1);
    expect(texts.slice(0, -1)).toEqual(Array.from({ length: count }, (_, index) => `${index}`));
    expect(texts.at(-1)).toBe("(finished)");
  });
});
