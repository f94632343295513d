// Proves that a draining server loses no call that can still end well, refuses what is new in words
// that clients understand, aborts what is left with SERVER_DRAINING, and is gone in time (O08).
import { once } from "node:events";
import { connect as connectHTTP2 } from "node:http2";
import { connect as connectSocket, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import type { CallContext } from "../../src/contract/connector-api.ts";
import { defaultLimits } from "../../src/contract/limits.ts";
import { Authenticator } from "../../src/rpc/authentication.ts";
import type { RequestHandler } from "../../src/rpc/connection.ts";
import { drain } from "../../src/rpc/drain.ts";
import { HealthRegistry } from "../../src/rpc/health-service.ts";
import { connectorNodeHandler } from "../../src/rpc/routes.ts";
import { ServerAdmission } from "../../src/rpc/server-admission.ts";
import { answerTo, FakeApi, finished, goodRequest, textDelta } from "../support/fake-api.ts";
import { until } from "../support/http.ts";
import { RawHTTP1Client } from "../support/raw-http1.ts";
import {
  errorCodes,
  frame,
  frameFlags,
  frameTypes,
  postHeaders,
  RawHTTP2Client,
} from "../support/raw-http2.ts";
import { clientOver, receivedError, textsOf, type Wire, wires } from "../support/rpc-client.ts";
import { type StartedListener, startListener } from "../support/started-listener.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const get = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
const { endHeaders, endStream } = frameFlags;

function call(streamId: number): Buffer {
  return frame(frameTypes.headers, endHeaders | endStream, streamId, postHeaders("/"));
}

/** Holds calls until they are released, or their signal aborts; streams send one event before. */
class HeldApi extends FakeApi {
  readonly #release: () => void;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    const held = async ({ signal }: CallContext): Promise<void> => {
      const aborted = once(signal, "abort").then(() => Promise.reject(signal.reason));
      await Promise.race([promise, aborted]);
    };
    super({
      call: async (request, context) => {
        await held(context);
        return answerTo(request);
      },
      async *streamCall(request, context) {
        yield textDelta("first");
        await held(context);
        yield finished(request);
      },
    });
    this.#release = resolve;
  }

  release(): void {
    this.#release();
  }
}

interface DrainingServer extends StartedListener {
  readonly clock: VirtualClock;
  readonly events: readonly string[];
  /** Begins to drain. */
  drain(): Promise<void>;
}

async function startDrainable(
  handlerOf: (shutdownSignal: AbortSignal) => RequestHandler,
): Promise<DrainingServer> {
  const clock = new VirtualClock();
  const shutdown = new AbortController();
  const events: string[] = [];
  shutdown.signal.addEventListener("abort", () => events.push("aborted"));
  const started = await startListener({ clock, handler: handlerOf(shutdown.signal) });
  return {
    ...started,
    clock,
    events,
    drain: () =>
      drain({
        listening: started.listening,
        turnUnhealthy: () => void events.push(`unhealthy, ${started.listening.openSessions} open`),
        shutdown,
        limits: defaultLimits,
      }),
  };
}

async function startWithApi(api: FakeApi): Promise<DrainingServer> {
  const clock = new VirtualClock();
  return await startDrainable((shutdownSignal) =>
    connectorNodeHandler({
      api,
      limits: defaultLimits,
      clock,
      admission: new ServerAdmission({ clock, limits: defaultLimits, random: () => 0.5 }),
      health: new HealthRegistry(),
      authenticator: new Authenticator({ callers: [], clientCertificates: false }),
      reflection: false,
      shutdownSignal,
      onFault: (error) => {
        throw error;
      },
    }),
  );
}

const twoWires = wires.filter(({ name }) => ["gRPC", "Connect, HTTP/1.1"].includes(name));
const hundred = Array.from({ length: 100 });

describe.each(twoWires)("100 calls and 100 streams over $name", (wire: Wire) => {
  async function startCalls(): Promise<{
    api: HeldApi;
    server: DrainingServer;
    calls: Promise<unknown>[];
    streams: Promise<readonly string[]>[];
  }> {
    const api = new HeldApi();
    const server = await startWithApi(api);
    const client = clientOver(wire, server.listening.url);
    const calls = hundred.map(() => client.call(goodRequest));
    const streams = hundred.map(() => textsOf(client.streamCall(goodRequest)));
    await until(() => api.contexts.length === 200);
    return { api, server, calls, streams };
  }

  it("end well within the grace", async () => {
    const { api, server, calls, streams } = await startCalls();
    const drained = server.drain();
    api.release();
    await Promise.all(calls);
    for (const texts of await Promise.all(streams)) expect(texts).toEqual(["first", "(finished)"]);
    await drained;
    expect(server.listening.openSessions).toBe(0);
    expect(server.faults).toEqual([]);
  });

  it("are told why they end after it", async () => {
    const { server, calls, streams } = await startCalls();
    const errors = Promise.all([...calls, ...streams].map(receivedError));
    const drained = server.drain();
    server.clock.advance(defaultLimits.drainGraceMs);
    for (const error of await errors) {
      expect([error.reason, error.status]).toEqual(["SERVER_DRAINING", "UNAVAILABLE"]);
    }
    await drained;
    expect(server.listening.openSessions).toBe(0);
    expect(server.faults).toEqual([]);
  });
});

describe("a drain", () => {
  const holding: RequestHandler = () => {};

  it("turns health first, and aborts nothing while calls may end", async () => {
    const server = await startDrainable(() => holding);
    const client = await RawHTTP2Client.handshake(server.port);
    client.send(call(1));
    await client.roundTrip();
    void server.drain();
    expect(server.events).toEqual(["unhealthy, 1 open"]);
    server.clock.advance(defaultLimits.drainGraceMs - 1);
    await client.roundTrip();
    expect(server.events).toHaveLength(1);
  });

  it("without connections is over at once", async () => {
    const server = await startDrainable(() => holding);
    await server.drain();
  });

  it("closes idle connections at once and accepts no more", async () => {
    const server = await startDrainable(() => holding);
    const http2 = await RawHTTP2Client.handshake(server.port);
    const http1 = await RawHTTP1Client.connect(server.port);
    const silent = await RawHTTP1Client.connect(server.port);
    await until(() => server.listening.openSessions === 3);
    const drained = server.drain();
    expect(await http2.goawayCode()).toBe(errorCodes.noError);
    await http2.closed();
    await http1.closed();
    await silent.closed();
    await drained;
    const late = connectSocket(server.port, "127.0.0.1");
    const [error] = await once(late, "error");
    expect(error.code).toBe("ECONNREFUSED");
  });

  it("tells clients of HTTP/2 which streams it takes no more", async () => {
    let calls = 0;
    const server = await startDrainable(() => () => {
      calls += 1;
    });
    const client = await RawHTTP2Client.handshake(server.port);
    client.send(call(1));
    await client.roundTrip();
    void server.drain();
    client.send(call(3));
    const { payload } = await client.next(({ type }) => type === frameTypes.goaway);
    expect([payload.readUInt32BE(0), payload.readUInt32BE(4)]).toEqual([1, errorCodes.noError]);
    await client.roundTrip();
    expect(calls).toBe(1);
  });

  it("lets clients of HTTP/2 see a new call as refused", async () => {
    const server = await startDrainable(() => holding);
    const session = connectHTTP2(server.listening.url);
    const open = session.request({ ":path": "/" });
    open.on("error", () => {});
    await once(session, "remoteSettings");
    await until(() => server.listening.openSessions === 1);
    void server.drain();
    const late = session.request({ ":path": "/" });
    late.on("error", () => {});
    await new Promise((resolve) => late.once("close", resolve));
    expect(late.rstCode).toBe(errorCodes.refusedStream);
    session.destroy();
  });

  it("ends a connection of HTTP/1.1 with the call that it has", async () => {
    const answers: (() => void)[] = [];
    const server = await startDrainable(() => (_request, response) => {
      answers.push(() => {
        response.writeHead(200);
        response.end("done");
      });
    });
    const client = await RawHTTP1Client.connect(server.port);
    client.send(get);
    await until(() => answers.length === 1);
    const drained = server.drain();
    client.send(get);
    answers[0]?.();
    expect(await client.closed()).toMatch(/^HTTP\/1.1 200 OK\r\nconnection: close\r\n/);
    expect(answers).toHaveLength(1);
    await drained;
  });

  it("refuses what a client of HTTP/1.1 sends behind an answer that has begun", async () => {
    const begun = Promise.withResolvers<{ socket: Socket; finish(): void }>();
    const server = await startDrainable(() => (request, response) => {
      response.writeHead(200);
      response.write("begun, ");
      begun.resolve({ socket: request.socket, finish: () => response.end("done") });
    });
    const client = await RawHTTP1Client.connect(server.port);
    client.send(get);
    const { socket, finish } = await begun.promise;
    const { bytesRead } = socket;
    const drained = server.drain();
    client.send(get);
    await until(() => socket.bytesRead > bytesRead);
    finish();
    const text = await client.closed();
    expect(text).toMatch(/^HTTP\/1.1 200 OK.*begun, .*done.*HTTP\/1.1 503 .*retry-after: 0/s);
    await drained;
  });

  it("does not wait for handlers that obey nothing", async () => {
    const server = await startDrainable(() => holding);
    const http2 = await RawHTTP2Client.handshake(server.port);
    http2.send(call(1));
    const http1 = await RawHTTP1Client.connect(server.port);
    http1.send(get);
    await http2.roundTrip();
    const drained = server.drain();
    server.clock.advance(defaultLimits.drainGraceMs);
    await until(() => server.events.includes("aborted"));
    server.clock.advance(defaultLimits.drainAbortMs);
    await drained;
    await http2.closed();
    await http1.closed();
    expect(server.listening.openSessions).toBe(0);
  });
});
