// Proves that the fast lane answers as Connect does: the same requests go to a server with it and
// to one without, good ones and such as no client would send, and both answer with the same bytes,
// the same status and the same details, or with the same reset. Bytes may be cut anywhere.
import { once } from "node:events";
import { type ClientHttp2Session, connect as connectHTTP2 } from "node:http2";
import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  BatchCallRequestSchema,
  StreamBatchCallRequestSchema,
} from "../../gen/ts/nexen/connectors/v1/batch_pb.ts";
import {
  CallRequestSchema,
  StreamCallRequestSchema,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import type { ConnectorApi } from "../../src/contract/connector-api.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { answerTo, FakeApi, type finished, goodRequest, textDelta } from "../support/fake-api.ts";
import { envelope } from "../support/rpc-request.ts";
import { type RPCServer, type RPCServerOptions, startRPCServer } from "../support/rpc-server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

/** What a server sent, whatever it was packed in. */
interface Heard {
  readonly status: unknown;
  /** Headers and trailers: an error without messages may be in either. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly body: string;
  readonly resetCode: number;
}

interface Sent {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** The body, in the pieces it is sent in. */
  readonly pieces?: readonly Uint8Array[];
  /** Whether the body is left open. */
  readonly isOpen?: boolean;
}

const service = "/nexen.connectors.v1.ConnectorService/";
const KiB = 1024;
const limits = { requestBytes: 8 * KiB, responseBytes: 64 * KiB };

class TwoServers {
  readonly #servers: readonly RPCServer[];
  readonly #sessions: readonly ClientHttp2Session[];

  private constructor(servers: readonly RPCServer[]) {
    this.#servers = servers;
    this.#sessions = servers.map(({ url }) => connectHTTP2(url));
  }

  static async start(options: RPCServerOptions = {}): Promise<TwoServers> {
    const start = (fastLane: boolean) => startRPCServer({ limits, ...options, fastLane });
    const both = new TwoServers([await start(true), await start(false)]);
    onTestFinished(() => {
      for (const session of both.#sessions) session.destroy();
    });
    return both;
  }

  /** What both servers answer with. Fails unless it is the same, by the lane and without it. */
  async same(sent: Sent): Promise<Heard> {
    const taken = this.#servers[0]?.laneCalls.length ?? 0;
    const [lane, plain] = await Promise.all(this.#sessions.map((session) => hear(session, sent)));
    expect(lane).toEqual(plain);
    expect(this.#servers.map(({ laneCalls }) => laneCalls.length)).toEqual([taken + 1, 0]);
    expect(this.#servers[0]?.faults).toEqual(this.#servers[1]?.faults);
    if (lane === undefined) throw new Error("no answer");
    return lane;
  }
}

async function hear(
  session: ClientHttp2Session,
  { path = "Call", headers, pieces = [], isOpen = false }: Sent,
): Promise<Heard> {
  const stream = session.request({
    ":method": "POST",
    ":path": path.startsWith("/") ? path : `${service}${path}`,
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
  let status: unknown;
  const metadata: Record<string, unknown> = {};
  const add = ({ ":status": given, date: _, ...rest }: Record<string, unknown>): void => {
    status ??= given;
    Object.assign(metadata, rest);
  };
  const chunks: Buffer[] = [];
  stream.on("response", (received) => add(received));
  stream.on("trailers", (received) => add(received));
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("error", () => {});
  const closed = once(stream, "close");
  for (const piece of pieces) {
    if (stream.writable) stream.write(piece);
    await new Promise((resolve) => void setImmediate(resolve));
  }
  if (!isOpen) stream.end();
  await closed;
  const body = Buffer.concat(chunks).toString("base64");
  return { status, metadata: { ...metadata }, body, resetCode: stream.rstCode };
}

function message<S extends DescMessage>(schema: S, init: MessageInitShape<S>): Buffer {
  return envelope(toBinary(schema, create(schema, init)));
}

const call = message(CallRequestSchema, goodRequest);
const stream = message(StreamCallRequestSchema, goodRequest);
const items = [
  { id: "a", request: goodRequest.request },
  { id: "b", request: { ...goodRequest.request, model: "" } },
];
// Deep enough for protobuf, and too deep for it.
const deep = (levels: number): Buffer => {
  let bytes = Buffer.alloc(0);
  for (let level = 0; level < levels; level += 1) {
    bytes = Buffer.concat([
      Buffer.from([0x0a, 0x80 | (bytes.length & 0x7f), bytes.length >> 7]),
      bytes,
    ]);
  }
  return envelope(bytes);
};

describe("a good call", () => {
  it.each([
    ["unary", { path: "Call", pieces: [call] }],
    ["streaming", { path: "StreamCall", pieces: [stream] }],
    ["of a batch", { path: "BatchCall", pieces: [message(BatchCallRequestSchema, { items })] }],
    [
      "of a streamed batch",
      {
        path: "StreamBatchCall",
        pieces: [message(StreamBatchCallRequestSchema, { items, maxConcurrency: 1 })],
      },
    ],
    ["with its other content type", { headers: { "content-type": "application/grpc+proto" } }],
    ["with the encoding identity", { headers: { "grpc-encoding": "identity" } }],
    ["with a request id", { headers: { "x-request-id": "abc-1" } }],
    ["with a request id that is none", { headers: { "x-request-id": "a b" } }],
    ["with two request ids", { headers: { "x-request-id": ["a", "b"] } }],
    ["with a timeout", { headers: { "grpc-timeout": "10S" } }],
    ["with the longest timeout", { headers: { "grpc-timeout": "99999999H" } }],
    ["with binary headers", { headers: { "a-bin": "AAE", "b-bin": ["AAE=", "AA=="] } }],
    ["with flags nobody knows", { pieces: [envelope(call.subarray(5), 0x80)] }],
    [
      "with fields nobody knows",
      { pieces: [envelope(Buffer.concat([call.subarray(5), Buffer.from([0xf8, 0x7f, 0x01])]))] },
    ],
  ] satisfies [string, Sent][])("%s", async (_, sent: Sent) => {
    // A batch tells how long it took: no time at all where the clock stands still.
    const both = await TwoServers.start({ clock: new VirtualClock() });
    const heard = await both.same({ pieces: [call], ...sent });
    expect(heard.metadata["grpc-status"]).toBe("0");
  });
});

describe("a bad call", () => {
  const long = envelope(Buffer.alloc(limits.requestBytes + 1));
  it.each([
    ["no message", { pieces: [] }, "12"],
    ["no message, streaming", { path: "StreamCall", pieces: [] }, "12"],
    ["two messages", { pieces: [call, call] }, "12"],
    ["two messages in one piece", { pieces: [Buffer.concat([call, call])] }, "12"],
    ["two messages, streaming", { path: "StreamCall", pieces: [stream, stream] }, "12"],
    ["a good message and a bad one", { pieces: [call, envelope(Buffer.from([0xff]))] }, "3"],
    [
      "a bad message and one too long",
      { pieces: [Buffer.concat([envelope(Buffer.from([0xff])), long])] },
      "8",
    ],
    ["a message that is cut", { pieces: [call.subarray(0, -1)] }, "3"],
    ["a head that is cut", { pieces: [call.subarray(0, 3)] }, "3"],
    ["a head without its message", { pieces: [call.subarray(0, 5)] }, "3"],
    ["a message and a head", { pieces: [call, call.subarray(0, 5)] }, "3"],
    ["a message and a byte", { pieces: [call, Buffer.alloc(1)] }, "3"],
    ["a packed message", { pieces: [envelope(call.subarray(5), 1)] }, "3"],
    ["a packed message, cut", { pieces: [envelope(call.subarray(5), 1).subarray(0, -1)] }, "3"],
    ["a message that is too long", { pieces: [long] }, "8"],
    ["a length that lies", { pieces: [envelope(call, 0, 2 ** 32 - 1)] }, "8"],
    [
      "a length that lies, without an end",
      { pieces: [envelope(call, 0, 2 ** 32 - 1)], isOpen: true },
      "8",
    ],
    [
      "a bad message, without an end",
      { pieces: [envelope(Buffer.from([0xff]))], isOpen: true },
      "3",
    ],
    ["an empty message", { pieces: [envelope(Buffer.alloc(0))] }, "3"],
    [
      "text that is no UTF-8",
      { pieces: [envelope(Buffer.from([0x0a, 0x03, 0x0a, 0x01, 0xff]))] },
      undefined,
    ],
    ["a message that is deep", { pieces: [deep(400)] }, "3"],
    ["a timeout without a unit", { headers: { "grpc-timeout": "10" } }, "3"],
    ["a timeout of nine digits", { headers: { "grpc-timeout": "123456789S" } }, "3"],
    ["two timeouts", { headers: { "grpc-timeout": ["1S", "2S"] } }, "3"],
    ["a bad timeout with letters", { headers: { "grpc-timeout": "ä%:1S" } }, "3"],
    ["no time at all", { headers: { "grpc-timeout": "0m" } }, "4"],
    ["a binary header that is none", { headers: { "a-bin": "%%%" } }, "3"],
    [
      "a binary header and an endless body",
      { headers: { "a-bin": "%" }, pieces: [], isOpen: true },
      "3",
    ],
    ["a request that went to a provider", { headers: { "x-connectors-hop": "1" } }, undefined],
  ] satisfies [string, Sent, string | undefined][])("%s", async (_, sent: Sent, status) => {
    const both = await TwoServers.start();
    const heard = await both.same({ pieces: [call], ...sent });
    if (status !== undefined) expect(heard.metadata["grpc-status"]).toBe(status);
  });

  it("whose caller nobody knows", async () => {
    const both = await TwoServers.start({ tokens: { ada: "t0ken" } });
    for (const authorization of ["Bearer wrong", "Basic dDo", "Bearer t0ken"]) {
      const heard = await both.same({ headers: { authorization }, pieces: [call] });
      const isKnown = authorization.endsWith("t0ken");
      expect(heard.metadata["grpc-status"]).toBe(isKnown ? "0" : "16");
    }
  });
});

describe("what the api does", () => {
  const failure = new ConnectorError("PROVIDER_OVERLOADED", 'it said: "100 %", schöne Grüße 🎉', {
    retryAfterMs: 1500,
    metadata: { provider: "fake" },
  });
  const behaviours: readonly [string, Partial<ConnectorApi>][] = [
    ["fails", { call: () => Promise.reject(failure), streamCall: () => failing(0, failure) }],
    [
      "fails at once",
      {
        call: () => {
          throw failure;
        },
        streamCall: () => {
          throw failure;
        },
      },
    ],
    ["fails in the middle", { streamCall: () => failing(3, failure) }],
    ["fails as nothing should", { call: () => Promise.reject(new Error("secret")) }],
    [
      "answers with too much",
      { call: async () => answerTo(longRequest()), streamCall: () => failing(3, undefined) },
    ],
    [
      "answers with what is no message",
      { call: async () => answerTo({ request: { contents: [{ message: 7 }] } } as never) },
    ],
    ["answers with nothing", { streamCall: () => nothing() }],
  ];

  it.each(behaviours)("%s", async (_, behaviour) => {
    const both = await TwoServers.start({ api: new FakeApi(behaviour) });
    await both.same({ pieces: [call] });
    await both.same({ path: "StreamCall", pieces: [stream] });
  });
});

async function* failing(after: number, error: Error | undefined) {
  for (let sent = 0; sent < after; sent += 1) yield textDelta(`text ${sent}`);
  if (error !== undefined) throw error;
  yield textDelta("x".repeat(limits.responseBytes));
  yield textDelta("never sent");
}

async function* nothing(): AsyncGenerator<ReturnType<typeof finished>> {}

function longRequest(): Parameters<typeof answerTo>[0] {
  const contents = [{ message: "x".repeat(limits.responseBytes) }];
  return { request: { contents } } as never;
}

describe("bytes", () => {
  // What is sent matters, and so does where it is cut.
  const body = fc
    .tuple(
      fc.constantFrom(call, Buffer.concat([call, call]), deep(10), envelope(call.subarray(5), 1)),
      fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 3 }),
      fc.nat(200),
    )
    .map(([good, changes, kept]) => {
      const bytes = Buffer.from(good);
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      return kept < bytes.length ? bytes.subarray(0, kept + 1) : bytes;
    });

  test.prop([body, fc.array(fc.nat(60), { maxLength: 4 })], { numRuns: 200 })(
    "changed and cut anywhere are answered alike",
    async (bytes, cuts) => {
      const both = await shared();
      const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length];
      places.sort((a, b) => a - b);
      const pieces = places.slice(1).map((place, index) => bytes.subarray(places[index], place));
      await both.same({ pieces });
    },
    60_000,
  );
});

let started: Promise<TwoServers> | undefined;

/** One pair for all runs of a property. */
function shared(): Promise<TwoServers> {
  started ??= TwoServers.start();
  return started;
}
