// Proves what becomes of answers that are none, are broken off, are too large or are odd (U09 to
// U19, U28 to U33): on each wire, over each protocol, unary and streamed, against a running server.
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { UsageSource } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Reason } from "../../src/contract/reasons.ts";
import { binaryWires, type FaultWire, faultWires } from "../dispatch/wire-failures.ts";
import { always, type Fault } from "../support/fault-proxy.ts";
import { byEveryWay } from "./by-every-way.ts";
import { errorOf, once, openScene, responseOf, simulatorOfFile } from "./fault-scene.ts";

const simulator = simulatorOfFile();
const mebibyte = 1024 * 1024;

/** A whole answer of HTTP in place of the provider's. */
function answer(body: string | Buffer, headers = "", status = "200 OK"): Fault {
  const length = Buffer.byteLength(body);
  const head = `HTTP/1.1 ${status}\r\ncontent-length: ${length}\r\n${headers}\r\n`;
  return { kind: "answer", bytes: Buffer.concat([Buffer.from(head), Buffer.from(body)]) };
}

/** Spaces, which may stand before JSON; packed, a thousandth of their size. */
const bomb = gzipSync(Buffer.alloc(16 * mebibyte, " "));
const html = "<!doctype html><title>Log in</title><form>Password</form>\n";
const unreadable: readonly (readonly [title: string, fault: Fault])[] = [
  ["U09 an empty body is no answer", answer("")],
  ["U10 a login page is no answer", answer(html, "content-type: text/html\r\n")],
];

const overloaded = '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}';
const limited = '{"error":{"type":"requests","code":"rate_limit_exceeded","message":"Slow"}}';
const googles = '{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"Slow"}}';
const aws = '{"error":{"message":"Too many requests, please wait before trying again."}}';

/** An error in each wire's shape, and its reason. */
const errorsInside: Readonly<Record<FaultWire, readonly [string, Reason]>> = {
  anthropic: [overloaded, "PROVIDER_OVERLOADED"],
  "anthropic-vertex": [googles, "PROVIDER_RATE_LIMITED"],
  "anthropic-azure": [overloaded, "PROVIDER_OVERLOADED"],
  // AWS has no such form: what says only this is no answer of Bedrock's.
  "anthropic-bedrock": [aws, "PROVIDER_MALFORMED_RESPONSE"],
  "openai-chat": [limited, "PROVIDER_RATE_LIMITED"],
  "openai-responses": [limited, "PROVIDER_RATE_LIMITED"],
  "openai-azure": [limited, "PROVIDER_RATE_LIMITED"],
  "custom-openai-chat": [limited, "PROVIDER_RATE_LIMITED"],
  google: [googles, "PROVIDER_RATE_LIMITED"],
  "google-vertex": [googles, "PROVIDER_RATE_LIMITED"],
  mistral: [limited, "PROVIDER_RATE_LIMITED"],
  "custom-ollama": ['{"error":"model not found, try pulling it first"}', "MODEL_NOT_FOUND"],
  "custom-cohere": [limited, "PROVIDER_RATE_LIMITED"],
  "custom-bedrock-converse": [aws, "PROVIDER_MALFORMED_RESPONSE"],
};

describe.each(faultWires)("%s", (wire) => {
  it.each(unreadable)("%s", async (_, fault) => {
    const scene = await openScene(simulator(), [{ wire, plan: always(fault) }]);
    await byEveryWay(scene, async (way) => {
      const { reason, status, message } = errorOf(await scene.ask(way, { options: once }));
      const isEmptyStream = way.streamed && fault === unreadable[0]?.[1];
      expect([reason, status]).toEqual(
        isEmptyStream
          ? ["STREAM_TRUNCATED", "UNAVAILABLE"]
          : ["PROVIDER_MALFORMED_RESPONSE", "INTERNAL"],
      );
      expect(message).not.toContain("Password");
    });
  });

  it("U11 an error inside a success is classified by what it says", async () => {
    const [error, expected] = errorsInside[wire];
    const scene = await openScene(simulator(), [{ wire, plan: always(answer(error)) }]);
    await byEveryWay(scene, async (way) => {
      const { reason, fields } = errorOf(await scene.ask(way, { options: once }));
      expect([reason, fields.metadata?.http_status]).toEqual([expected, "200"]);
    });
  });

  it("U12 JSON that breaks off cannot be read", async () => {
    const scene = await openScene(simulator(), [{ wire, simulate: "malformed" }]);
    await byEveryWay(scene, async (way) => {
      const outcome = await scene.ask(way, { options: once });
      const { reason, status } = errorOf(outcome);
      expect([reason, status]).toEqual(["PROVIDER_MALFORMED_RESPONSE", "INTERNAL"]);
      expect(outcome.text).toBe("");
    });
  });

  it("U13 a body that is shorter than it says is cut", async () => {
    const head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n";
    const plan = always({ kind: "answer", bytes: `${head}{"id":"x","content":[`, by: "close" });
    const scene = await openScene(simulator(), [{ wire, plan }]);
    await byEveryWay(scene, async (way) => {
      const { reason } = errorOf(await scene.ask(way, { options: once }));
      expect(["PROVIDER_MALFORMED_RESPONSE", way.streamed && "STREAM_TRUNCATED"]).toContain(reason);
    });
  });

  it("U14 a body without end is read to the limit and no further", async () => {
    const head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 1073741824";
    const bytes = Buffer.alloc(64 * 1024, "x");
    const plan = always({ kind: "flood", head: `${head}\r\n\r\n{"a":"`, bytes });
    const limits = "limits: { provider_response_bytes: 1MiB, frame_bytes: 1MiB }";
    const scene = await openScene(simulator(), [{ wire, plan }], limits);
    await byEveryWay(scene, async (way) => {
      const { reason, status } = errorOf(await scene.ask(way, { options: once }));
      expect([reason, status]).toEqual(["PROVIDER_RESPONSE_TOO_LARGE", "INTERNAL"]);
      const [connection] = scene.proxy(way, 0).connections;
      await connection?.closed;
      expect(connection?.socket.bytesWritten).toBeLessThan(16 * mebibyte);
    });
  });

  it("U15 a bomb in gzip is unpacked to the limit and no further", async () => {
    const plan = always(answer(bomb, "content-encoding: gzip\r\n"));
    const limits = "limits: { provider_response_bytes: 1MiB, frame_bytes: 1MiB }";
    const scene = await openScene(simulator(), [{ wire, plan }], limits);
    await byEveryWay(scene, async (way) => {
      const { reason } = errorOf(await scene.ask(way, { options: once }));
      // The first twelve bytes of a binary stream say that it is none.
      const isBinary = way.streamed && binaryWires.includes(wire);
      expect(reason).toBe(isBinary ? "PROVIDER_MALFORMED_RESPONSE" : "PROVIDER_RESPONSE_TOO_LARGE");
    });
  });

  it("U15 a thousand encodings are not unpacked at all", async () => {
    const encodings = Array.from({ length: 1000 }, () => "gzip").join(", ");
    const plan = always(answer("{}", `content-encoding: ${encodings}\r\n`));
    const scene = await openScene(simulator(), [{ wire, plan }]);
    await byEveryWay(scene, async (way) => {
      const { reason } = errorOf(await scene.ask(way, { options: once }));
      expect(reason).toBe("PROVIDER_MALFORMED_RESPONSE");
    });
  });

  it("U16 a redirect to a metadata service is an answer, and is not followed", async () => {
    const location = "location: http://169.254.169.254/latest/meta-data\r\n";
    const plan = always(answer("", location, "302 Found"));
    const scene = await openScene(simulator(), [{ wire, plan }]);
    await byEveryWay(scene, async (way) => {
      const { reason, status } = errorOf(await scene.ask(way));
      expect([reason, status]).toEqual(["PROVIDER_REDIRECT_REFUSED", "FAILED_PRECONDITION"]);
      expect(scene.requests(way)).toEqual([1]);
    });
  });

  it("U18 U19 a key that comes back, in body, header or cookie, goes no further", async () => {
    const echo = (index: number, { headers }: { headers: Readonly<Record<string, string>> }) => {
      const key = JSON.stringify(headers).match(/sk-fault-\d-\d/)?.[0] ?? "none";
      const more = `set-cookie: key=${key}\r\nx-api-key: ${key}\r\nx-echo: ${key}\r\n`;
      const body = JSON.stringify({
        message: `no: ${key}`,
        error: { message: `no: ${key}`, code: key },
      });
      return answer(body, more, index % 2 === 0 ? "400 Bad Request" : "500 Oops");
    };
    const scene = await openScene(simulator(), [{ wire, plan: echo }]);
    await byEveryWay(scene, async (way) => {
      for (let call = 0; call < 2; call += 1) {
        const { received, error } = await scene.ask(way, { options: once });
        const told = JSON.stringify([
          error?.message,
          error?.fields.metadata,
          error?.fields.violations,
          error?.fields.precondition,
          [...(received?.metadata.entries() ?? [])],
        ]);
        expect(told).toContain("***");
        expect(told).not.toContain("sk-fault");
        expect(received?.metadata.get("set-cookie")).toBeNull();
        expect(received?.metadata.get("x-echo")).toBeNull();
      }
      const sent = JSON.stringify(scene.proxy(way, 0).requests[0]?.headers);
      expect(sent).toContain("sk-fault");
    });
    expect(scene.server.log.join("")).not.toContain("sk-fault");
  });

  it.each(["missing", "null", "negative"])("U28 usage that is %s is estimated", async (usage) => {
    const scene = await openScene(simulator(), [{ wire, simulate: `usage=${usage}` }]);
    await byEveryWay(scene, async (way) => {
      const { usage: told, cost } = responseOf(await scene.ask(way));
      expect(told?.source).toBe(UsageSource.ESTIMATED);
      expect(told?.inputTokens).toBeGreaterThan(0n);
      expect(told?.outputTokens).toBeGreaterThan(0n);
      expect(cost === undefined || cost.amountNanos >= 0n).toBe(true);
    });
  });

  it("U30 U32 a stop, an event and a block that nobody knows do no harm", async () => {
    const simulate = "unknown-stop-reason unknown-event unknown-block";
    const scene = await openScene(simulator(), [{ wire, simulate }]);
    await byEveryWay(scene, async (way) => {
      const outcome = await scene.ask(way);
      const { rawStopReason, content } = responseOf(outcome);
      expect(rawStopReason).not.toBe("");
      expect(content?.message).not.toBe("");
    });
  });
});
