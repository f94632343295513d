// Proves what a call ends with when no connection to the provider comes about, or none that holds
// (U01 to U08): on each wire, over each protocol, unary and streamed, against a running server. How
// often each is tried again is proved in error-rows.test.ts.
import { describe, expect, it } from "vitest";
import { UsageSource } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { faultWires } from "../dispatch/wire-failures.ts";
import { createCertificate } from "../support/certificate.ts";
import { always, blackHole, pass, refusingOrigin } from "../support/fault-proxy.ts";
import { rawUpstream, until } from "../support/http.ts";
import { byEveryWay } from "./by-every-way.ts";
import { errorOf, ms, once, openScene, responseOf, say, simulatorOfFile } from "./fault-scene.ts";

const simulator = simulatorOfFile();

describe.each(faultWires)("%s", (wire) => {
  it("U01 a refused connection is told as one", async () => {
    const origin = await refusingOrigin();
    const scene = await openScene(simulator(), [{ wire, origin }]);
    await byEveryWay(scene, async (way) => {
      const error = errorOf(await scene.ask(way, { options: once }));
      expect([error.reason, error.status]).toEqual(["PROVIDER_CONNECT_FAILED", "UNAVAILABLE"]);
      expect(error.fields.metadata).toMatchObject({
        network_error: "ECONNREFUSED",
        phase: "connect",
        retryable: "true",
      });
    });
  });

  it("U01 a refused connection is tried three times, or elsewhere", async () => {
    const origin = await refusingOrigin();
    const alone = await openScene(simulator(), [{ wire, origin }]);
    const beside = await openScene(simulator(), [{ wire, origin }, { wire }]);
    await byEveryWay(alone, async (way) => {
      const error = errorOf(await alone.ask(way));
      expect([error.reason, error.fields.attempts?.length]).toEqual(["PROVIDER_CONNECT_FAILED", 3]);
      const { route } = responseOf(await beside.ask(way));
      expect(route?.attempts.map(({ reason }) => reason)).toEqual(["PROVIDER_CONNECT_FAILED", ""]);
      expect(beside.requests(way)).toEqual([0, 1]);
    });
  });

  it("U02 a name that does not exist is told as one", async () => {
    // A label of more than 63 characters is no name for any resolver.
    const origin = `http://${"a".repeat(70)}.invalid`;
    const scene = await openScene(simulator(), [{ wire, origin }]);
    await byEveryWay(scene, async (way) => {
      const error = errorOf(await scene.ask(way, { options: once }));
      expect([error.reason, error.status]).toEqual(["PROVIDER_DNS_FAILED", "UNAVAILABLE"]);
      expect(error.fields.metadata).toMatchObject({ network_error: "ENOTFOUND", phase: "connect" });
    });
  });

  it("U05 a provider that never answers ends the attempt, and its connection", async () => {
    const plan = always({ kind: "end", by: "silence" });
    const scene = await openScene(simulator(), [{ wire, plan }]);
    const attemptTimeout = ms(400);
    await byEveryWay(scene, async (way) => {
      const options = { ...once, attemptTimeout, firstDeltaTimeout: attemptTimeout };
      const error = errorOf(await scene.ask(way, { options }));
      expect([error.reason, error.status]).toEqual(["ATTEMPT_TIMEOUT", "UNAVAILABLE"]);
      expect(scene.requests(way)).toEqual([1]);
      await until(() => scene.proxy(way, 0).connections.every(({ socket }) => socket.destroyed));
    });
  });

  it("U05 the caller's deadline is the caller's, and is kept", async () => {
    const plan = always({ kind: "end", by: "silence" });
    const scene = await openScene(simulator(), [{ wire, plan }]);
    await byEveryWay(scene, async (way) => {
      const outcome = await scene.ask(way, { options: { timeout: ms(500) } });
      const error = errorOf(outcome);
      expect([error.reason, error.status]).toEqual([
        "CALLER_DEADLINE_EXCEEDED",
        "DEADLINE_EXCEEDED",
      ]);
      expect(outcome.tookMs).toBeGreaterThanOrEqual(495);
      expect(outcome.tookMs).toBeLessThan(2500);
      expect(scene.requests(way)).toEqual([1]);
    });
  });

  it("U06 a head and then silence ends the attempt", async () => {
    const head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    const plan = always({ kind: "answer", bytes: head, by: "silence" });
    const scene = await openScene(simulator(), [{ wire, plan }]);
    await byEveryWay(scene, async (way) => {
      const options = { ...once, attemptTimeout: ms(400), firstDeltaTimeout: ms(400) };
      const outcome = await scene.ask(way, { options });
      const error = errorOf(outcome);
      expect(error.reason).toBe("ATTEMPT_TIMEOUT");
      expect(error.fields.metadata).toMatchObject({ http_status: "200", phase: "first_delta" });
      expect(outcome.events).toEqual([]);
    });
  });

  it("U07 a reset of a used connection costs nothing", async () => {
    const plan = (index: number) => (index === 1 ? ({ kind: "end", by: "reset" } as const) : pass);
    const scene = await openScene(simulator(), [{ wire, plan }]);
    await byEveryWay(scene, async (way) => {
      responseOf(await scene.ask(way, { options: once }));
      const { route } = responseOf(await scene.ask(way, { options: once }));
      expect(route?.attempts.map(({ reason }) => reason)).toEqual([""]);
      expect(scene.requests(way)).toEqual([3]);
      expect(scene.proxy(way, 0).connections.length).toBe(2);
    });
  });

  it("U08 a reset after the request loses the connection, and may have cost", async () => {
    const scene = await openScene(simulator(), [
      { wire, plan: always({ kind: "end", by: "reset" }) },
    ]);
    await byEveryWay(scene, async (way) => {
      const error = errorOf(await scene.ask(way, { options: once }));
      expect([error.reason, error.status]).toEqual(["PROVIDER_CONNECTION_LOST", "UNAVAILABLE"]);
      expect(error.fields.metadata).toMatchObject({ phase: "headers", attempts: "1" });
      expect(scene.requests(way)).toEqual([1]);
      const [attempt] = error.fields.attempts ?? [];
      expect(attempt?.reason).toBe("PROVIDER_CONNECTION_LOST");
      expect(attempt?.usage?.inputTokens).toBeGreaterThan(0n);
      expect(attempt?.usage?.source).toBe(UsageSource.ESTIMATED);
    });
  });

  it("U34 an answer that nobody asked for reaches nobody", async () => {
    const stray = '{"id":"stray","content":[{"type":"text","text":"stray"}]}';
    const bytes = `HTTP/1.1 200 OK\r\ncontent-length: ${stray.length}\r\n\r\n${stray}`;
    const scene = await openScene(simulator(), [{ wire, plan: always({ kind: "extra", bytes }) }]);
    await byEveryWay(scene, async (way) => {
      for (let call = 0; call < 4; call += 1) {
        const outcome = await scene.ask(way, { request: say(`question ${call}`) });
        expect(responseOf(outcome).content?.message).toContain(`question ${call}`);
      }
      expect(scene.requests(way)).toEqual([4]);
    });
  });

  it.each([
    ["informational answers", "", "HTTP/1.1 102 Processing\r\n\r\n"],
    ["headers", "HTTP/1.1 200 OK\r\n", `x: ${"y".repeat(1000)}\r\n`],
  ])("U35 %s without end are malformed, and are not read for ever", async (_, head, bytes) => {
    const scene = await openScene(simulator(), [
      { wire, plan: always({ kind: "flood", head, bytes }) },
    ]);
    await byEveryWay(scene, async (way) => {
      const error = errorOf(await scene.ask(way, { options: once }));
      expect([error.reason, error.status]).toEqual(["PROVIDER_MALFORMED_RESPONSE", "INTERNAL"]);
      const [connection] = scene.proxy(way, 0).connections;
      await until(() => connection?.socket.destroyed === true);
      expect(connection?.socket.bytesWritten).toBeLessThan(4 * 1024 * 1024);
    });
  });
});

describe("no handshake", () => {
  it("U03 a SYN that nobody answers ends at the limit of connecting", async () => {
    const origin = await blackHole();
    const limits = "limits: { provider_connect_ms: 150 }";
    const scene = await openScene(simulator(), [{ wire: "anthropic", origin }], limits);
    await byEveryWay(scene, async (way) => {
      const outcome = await scene.ask(way, { options: once });
      const { reason, fields } = errorOf(outcome);
      expect([reason, fields.metadata?.network_error]).toEqual([
        "PROVIDER_CONNECT_FAILED",
        "ETIMEDOUT",
      ]);
      expect(outcome.tookMs).toBeGreaterThanOrEqual(145);
      expect(outcome.tookMs).toBeLessThan(3000);
    });
  });

  it("U03 nor does a TLS handshake that hangs take longer", async () => {
    const silent = await rawUpstream(() => {});
    const origin = silent.url.replace("http:", "https:");
    const limits = "limits: { provider_connect_ms: 150 }";
    const scene = await openScene(simulator(), [{ wire: "anthropic", origin }], limits);
    await byEveryWay(scene, async (way) => {
      const outcome = await scene.ask(way, { options: once });
      expect(errorOf(outcome).reason).toBe("PROVIDER_CONNECT_FAILED");
      expect(outcome.tookMs).toBeLessThan(3000);
    });
  });

  it("U04 plain text in place of TLS is no TLS", async () => {
    const plain = await rawUpstream(async (connection) => {
      await connection.send("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    });
    const origin = plain.url.replace("http:", "https:");
    const scene = await openScene(simulator(), [{ wire: "anthropic", origin }]);
    await byEveryWay(scene, async (way) => {
      const error = errorOf(await scene.ask(way));
      expect([error.reason, error.status]).toEqual(["PROVIDER_TLS_INVALID", "FAILED_PRECONDITION"]);
    });
    expect(plain.connections.length).toBe(scene.ways.length);
  });

  it("U04 a certificate that signed itself ends the call after one attempt", async () => {
    const certificate = createCertificate({ name: "127.0.0.1", addresses: ["127.0.0.1"] });
    const upstream = await rawUpstream(() => {}, certificate);
    const scene = await openScene(simulator(), [{ wire: "anthropic", origin: upstream.url }]);
    await byEveryWay(scene, async (way) => {
      const error = errorOf(await scene.ask(way));
      expect([error.reason, error.status]).toEqual(["PROVIDER_TLS_INVALID", "FAILED_PRECONDITION"]);
      expect(error.fields.metadata).toMatchObject({ network_error: "DEPTH_ZERO_SELF_SIGNED_CERT" });
      expect(error.fields.metadata?.attempts).toBe("1");
    });
    for (const connection of upstream.connections) expect(connection.received.length).toBe(0);
  });
});
