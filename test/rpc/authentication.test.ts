// Proves who may call: by bearer token over every protocol (O22), by client certificate (O21),
// judged before a body is read, health aside, and that no answer or report repeats a token.
import { createClient } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { ErrorInfoSchema } from "../../gen/ts/google/rpc/error_details_pb.ts";
import { Health } from "../../gen/ts/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "../../gen/ts/grpc/reflection/v1/reflection_pb.ts";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { createCertificate } from "../support/certificate.ts";
import { FakeApi, goodRequest } from "../support/fake-api.ts";
import { connectErrorOf, GrpcJsClient, serviceError } from "../support/grpc-js.ts";
import {
  clientOver,
  connectError,
  receivedError,
  textsOf,
  transportOver,
  type Wire,
  wires,
} from "../support/rpc-client.ts";
import { envelope, errorIn, sendHTTP2 } from "../support/rpc-request.ts";
import { startRPCServer } from "../support/rpc-server.ts";

const shared = "tk-canary-".padEnd(64, "x");
const tokens = { billing: `${shared}a`, search: `${shared}b` };

function bearer(token: string): { headers: { authorization: string } } {
  return { headers: { authorization: `Bearer ${token}` } };
}

describe.each(wires)("over $name", (wire: Wire) => {
  it("a token tells its caller, to the last character", async () => {
    const api = new FakeApi();
    const client = clientOver(wire, (await startRPCServer({ api, tokens })).url);
    await client.call(goodRequest, bearer(tokens.billing));
    await textsOf(client.streamCall(goodRequest, bearer(tokens.search)));
    await client.listModels({}, { headers: { authorization: `bEARER  ${tokens.search} ` } });
    expect(api.contexts.map(({ caller }) => caller)).toEqual(["billing", "search", "search"]);
  });

  it.each<[string, string | undefined]>([
    ["none", undefined],
    ["an empty one", "Bearer "],
    ["a wrong one", "Bearer nope"],
    ["the shared beginning", `Bearer ${shared}`],
    ["one character more", `Bearer ${tokens.billing}a`],
    ["another scheme", `Basic ${tokens.billing}`],
    ["no scheme", tokens.billing],
    ["two", `Bearer ${tokens.billing}, Bearer ${tokens.search}`],
  ])("with %s nobody may call", async (_, authorization) => {
    const api = new FakeApi();
    const server = await startRPCServer({ api, tokens });
    const client = clientOver(wire, server.url);
    const options = authorization === undefined ? {} : { headers: { authorization } };
    const calls = [
      () => client.call(goodRequest, options),
      () => textsOf(client.streamCall(goodRequest, options)),
      // Bad requests are not even read.
      () => client.resolveModel({}, options),
    ];
    for (const call of calls) {
      const thrown = await connectError(call());
      const error = await receivedError(Promise.reject(thrown));
      expect([error.reason, error.status]).toEqual(["CALLER_UNAUTHENTICATED", "UNAUTHENTICATED"]);
      expect(thrown.metadata.get("grpc-retry-pushback-ms")).toBe("-1");
      expect(JSON.stringify([error.message, error.fields])).not.toContain("canary");
    }
    expect(api.contexts).toEqual([]);
    expect(server.faults).toEqual([]);
  });
});

it("health is open, reflection is not, methods that are not there tell nothing", async () => {
  const server = await startRPCServer({ tokens });
  const [wire] = wires;
  const health = clientOver(wire!, server.url, Health);
  expect((await health.check({})).status).toBe(1);
  const reflection = clientOver(wire!, server.url, ServerReflection);
  const asking = async (headers: Record<string, string>): Promise<number> => {
    const request = { messageRequest: { case: "listServices", value: "" } } as const;
    let services = 0;
    const requests = (async function* () {
      yield request;
    })();
    for await (const { messageResponse } of reflection.serverReflectionInfo(requests, {
      headers,
    })) {
      if (messageResponse.case === "listServicesResponse") {
        services += messageResponse.value.service.length;
      }
    }
    return services;
  };
  expect((await receivedError(asking({}))).reason).toBe("CALLER_UNAUTHENTICATED");
  expect(await asking(bearer(tokens.billing).headers)).toBe(4);
});

it("a token is judged before the body: bytes that are no message do not matter", async () => {
  const server = await startRPCServer({ tokens, limits: { requestBytes: 1024 } });
  const headers = { "content-type": "application/grpc" };
  const body = envelope(Buffer.alloc(10), 0, 0xffff_ffff);
  const answer = await sendHTTP2(server.url, { headers, body, open: true });
  expect(errorIn(answer).reason).toBe("CALLER_UNAUTHENTICATED");
});

it("grpc-js is told the same", async () => {
  const client = new GrpcJsClient((await startRPCServer({ tokens })).port);
  const { call } = ConnectorService.method;
  const error = connectErrorOf(await serviceError(client.unary(call, goodRequest)));
  const [info] = error.findDetails(ErrorInfoSchema);
  expect(info?.reason).toBe("CALLER_UNAUTHENTICATED");
  const { authorization } = bearer(tokens.billing).headers;
  expect((await client.unary(call, goodRequest, { authorization })).response?.id).toBe("answer-1");
});

describe("certificates", () => {
  const authority = {
    name: "test authority",
    ...createCertificate({ name: "test authority", authority: true }),
  };
  const server = createCertificate({
    name: "localhost",
    addresses: ["127.0.0.1"],
    issuer: authority,
  });
  const known = createCertificate({ name: "billing", issuer: authority });
  const stranger = createCertificate({ name: "billing" });
  const expired = createCertificate({ name: "billing", issuer: authority, validDays: [-2, -1] });
  const tls = { certificate: server.cert, privateKey: server.key, clientCA: authority.cert };
  const encrypted = wires.filter(({ json }) => !json);

  it.each(encrypted)("of the authority are enough, over $name", async (wire) => {
    const api = new FakeApi();
    const { url } = await startRPCServer({ api, tls, tokens, clientCertificates: true });
    const clientWith = (nodeOptions: object) =>
      createClient(
        ConnectorService,
        transportOver(wire, url, { nodeOptions: { ca: authority.cert, ...nodeOptions } }),
      );
    const certified = clientWith(known);
    await certified.call(goodRequest);
    await certified.call(goodRequest, bearer(tokens.search));
    expect(api.contexts.map(({ caller }) => caller)).toEqual(["billing", "search"]);

    const refused = [
      () => clientWith({}).call(goodRequest),
      () => clientWith(stranger).call(goodRequest),
      () => clientWith(expired).call(goodRequest),
      // Whoever shows a token means to be its caller.
      () => certified.call(goodRequest, bearer("wrong")),
    ];
    for (const call of refused) {
      expect((await receivedError(call())).reason).toBe("CALLER_UNAUTHENTICATED");
    }
    expect(api.contexts).toHaveLength(2);
  });

  it("count for nothing where they are not asked for", async () => {
    const [wire] = encrypted;
    const { url } = await startRPCServer({ tls, tokens });
    const nodeOptions = { ca: authority.cert, ...known };
    const client = createClient(ConnectorService, transportOver(wire!, url, { nodeOptions }));
    expect((await receivedError(client.call(goodRequest))).reason).toBe("CALLER_UNAUTHENTICATED");
  });

  it("are all that is needed where no tokens are configured", async () => {
    const [wire] = encrypted;
    const { url } = await startRPCServer({ tls, clientCertificates: true });
    const clientWith = (nodeOptions: object) =>
      createClient(
        ConnectorService,
        transportOver(wire!, url, { nodeOptions: { ca: authority.cert, ...nodeOptions } }),
      );
    expect((await clientWith(known).call(goodRequest)).response?.id).toBe("answer-1");
    const refused = clientWith({}).call(goodRequest);
    expect((await receivedError(refused)).reason).toBe("CALLER_UNAUTHENTICATED");
  });
});
