// Proves over real sockets, on every protocol: calls wait outside until a place is free, and end as
// any other while they do; those that are too many are refused with a time to wait, at a fraction
// of the cost on gRPC but in the same words; callers are held to their own limits.
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/contract/clock.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { defaultLimits } from "../../src/contract/limits.ts";
import { ServerAdmission } from "../../src/rpc/server-admission.ts";
import { answerTo, FakeApi, goodRequest } from "../support/fake-api.ts";
import { until } from "../support/http.ts";
import {
  clientOver,
  completeError,
  connectError,
  receivedError,
  textsOf,
  timeoutHeader,
  type Wire,
  wires,
} from "../support/rpc-client.ts";
import { startRPCServer } from "../support/rpc-server.ts";

/** An api whose calls end when they are told, one after the other. */
class HeldApi extends FakeApi {
  readonly #held: (() => void)[] = [];

  constructor() {
    super({
      call: (request) =>
        new Promise((resolve) => this.#held.push(() => resolve(answerTo(request)))),
    });
  }

  /** Lets the oldest call end. */
  release(): void {
    this.#held.shift()?.();
  }
}

/** A door that knows who has come to it, by their signals. */
class WatchedAdmission extends ServerAdmission {
  readonly signals: AbortSignal[] = [];

  override enter(caller: string, signal: AbortSignal): ReturnType<ServerAdmission["enter"]> {
    this.signals.push(signal);
    return super.enter(caller, signal);
  }
}

/** A server with one place and one to wait, its place taken by `first`. */
async function fullServer(wire: Wire) {
  const api = new HeldApi();
  const limits = { ...defaultLimits, activeCalls: 1, queuedCalls: 1 };
  const admission = new WatchedAdmission({ clock: systemClock, random: () => 0.5, limits });
  const server = await startRPCServer({ api, admission });
  const client = clientOver(wire, server.url);
  const first = client.call(goodRequest);
  await until(() => api.contexts.length === 1);
  return { api, admission, server, client, first };
}

describe.each(wires)("over $name", (wire: Wire) => {
  it("a call waits for a place, and one too many is told when to come back", async () => {
    const { api, admission, server, client, first } = await fullServer(wire);
    const second = client.call(goodRequest);
    await until(() => admission.signals.length === 2);
    const more = [
      () => client.call(goodRequest),
      () => client.countTokens(goodRequest),
      () => textsOf(client.streamCall(goodRequest)),
    ];
    for (const call of more) {
      const refused = await connectError(call());
      const error = completeError(refused);
      expect([error.reason, error.fields.metadata, error.fields.retryAfterMs]).toEqual([
        "SERVER_OVERLOADED",
        { retryable: "true", limit: "queued_calls", max: "1" },
        1_000,
      ]);
      expect(error.message).toMatch(/^this server has 1 calls under way, 1 wait, /);
      expect(refused.metadata.get("grpc-retry-pushback-ms")).toBe("1000");
      expect(refused.metadata.get("retry-after")).toBe("1");
    }
    // What occupies no provider is answered.
    expect((await client.listModels({})).models).toHaveLength(1);
    expect(api.contexts).toHaveLength(2);
    api.release();
    await first;
    await until(() => api.contexts.length === 3);
    api.release();
    expect((await second).response?.id).toBe("answer-1");
    expect(server.faults).toEqual([]);
  });

  it("a call that waits ends with its deadline, and its place in the queue is free", async () => {
    const { api, client, first } = await fullServer(wire);
    for (let tries = 2; tries > 0; tries -= 1) {
      const headers = timeoutHeader(wire, 40);
      const { reason } = await receivedError(client.call(goodRequest, { headers }));
      expect(reason).toBe("CALLER_DEADLINE_EXCEEDED");
    }
    api.release();
    await first;
    expect(api.contexts).toHaveLength(1);
  });

  it("a call that waits and is cancelled leaves the queue", async () => {
    const { api, admission, client, first } = await fullServer(wire);
    const leaving = new AbortController();
    const second = connectError(client.call(goodRequest, { signal: leaving.signal }));
    await until(() => admission.signals.length === 2);
    leaving.abort();
    await second;
    await until(() => admission.signals[1]?.aborted === true);
    api.release();
    await first;
    // The place is free, and nobody is let in who has left.
    await client.countTokens(goodRequest);
    expect(api.contexts).toHaveLength(2);
  });

  it("a call that waits when the server shuts down is safe to repeat elsewhere", async () => {
    const { api, admission, server, client, first } = await fullServer(wire);
    const ended = [receivedError(first), receivedError(client.call(goodRequest))];
    await until(() => admission.signals.length === 2);
    server.shutdown.abort(new ConnectorError("SERVER_DRAINING", "over", { retryAfterMs: 0 }));
    for (const error of await Promise.all(ended)) {
      expect([error.reason, error.fields.retryAfterMs]).toEqual(["SERVER_DRAINING", 0]);
    }
    expect(api.contexts).toHaveLength(1);
  });

  it("a caller beyond its own limits is told which, and nobody else is hindered", async () => {
    const admission = new ServerAdmission({
      clock: systemClock,
      random: () => 0.5,
      limits: defaultLimits,
      callers: [{ name: "a", callsPerMinute: 2 }],
    });
    const tokens = { a: "token-a", b: "token-b" };
    const server = await startRPCServer({ admission, tokens });
    const client = clientOver(wire, server.url);
    const as = (caller: "a" | "b", id = "") => ({
      headers: { authorization: `Bearer ${tokens[caller]}`, ...(id && { "x-request-id": id }) },
    });
    await client.call(goodRequest, as("a"));
    await textsOf(client.streamCall(goodRequest, as("a")));
    const refused = await connectError(client.call(goodRequest, as("a", "trace-1")));
    const error = completeError(refused);
    expect([error.reason, error.fields.quotaSubjects]).toEqual([
      "CALLER_RATE_LIMITED",
      ["calls_per_minute"],
    ]);
    expect(error.fields.metadata).toEqual({
      retryable: "true",
      caller: "a",
      limit: "calls_per_minute",
      max: "2",
    });
    expect(error.message).toBe('caller "a" begins more than its 2 calls a minute');
    const waitMs = error.fields.retryAfterMs ?? 0;
    expect(waitMs).toBeGreaterThan(20_000);
    expect(waitMs).toBeLessThanOrEqual(30_000);
    expect(refused.metadata.get("x-request-id")).toBe("trace-1");
    await client.call(goodRequest, as("b"));
  });
});
