// Proves who is let in by a real configuration: tokens on each protocol and for each method,
// reflection too, health aside; TLS with ALPN and certificates of clients; and that no refused call
// reaches a provider.
import { connect as connectTLS } from "node:tls";
import { createClient, type Transport } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Health } from "../../gen/ts/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "../../gen/ts/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionAlpha } from "../../gen/ts/grpc/reflection/v1alpha/reflection_pb.ts";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { createCertificate } from "../support/certificate.ts";
import { GrpcJsClient, serviceError } from "../support/grpc-js.ts";
import { RawUpstream } from "../support/raw-upstream.ts";
import { receivedError, transportOver, type Wire, wires } from "../support/rpc-client.ts";
import { oneTarget, openServer, type StartedServer } from "../support/running-server.ts";
import { hello, messageBody } from "./messages-upstream.ts";

let upstream: RawUpstream;
let asked = 0;
beforeAll(async () => {
  upstream = await RawUpstream.listen(async (connection) => {
    for (;;) {
      await connection.answer(messageBody("let in"));
      asked += 1;
    }
  });
});
afterAll(() => upstream.close());

type Options = { readonly headers?: Record<string, string> };

/** One call of every method; each resolves if it is let in, whatever it answers then. */
function everyMethod(transport: Transport, options: Options): Record<string, Promise<unknown>> {
  const service = createClient(ConnectorService, transport);
  const all = async (stream: AsyncIterable<unknown>): Promise<void> => {
    for await (const _ of stream);
  };
  return {
    call: service.call(hello, options),
    // The scripted provider answers JSON to everything, which is understood.
    streamCall: all(service.streamCall(hello, options)),
    resolveModel: service.resolveModel({ model: "claude-sonnet-5" }, options),
    listModels: service.listModels({}, options),
    batchCall: service.batchCall({ items: [hello] }, options),
    streamBatchCall: all(service.streamBatchCall({ items: [hello] }, options)),
  };
}

/** Asks reflection for its list of services; only over HTTP/2 may both sides speak at once. */
function reflections(transport: Transport, options: Options): readonly Promise<void>[] {
  async function* question() {
    yield { messageRequest: { case: "listServices" as const, value: "" } };
  }
  return [ServerReflection, ServerReflectionAlpha].map(async (service) => {
    const client = createClient(service as typeof ServerReflection, transport);
    for await (const _ of client.serverReflectionInfo(question(), options));
  });
}

describe("tokens", () => {
  const token = "tok-billing-0123456789";
  let server: StartedServer;
  beforeAll(async () => {
    const callers = `callers: [{ name: billing, token: ${token} }, { name: other, token: ${token}0 }]`;
    server = await openServer({ yaml: oneTarget(upstream.url, callers) }, afterAll);
  });

  const wrong: Readonly<Record<string, Options>> = {
    none: {},
    another: { headers: { authorization: "Bearer nobody" } },
    shorter: { headers: { authorization: `Bearer ${token.slice(0, -1)}` } },
    longer: { headers: { authorization: `Bearer ${token}00` } },
    "of another scheme": { headers: { authorization: `Basic ${token}` } },
    elsewhere: { headers: { "x-api-key": token, cookie: `token=${token}` } },
  };

  describe.each(wires)("over $name", (wire: Wire) => {
    it.each(Object.keys(wrong))("a token that is wrong (%s) is UNAUTHENTICATED", async (name) => {
      const options = wrong[name] ?? {};
      const before = asked;
      const transport = transportOver(wire, server.url);
      const calls = Object.values(everyMethod(transport, options));
      if (wire.httpVersion === "2") calls.push(...reflections(transport, options));
      for (const error of await Promise.all(calls.map((call) => receivedError(call)))) {
        expect([error.reason, error.status]).toEqual(["CALLER_UNAUTHENTICATED", "UNAUTHENTICATED"]);
        expect(error.message).not.toContain(token.slice(0, 8));
      }
      expect(asked).toBe(before);
    });

    it("health is open", async () => {
      const health = createClient(Health, transportOver(wire, server.url));
      expect((await health.check({})).status).toBe(1);
      expect(Object.keys((await health.list({})).statuses)).toContain(
        "connectors.provider/anthropic",
      );
      for await (const { status } of health.watch({})) {
        expect(status).toBe(1);
        break;
      }
    });

    it("the right token is let in everywhere", async () => {
      const options = { headers: { authorization: `Bearer ${token}` } };
      const transport = transportOver(wire, server.url);
      await Promise.all(Object.values(everyMethod(transport, options)));
      if (wire.httpVersion === "2") await Promise.all(reflections(transport, options));
    });
  });

  it("grpc-js is told the same", async () => {
    const client = new GrpcJsClient(server.port);
    const { call } = ConnectorService.method;
    expect(await serviceError(client.unary(call, hello))).toMatchObject({ code: 16 });
    const answer = await client.unary(call, hello, { authorization: `Bearer ${token}` });
    expect(answer.response?.content?.message).toBe("let in");
  });

  it("no token is in the log", () => {
    expect(server.log.join("")).not.toContain(token);
  });
});

describe("TLS with certificates of clients", () => {
  const ca = {
    name: "test authority",
    ...createCertificate({ name: "test authority", authority: true }),
  };
  const own = createCertificate({
    name: "localhost",
    hosts: ["localhost"],
    addresses: ["127.0.0.1"],
    issuer: ca,
  });
  const good = createCertificate({ name: "billing", issuer: ca });
  const expired = createCertificate({ name: "billing", issuer: ca, validDays: [-3, -2] });
  const foreign = createCertificate({ name: "billing" });
  let server: StartedServer;
  beforeAll(async () => {
    const listen = `listen: { host: 127.0.0.1, tls: { certificate: server.pem, private_key: server.key, client_ca: ca.pem } }`;
    const files = { "server.pem": own.cert, "server.key": own.key, "ca.pem": ca.cert };
    server = await openServer({ yaml: oneTarget(upstream.url, listen), files }, afterAll);
  });

  describe.each(wires)("over $name", (wire) => {
    it("a certificate of the authority is let in", async () => {
      const nodeOptions = { ca: ca.cert, ...good };
      const transport = transportOver(wire, server.url, { nodeOptions });
      await Promise.all(Object.values(everyMethod(transport, {})));
    });

    it.each([
      ["none", {}],
      ["an expired one", expired],
      ["one of nobody", foreign],
    ])("%s is not", async (_, certificate) => {
      const before = asked;
      const nodeOptions = { ca: ca.cert, ...certificate };
      const transport = transportOver(wire, server.url, { nodeOptions });
      const calls = Object.values(everyMethod(transport, {}));
      for (const error of await Promise.all(calls.map((call) => receivedError(call)))) {
        expect(error.reason).toBe("CALLER_UNAUTHENTICATED");
      }
      expect(asked).toBe(before);
      const health = createClient(Health, transport);
      expect((await health.check({})).status).toBe(1);
    });
  });

  it.each([
    [["h2", "http/1.1"], "h2"],
    [["http/1.1"], "http/1.1"],
    [["http/1.1", "h2"], "h2"],
  ])("ALPN of %j is %s", async (ALPNProtocols, chosen) => {
    const socket = connectTLS({ port: server.port, host: "127.0.0.1", ca: ca.cert, ALPNProtocols });
    await new Promise((resolve) => socket.once("secureConnect", resolve));
    expect(socket.alpnProtocol).toBe(chosen);
    socket.destroy();
  });

  it("speaks of https", () => {
    expect(server.url).toMatch(/^https:/);
  });
});
