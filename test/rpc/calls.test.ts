// Proves how calls end on every protocol: cancelled, late (V23, V24), shut down, refused when there
// are too many, and even if the api behind them never does.
import { describe, expect, it } from "vitest";
import type { CallContext } from "../../src/contract/connector-api.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { FakeApi, goodRequest, textDelta } from "../support/fake-api.ts";
import { until } from "../support/http.ts";
import {
  clientOver,
  connectError,
  receivedError,
  textsOf,
  timeoutHeader,
  type Wire,
  wires,
} from "../support/rpc-client.ts";
import { startRPCServer } from "../support/rpc-server.ts";

/** Never settles. */
function forever<T>(): Promise<T> {
  return new Promise(() => {});
}

/** An api whose calls end when their signal says so, or not at all. */
function waitingApi(isObedient: boolean): FakeApi {
  const wait = ({ signal }: CallContext): Promise<never> =>
    new Promise((_, reject) => {
      if (!isObedient) return;
      signal.addEventListener("abort", () => {
        const { reason } = signal;
        reject((reason as ConnectorError).with({ metadata: { words: "last" } }));
      });
    });
  return new FakeApi({
    call: (_, context) => wait(context),
    async *streamCall(_, context) {
      yield textDelta("first");
      await wait(context);
    },
  });
}

function reasonOf(context: CallContext | undefined): string | undefined {
  const reason: unknown = context?.signal.reason;
  return reason instanceof ConnectorError ? reason.reason : undefined;
}

describe.each(wires)("over $name", (wire: Wire) => {
  it("a caller that cancels reaches the api's signal, unary and stream", async () => {
    const api = waitingApi(true);
    const server = await startRPCServer({ api });
    const client = clientOver(wire, server.url);
    const unary = new AbortController();
    const failed = connectError(client.call(goodRequest, { signal: unary.signal }));
    await until(() => api.contexts.length === 1);
    unary.abort();
    await failed;
    await until(() => api.contexts[0]?.signal.aborted === true);
    expect(reasonOf(api.contexts[0])).toBe("CALLER_CANCELLED");

    const stream = new AbortController();
    const { signal } = stream;
    const reading = connectError(
      (async () => {
        for await (const { event } of client.streamCall(goodRequest, { signal })) {
          expect(event.case).toBe("textDelta");
          stream.abort();
        }
      })(),
    );
    await reading;
    await until(() => api.contexts[1]?.signal.aborted === true);
    expect(reasonOf(api.contexts[1])).toBe("CALLER_CANCELLED");
    expect(server.faults).toEqual([]);
  });

  it.each([
    ["obedient", true],
    ["deaf", false],
  ])("a deadline ends a call of the %s api in time", async (_, isObedient) => {
    const api = waitingApi(isObedient);
    const client = clientOver(wire, (await startRPCServer({ api })).url);
    const options = { headers: timeoutHeader(wire, 80) };
    const texts: string[] = [];
    const calls = [
      () => client.call(goodRequest, options),
      async () => {
        for await (const { event } of client.streamCall(goodRequest, options)) {
          texts.push(`${event.case}`);
        }
      },
    ];
    for (const call of calls) {
      const startMs = performance.now();
      const error = await receivedError(call());
      const spentMs = performance.now() - startMs;
      expect([error.reason, error.status]).toEqual([
        "CALLER_DEADLINE_EXCEEDED",
        "DEADLINE_EXCEEDED",
      ]);
      expect(error.message).toBe("the caller's deadline of 80 ms passed");
      // What the api says last is heard, if it says anything.
      expect(error.fields.metadata?.words).toBe(isObedient ? "last" : undefined);
      expect(spentMs).toBeGreaterThan(75);
      expect(spentMs).toBeLessThan(2_000);
    }
    expect(texts).toEqual(["textDelta"]);
    for (const context of api.contexts) {
      expect((context.deadlineMs ?? 0) - context.receivedMs).toBeCloseTo(80, 3);
      expect(reasonOf(context)).toBe("CALLER_DEADLINE_EXCEEDED");
    }
  });

  it("a shutdown ends open calls with SERVER_DRAINING and no wait", async () => {
    const api = waitingApi(false);
    const server = await startRPCServer({ api });
    const client = clientOver(wire, server.url);
    const calls = [client.call(goodRequest), textsOf(client.streamCall(goodRequest))];
    const errors = calls.map(connectError);
    await until(() => api.contexts.length === 2);
    server.shutdown.abort(new ConnectorError("SERVER_DRAINING", "going down"));
    for (const error of await Promise.all(errors)) {
      expect(error.rawMessage).toBe("going down");
      expect(error.metadata.get("grpc-retry-pushback-ms")).toBe("0");
    }
    expect(api.contexts.map(reasonOf)).toEqual(["SERVER_DRAINING", "SERVER_DRAINING"]);
  });

  it("time that is up, or was never there, ends a call at once", async () => {
    const client = clientOver(wire, (await startRPCServer({ api: waitingApi(false) })).url);
    const times = wire.protocol === "connect" ? ["0", "1"] : ["0m", "1n", "1m"];
    for (const time of times) {
      const [name = ""] = Object.keys(timeoutHeader(wire, 0));
      const error = await receivedError(client.call(goodRequest, { headers: { [name]: time } }));
      expect(error.reason).toBe("CALLER_DEADLINE_EXCEEDED");
    }
  });

  it("time that cannot be read is refused, too much of it is cut", async () => {
    const api = new FakeApi();
    const server = await startRPCServer({ api, limits: { callTimeoutMsMax: 60_000 } });
    const client = clientOver(wire, server.url);
    const [name = ""] = Object.keys(timeoutHeader(wire, 0));
    for (const time of ["", "x", "-1m", "1.5S", "123456789012m"]) {
      const options = { headers: { [name]: time } };
      const errors = [
        await receivedError(client.call(goodRequest, options)),
        await receivedError(textsOf(client.streamCall(goodRequest, options))),
      ];
      for (const error of errors) {
        expect([error.reason, error.status]).toEqual(["INVALID_REQUEST", "INVALID_ARGUMENT"]);
      }
    }
    expect(api.contexts).toEqual([]);
    const long = wire.protocol === "connect" ? ["9999999999"] : ["99999999H", "99999999S"];
    for (const time of long) await client.call(goodRequest, { headers: { [name]: time } });
    for (const context of api.contexts) {
      expect((context.deadlineMs ?? 0) - context.receivedMs).toBeCloseTo(60_000, 3);
    }
  });
});

it("a deadline is overshot by less than 50 ms", async () => {
  const [wire] = wires;
  const client = clientOver(wire!, (await startRPCServer({ api: waitingApi(false) })).url);
  const spentMs: number[] = [];
  for (let tries = 5; tries > 0; tries -= 1) {
    const startMs = performance.now();
    await connectError(client.call(goodRequest, { headers: timeoutHeader(wire!, 40) }));
    spentMs.push(performance.now() - startMs);
  }
  // The best of five, as the machine may be busy with other things.
  expect(Math.min(...spentMs)).toBeLessThan(40 + 50);
});

describe("the number of open calls", () => {
  it("is bounded, and a place is free when its call is over, however it ended", async () => {
    const answers: (() => void)[] = [];
    const api = new FakeApi({
      call: (_, { signal }) =>
        new Promise((resolve, reject) => {
          answers.push(() => resolve(undefined as never));
          signal.addEventListener("abort", () => reject(signal.reason));
        }),
      async *streamCall() {
        for (;;) yield textDelta("more");
      },
      countTokens: forever,
    });
    const [wire] = wires;
    const server = await startRPCServer({ api, limits: { openCalls: 2 } });
    const client = clientOver(wire!, server.url);
    const first = client.call(goodRequest);
    const leave = new AbortController();
    const second = connectError(client.countTokens(goodRequest, { signal: leave.signal }));
    await until(() => api.contexts.length === 2);

    const refused = [
      () => client.call(goodRequest),
      () => client.countTokens(goodRequest),
      () => textsOf(client.streamCall(goodRequest)),
    ];
    for (const call of refused) {
      const error = await receivedError(call());
      expect([error.reason, error.status]).toEqual(["SERVER_OVERLOADED", "RESOURCE_EXHAUSTED"]);
      expect(Math.abs((error.fields.retryAfterMs ?? 0) - 1_000)).toBeLessThanOrEqual(500);
    }
    // What occupies no provider is still answered.
    expect((await client.listModels({})).models).toHaveLength(1);

    leave.abort();
    await second;
    await until(() => api.contexts[1]?.signal.aborted === true);
    for (let left = 3; left > 0; left -= 1) {
      const stream = new AbortController();
      const { signal } = stream;
      const reading = (async () => {
        for await (const _ of client.streamCall(goodRequest, { signal })) stream.abort();
      })();
      await connectError(reading);
      await until(() => api.contexts.at(-1)?.signal.aborted === true);
      // A call that fails gives its place back too.
      expect((await receivedError(client.call({}))).reason).toBe("INVALID_REQUEST");
    }
    answers[0]?.();
    await first;
    expect(api.contexts.length).toBe(3 + 3);
  });
});
