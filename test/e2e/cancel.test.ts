// Proves that a caller's cancel or passed deadline closes the provider's socket (S20, S23, T5, T6),
// on each protocol and by grpc-js, unary and streamed, at each phase of the provider's answer. The
// times that it took are printed. The machine may be busy: what a test waits for is the close
// itself, and a deadline that passed before the call came to its phase is tried again, longer.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type CallRequestSchema,
  ConnectorService,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { connectErrorOf, GrpcJsClient, serviceError } from "../support/grpc-js.ts";
import { RawUpstream } from "../support/raw-upstream.ts";
import {
  clientOver,
  completeError,
  connectError,
  timeoutHeader,
  type Wire,
  wires,
} from "../support/rpc-client.ts";
import { openServer, type StartedServer } from "../support/running-server.ts";
import { deltaChunk, streamHead, streamStart } from "./messages-upstream.ts";

const boundMs = 5_000;
/** Each is tried where the one before was too short for the call to come to its phase. */
const deadlinesMs: readonly number[] = [250, 1_000, 4_000, 16_000];
const testTimeoutMs = 60_000;
const wholeHead =
  "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n";
/** Events up to the first delta: started, usage, part_started, text_delta. */
const firstEvents = 4;

/** How far the provider gets before the caller is gone. */
interface Phase {
  readonly name: string;
  readonly method: "call" | "streamCall" | "countTokens";
  /** What the provider sends. */
  readonly sent: readonly (string | Buffer)[];
}

const handshake: Phase = { name: "stream, in the TLS handshake", method: "streamCall", sent: [] };
const afterDelta: Phase = {
  name: "stream, after a delta",
  method: "streamCall",
  sent: [streamHead, streamStart, deltaChunk("Hel")],
};
const phases: readonly Phase[] = [
  handshake,
  { name: "unary, before headers", method: "call", sent: [] },
  { name: "unary, inside the body", method: "call", sent: [wholeHead, '{"id"'] },
  { name: "counting, before headers", method: "countTokens", sent: [] },
  { name: "stream, before headers", method: "streamCall", sent: [] },
  { name: "stream, after headers", method: "streamCall", sent: [streamHead] },
  {
    name: "stream, before the first delta",
    method: "streamCall",
    sent: [streamHead, streamStart],
  },
  afterDelta,
];

/** A call that has reached the provider. */
interface Arrived {
  /** When the provider's socket closes. */
  readonly closedAt: Promise<number>;
}

const arrivals = new Map<string, (arrived: Arrived) => void>();
let upstream: RawUpstream;
let silent: RawUpstream;
let server: StartedServer;
beforeAll(async () => {
  upstream = await RawUpstream.listen(async (connection) => {
    const closedAt = connection.closed.then(() => performance.now());
    const { body } = await connection.request();
    const [, id = "", index] = /(call-(\d+)-[^"]+)"/.exec(body) ?? [];
    await connection.send(...(phases[Number(index)]?.sent ?? []));
    arrivals.get(id)?.({ closedAt });
  });
  silent = await RawUpstream.listen(async (connection) => {
    const closedAt = connection.closed.then(() => performance.now());
    arrivals.get("handshake")?.({ closedAt });
  });
  const yaml = `
targets:
  - { name: direct, adapter: anthropic, base_url: "${upstream.url}", api_key: sk-e2e, egress: { allow_private: true } }
  - { name: secure, adapter: anthropic, base_url: "https://127.0.0.1:${silent.port}", api_key: sk-e2e, egress: { allow_private: true } }
`;
  server = await openServer({ yaml }, afterAll);
});
afterAll(async () => {
  await upstream.close();
  await silent.close();
});

const took = new Map<string, number[]>();
afterAll(() => {
  for (const [name, times] of took) {
    const sorted = times.toSorted((a, b) => a - b).map((ms) => ms.toFixed(1));
    console.info(`${name}: ${times.length} calls, ms to the provider's close: ${sorted.join(" ")}`);
  }
});

function note(what: string, { name }: Phase, ms: number): void {
  const key = `${what}, ${name}`;
  took.set(key, [...(took.get(key) ?? []), ms]);
  expect(ms, key).toBeLessThan(boundMs);
}

/** A request of one phase, and its arrival at the provider with all sent that the phase has. */
function scene(phase: Phase, by: string) {
  const id = phase === handshake ? "handshake" : `call-${phases.indexOf(phase)}-${by}`;
  const { promise, resolve } = Promise.withResolvers<Arrived>();
  arrivals.set(id, resolve);
  const contents = [{ role: Role.USER, message: id }];
  const request: MessageInitShape<typeof CallRequestSchema> = {
    request: { model: "claude-sonnet-5", maxOutputTokens: 100, contents },
    options: { target: phase === handshake ? "secure" : "direct" },
  };
  return { request, arrival: promise };
}

type Request = ReturnType<typeof scene>["request"];

/**
 * Makes a call; resolves with the error at its end. `onEvent` is told how many events have come.
 */
async function failureOf(
  wire: Wire,
  { method }: Phase,
  request: Request,
  options: object,
  onEvent: (count: number) => void,
) {
  const client = clientOver(wire, server.url);
  const run = async (): Promise<void> => {
    let count = 0;
    if (method !== "streamCall") await client[method](request, options);
    else for await (const _ of client.streamCall(request, options)) onEvent(++count);
  };
  return await connectError(run());
}

async function cancelled(wire: Wire, phase: Phase): Promise<void> {
  const { request, arrival } = scene(phase, `cancel ${wire.name}`);
  const abort = new AbortController();
  const seen = Promise.withResolvers<void>();
  if (phase !== afterDelta) seen.resolve();
  const failed = failureOf(wire, phase, request, { signal: abort.signal }, (count) => {
    if (count === firstEvents) seen.resolve();
  });
  const { closedAt } = await arrival;
  await seen.promise;
  const cancelledAt = performance.now();
  abort.abort();
  note("cancel", phase, (await closedAt) - cancelledAt);
  expect((await failed).code).toBe(1);
}

/**
 * Makes a call with longer and longer deadlines, until it says of one that it came to its phase.
 */
async function untilReached(
  phase: Phase,
  callWith: (deadlineMs: number) => Promise<boolean>,
): Promise<void> {
  for (const deadlineMs of deadlinesMs) if (await callWith(deadlineMs)) return;
  throw new Error(`no deadline is long enough for: ${phase.name}`);
}

/** When the provider's socket closes. Undefined: the call failed before it was there. */
async function closing(
  arrival: Promise<Arrived>,
  failed: Promise<unknown>,
): Promise<number | undefined> {
  const arrived = await Promise.race([arrival, failed.then(() => undefined)]);
  return await arrived?.closedAt;
}

async function late(wire: Wire, phase: Phase): Promise<void> {
  const isBegun = phase.method === "streamCall" && phase.sent.length > 0;
  const charactersBegun = phase === afterDelta ? 3n : 0n;
  await untilReached(phase, async (deadlineMs) => {
    const { request, arrival } = scene(phase, `deadline ${deadlineMs} ${wire.name}`);
    const headers = timeoutHeader(wire, deadlineMs);
    const startedAt = performance.now();
    let events = 0;
    const failed = failureOf(wire, phase, request, { headers }, (count) => {
      events = count;
    });
    const closedAt = await closing(arrival, failed);
    const { reason, status, fields } = completeError(await failed);
    expect([reason, status]).toEqual(["CALLER_DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"]);
    if (closedAt === undefined) return false;
    note("deadline", phase, closedAt - startedAt - deadlineMs);
    const characters = fields.progress?.outputChars;
    return (
      events === (phase === afterDelta ? firstEvents : 0) &&
      characters === (isBegun ? charactersBegun : undefined)
    );
  });
}

describe.each(wires)("over $name", (wire) => {
  it(
    "a cancel closes the provider's socket, at each phase",
    async () => {
      for (const phase of phases) await cancelled(wire, phase);
    },
    testTimeoutMs,
  );

  it(
    "a deadline closes the provider's socket, at each phase",
    async () => {
      await Promise.all(phases.map((phase) => late(wire, phase)));
    },
    testTimeoutMs,
  );

  it(
    "the earlier of the protocol's deadline and options.timeout holds",
    async () => {
      await untilReached(afterDelta, async (deadlineMs) => {
        const { request, arrival } = scene(afterDelta, `earlier ${deadlineMs} ${wire.name}`);
        const timeout = durationFromMs(deadlineMs);
        const options = { ...request.options, timeout } as NonNullable<Request["options"]>;
        const headers = timeoutHeader(wire, 60_000);
        const failed = failureOf(wire, afterDelta, { ...request, options }, { headers }, () => {});
        const closedAt = await closing(arrival, failed);
        expect(completeError(await failed).reason).toBe("CALLER_DEADLINE_EXCEEDED");
        return closedAt !== undefined;
      });
    },
    testTimeoutMs,
  );
});

describe("grpc-js", () => {
  it("a cancel closes the provider's socket, at each phase", async () => {
    const client = new GrpcJsClient(server.port);
    for (const phase of phases.filter(({ method }) => method === "streamCall")) {
      const { request, arrival } = scene(phase, "cancel by grpc-js");
      const stream = client.stream(ConnectorService.method.streamCall, request);
      const failed = new Promise((resolve) => stream.once("error", resolve));
      stream.resume();
      const { closedAt } = await arrival;
      const cancelledAt = performance.now();
      stream.cancel();
      note("cancel by grpc-js", phase, (await closedAt) - cancelledAt);
      expect(await failed).toMatchObject({ code: 1 });
    }
  });

  it(
    "a deadline closes the provider's socket, at each phase of a unary call",
    async () => {
      const client = new GrpcJsClient(server.port);
      for (const phase of phases.filter(({ method }) => method === "call")) {
        await untilReached(phase, async (deadlineMs) => {
          const { request, arrival } = scene(phase, `deadline ${deadlineMs} by grpc-js`);
          const deadline = Date.now() + deadlineMs;
          const startedAt = performance.now();
          const call = client.unary(ConnectorService.method.call, request, {}, { deadline });
          const failed = serviceError(call);
          const closedAt = await closing(arrival, failed);
          expect(connectErrorOf(await failed).code).toBe(4);
          if (closedAt === undefined) return false;
          note("deadline by grpc-js", phase, closedAt - startedAt - deadlineMs);
          return true;
        });
      }
    },
    testTimeoutMs,
  );
});
