// Proves that what no client sends is refused with a typed error on every protocol, and that the
// server lives on: messages that are too large, packed or broken (V17, V18, V19), headers (V20,
// V21), JSON (V25) and methods that are not there (O06).
import { gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { CallRequestSchema } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { answerTo, FakeApi, goodRequest, textDelta } from "../support/fake-api.ts";
import { clientOver, receivedError, textsOf, wires } from "../support/rpc-client.ts";
import { envelope, errorIn, type RPCAnswer, sendHTTP1, sendHTTP2 } from "../support/rpc-request.ts";
import { type RPCServer, startRPCServer } from "../support/rpc-server.ts";

const good = toBinary(CallRequestSchema, create(CallRequestSchema, goodRequest));
const goodJSON = JSON.stringify({
  request: { model: "a", contents: [{ role: "ROLE_USER", message: "hi" }] },
});
const streamPath = "/nexen.connectors.v1.ConnectorService/StreamCall";
const MiB = 1024 * 1024;

interface Protocol {
  readonly name: string;
  readonly contentType: string;
  readonly send: typeof sendHTTP2;
  readonly path?: string;
  /** Name of the header for the encoding of the message. */
  readonly encoding: string;
  readonly acceptEncoding: string;
  /** Bytes of a message as they stand in a body. */
  readonly wrap: (bytes: Uint8Array, flags?: number) => Uint8Array;
}

const grpc = { encoding: "grpc-encoding", acceptEncoding: "grpc-accept-encoding", wrap: envelope };
const unary = {
  contentType: "application/proto",
  encoding: "content-encoding",
  acceptEncoding: "accept-encoding",
  wrap: (bytes: Uint8Array) => bytes,
};
const protocols: readonly Protocol[] = [
  { name: "gRPC", contentType: "application/grpc", send: sendHTTP2, ...grpc },
  { name: "gRPC-Web", contentType: "application/grpc-web+proto", send: sendHTTP1, ...grpc },
  { name: "Connect, HTTP/1.1", send: sendHTTP1, ...unary },
  { name: "Connect, HTTP/2", send: sendHTTP2, ...unary },
  {
    name: "Connect stream",
    contentType: "application/connect+proto",
    send: sendHTTP1,
    path: streamPath,
    encoding: "connect-content-encoding",
    acceptEncoding: "connect-accept-encoding",
    wrap: envelope,
  },
];

async function expectAlive(server: RPCServer): Promise<void> {
  const [wire] = wires;
  const { response } = await clientOver(wire!, server.url).call(goodRequest);
  expect(response?.content?.message).toBe("hello");
  expect(server.faults).toEqual([]);
}

function expectRefusal(answer: RPCAnswer, reason: string, status: string): void {
  const error = errorIn(answer);
  expect([error.reason, error.status]).toEqual([reason, status]);
}

describe.each(protocols)("over $name", ({ contentType, send, path, wrap, ...protocol }) => {
  const to = path === undefined ? {} : { path };
  const headers = { "content-type": contentType };
  const limits = { requestBytes: MiB };

  it("a message over the limit is refused, whether its length is told before or not", async () => {
    const server = await startRPCServer({ limits });
    const body = wrap(Buffer.alloc(MiB + 1));
    const lengths = [{}, { "content-length": String(body.length) }];
    for (const length of lengths) {
      const answer = await send(server.url, { ...to, headers: { ...headers, ...length }, body });
      expectRefusal(answer, "MESSAGE_TOO_LARGE", "RESOURCE_EXHAUSTED");
    }
    await expectAlive(server);
  });

  it("a bomb is not unpacked beyond the limit", async () => {
    const server = await startRPCServer({ limits });
    const bomb = gzipSync(Buffer.alloc(200 * MiB));
    const before = process.memoryUsage.rss();
    const body = wrap(bomb, 1);
    const packed = { ...headers, [protocol.encoding]: "gzip" };
    const answer = await send(server.url, { ...to, headers: packed, body });
    expectRefusal(answer, "MESSAGE_TOO_LARGE", "RESOURCE_EXHAUSTED");
    expect(process.memoryUsage.rss() - before).toBeLessThan(40 * MiB);
    await expectAlive(server);
  });

  it("a packed message is understood, an unknown packing refused with what is known", async () => {
    const server = await startRPCServer();
    const body = wrap(gzipSync(good), 1);
    const packed = { ...headers, [protocol.encoding]: "gzip" };
    const answer = await send(server.url, { ...to, headers: packed, body });
    expect(answer.status).toBe(200);
    expect(() => errorIn(answer)).toThrow();
    for (const encoding of ["br", "zstd", "gzip, gzip", "x"]) {
      const unknown = { ...headers, [protocol.encoding]: encoding };
      const refused = await send(server.url, { ...to, headers: unknown, body });
      expectRefusal(refused, "NOT_IMPLEMENTED", "UNIMPLEMENTED");
      expect(refused.headers.get(protocol.acceptEncoding)).toBe("identity,gzip");
    }
  });

  it("bytes that are no message are refused", async () => {
    const server = await startRPCServer();
    const packed = { ...headers, [protocol.encoding]: "gzip" };
    const noMessage = Buffer.from([0x0a, 0xff, 0xff]);
    // Groups inside groups, 10,000 deep.
    const nested = Buffer.alloc(10_000, 0x0b);
    const answers = [
      await send(server.url, { ...to, headers, body: wrap(noMessage) }),
      await send(server.url, { ...to, headers, body: wrap(nested) }),
      await send(server.url, { ...to, headers: packed, body: wrap(Buffer.from("no gzip"), 1) }),
    ];
    for (const answer of answers) expectRefusal(answer, "INVALID_REQUEST", "INVALID_ARGUMENT");
    await expectAlive(server);
  });

  it("binary headers must be base64, and no name of a header is special", async () => {
    const server = await startRPCServer();
    const body = wrap(good);
    for (const value of ["!!", "A=B", "é"]) {
      const bad = { ...headers, "x-thing-bin": value };
      const answer = await send(server.url, { ...to, headers: bad, body });
      expectRefusal(answer, "INVALID_REQUEST", "INVALID_ARGUMENT");
    }
    const odd = JSON.parse('{"__proto__":"polluted","constructor":"polluted"}');
    const fine = { ...headers, "x-thing-bin": "AAEC, AAE", "x-other-bin": "AA==", ...odd };
    const answer = await send(server.url, { ...to, headers: fine, body });
    expect(() => errorIn(answer)).toThrow();
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    expect("polluted" in {}).toBe(false);
    await expectAlive(server);
  });

  it("a method that is not there is unimplemented", async () => {
    const server = await startRPCServer();
    for (const unknown of ["/nexen.connectors.v1.ConnectorService/Nope", "/a.B/C", "/"]) {
      const answer = await send(server.url, { path: unknown, headers, body: wrap(good) });
      expectRefusal(answer, "NOT_IMPLEMENTED", "UNIMPLEMENTED");
    }
    await expectAlive(server);
  });
});

describe("envelopes", () => {
  const headers = { "content-type": "application/grpc" };

  it("are judged by the length that they claim, before the bytes are there", async () => {
    const server = await startRPCServer();
    const body = envelope(good, 0, 0xffff_ffff);
    const before = process.memoryUsage.rss();
    const answer = await sendHTTP2(server.url, { headers, body, open: true });
    expectRefusal(answer, "MESSAGE_TOO_LARGE", "RESOURCE_EXHAUSTED");
    expect(process.memoryUsage.rss() - before).toBeLessThan(32 * MiB);
  });

  it.each([
    ["cut short", envelope(good, 0, good.length + 1), "INVALID_REQUEST"],
    ["packed, and nobody said how", envelope(gzipSync(good), 1), "INVALID_REQUEST"],
    ["missing", Buffer.alloc(0), "NOT_IMPLEMENTED"],
    ["one too many", Buffer.concat([envelope(good), envelope(good)]), "NOT_IMPLEMENTED"],
  ])("%s are refused", async (_, body, reason) => {
    const server = await startRPCServer();
    expect(errorIn(await sendHTTP2(server.url, { headers, body })).reason).toBe(reason);
    await expectAlive(server);
  });
});

describe("JSON", () => {
  const deep = (depth: number, text: string): string =>
    `{"request":{"provider_options":{"openai":${'{"a":'.repeat(depth)}${text}${"}".repeat(depth)}}}}`;

  it.each([
    ["duplicate names", '{"request":{"model":"a"},"request":{"model":"b"}}'],
    ["duplicate names in a Struct", deep(1, '{"b":1,"b":2}')],
    ["10,000 levels", deep(10_000, "1")],
    ["10,000 lists", deep(1, `${"[".repeat(10_000)}${"]".repeat(10_000)}`)],
    ["a number beyond all", deep(1, "1e309")],
    ["a temperature beyond all", '{"request":{"model":"a","temperature":1e309}}'],
    ["a name __proto__", deep(1, '{"__proto__":{"polluted":1}}')],
    ["a label __proto__", goodJSON.replace('"model"', '"metadata":{"__proto__":"x"},"model"')],
    ["half a surrogate pair", goodJSON.replace("hi", "\\ud800")],
    ["no end", '{"request":'],
    ["a list", "[]"],
    ["nothing", ""],
    ["a wrong type", '{"request":{"model":5}}'],
    ["a number out of range", '{"request":{"max_output_tokens":2147483648}}'],
    ["no base64", goodJSON.replace('"message":"hi"', '"parts":[{"media":{"data":"!"}}]')],
  ])("with %s is refused", async (_, json) => {
    const server = await startRPCServer();
    const body = Buffer.from(json);
    const answers = [
      await sendHTTP1(server.url, { headers: { "content-type": "application/json" }, body }),
      await sendHTTP2(server.url, {
        headers: { "content-type": "application/grpc+json" },
        body: envelope(body),
      }),
      await sendHTTP1(server.url, {
        path: streamPath,
        headers: { "content-type": "application/connect+json" },
        body: envelope(body),
      }),
    ];
    for (const answer of answers) expectRefusal(answer, "INVALID_REQUEST", "INVALID_ARGUMENT");
    expect("polluted" in {}).toBe(false);
    await expectAlive(server);
  });

  it("names the field that cannot be read", async () => {
    const server = await startRPCServer();
    const headers = { "content-type": "application/json" };
    const body = Buffer.from('{"request":{"max_output_tokens":2147483648}}');
    const { fields } = errorIn(await sendHTTP1(server.url, { headers, body }));
    expect(fields.violations?.[0]?.field).toMatch(/max_output_tokens$/);
  });

  it.each([
    ["Connect", sendHTTP1, "/", "application/json", "accept-encoding"],
    [
      "a Connect stream",
      sendHTTP1,
      streamPath,
      "application/connect+json",
      "connect-accept-encoding",
    ],
    ["gRPC", sendHTTP2, "/", "application/grpc+json", "grpc-accept-encoding"],
    ["gRPC-Web", sendHTTP1, "/", "application/grpc-web+json", "grpc-accept-encoding"],
  ] as const)(
    "that makes a long complaint gets a short one, packed or not, over %s",
    async (_, send, path, contentType, accept) => {
      const server = await startRPCServer();
      const json = Buffer.from(`{"${"x".repeat(9_000)}":1,"${"x".repeat(9_000)}":2}`);
      const body = contentType === "application/json" ? json : envelope(json);
      const to = path === "/" ? {} : { path };
      for (const encoding of ["identity", "gzip"]) {
        const headers = { "content-type": contentType, [accept]: encoding };
        const answer = await send(server.url, { ...to, headers, body });
        expectRefusal(answer, "INVALID_REQUEST", "INVALID_ARGUMENT");
        expect(Buffer.byteLength(errorIn(answer).message)).toBeLessThanOrEqual(1024);
      }
      await expectAlive(server);
    },
  );

  it("of a newer client may hold what this server does not know (V15)", async () => {
    const server = await startRPCServer();
    const newer = goodJSON.replace(
      '"model"',
      '"news":{"a":[1]},"modalities":["MODALITY_SMELL"],"model"',
    );
    const headers = { "content-type": "application/json" };
    const answer = await sendHTTP1(server.url, { headers, body: Buffer.from(newer) });
    expect(answer.status).toBe(200);
  });

  it("may nest options as deep as the limit", async () => {
    const server = await startRPCServer();
    const headers = { "content-type": "application/json" };
    const options = deep(61, "{}").slice('{"request":{'.length, -2);
    const body = Buffer.from(goodJSON.replace('"model"', `${options},"model"`));
    expect((await sendHTTP1(server.url, { headers, body })).status).toBe(200);
  });
});

describe("HTTP", () => {
  it.each<[string, string, string, string, number]>([
    ["GET of a page", "GET", "/", "", 404],
    ["GET of a method", "GET", "/nexen.connectors.v1.ConnectorService/Call", "", 405],
    ["a form", "POST", "/nexen.connectors.v1.ConnectorService/Call", "text/plain", 415],
    ["a form for a page", "POST", "/upload", "multipart/form-data", 404],
    [
      "reflection over HTTP/1.1",
      "POST",
      "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
      "application/connect+proto",
      505,
    ],
  ])("%s is answered as HTTP does", async (_, method, path, contentType, status) => {
    const server = await startRPCServer();
    const headers: Record<string, string> = contentType ? { "content-type": contentType } : {};
    const answer = await sendHTTP1(server.url, { method, path, headers });
    expect(answer.status).toBe(status);
    await expectAlive(server);
  });

  it("a host that makes no URL is the caller's fault", async () => {
    const server = await startRPCServer();
    const headers = { "content-type": "application/proto", host: "[" };
    expect((await sendHTTP1(server.url, { headers, body: good })).status).toBe(400);
    await expectAlive(server);
  });
});

it.each(wires)("an answer over the limit is not sent, over $name", async (wire) => {
  const api = new FakeApi({
    call: async () => answerTo({ request: { contents: [{ message: "x".repeat(MiB) }] } as never }),
    async *streamCall() {
      yield textDelta("x".repeat(MiB));
    },
  });
  const server = await startRPCServer({ api, limits: { responseBytes: MiB } });
  const client = clientOver(wire, server.url);
  const calls = [() => client.call(goodRequest), () => textsOf(client.streamCall(goodRequest))];
  for (const call of calls) {
    const error = await receivedError(call());
    expect([error.reason, error.status]).toEqual(["MESSAGE_TOO_LARGE", "RESOURCE_EXHAUSTED"]);
  }
});
