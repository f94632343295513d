// Proves where a configuration lets the server connect to: a target without `allow_private` reaches
// nothing on this machine, however it is written (C08, C10), redirects are not followed (U16), an
// untrusted certificate ends the attempt (U04); and that the key goes nowhere else.
import { describe, expect, it } from "vitest";
import { createCertificate } from "../support/certificate.ts";
import { rawUpstream } from "../support/http.ts";
import { clientOver, receivedError, wires } from "../support/rpc-client.ts";
import { oneTarget, serverForTest } from "../support/running-server.ts";
import { hello, messageBody } from "./messages-upstream.ts";

function target(baseURL: string): string {
  return `targets: [{ name: direct, adapter: anthropic, base_url: "${baseURL}", api_key: sk-e2e }]`;
}

/** Each method's error over a protocol. */
async function errors(url: string, wire = wires[0]) {
  if (wire === undefined) throw new Error("no wire");
  const client = clientOver(wire, url);
  const stream = async (): Promise<void> => {
    for await (const _ of client.streamCall(hello));
  };
  return await Promise.all(
    [client.call(hello), stream(), client.countTokens(hello)].map((call) => receivedError(call)),
  );
}

describe("an address on this machine", () => {
  it.each([
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "0.0.0.0",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "localhost",
    "localhost.",
    "LOCALHOST",
  ])("is not reached as %s", async (host) => {
    const upstream = await rawUpstream(async (connection) => {
      await connection.answer(messageBody("reached"));
    });
    const server = await serverForTest({ yaml: target(`http://${host}:${upstream.port}`) });
    for (const error of await errors(server.url)) {
      expect([error.reason, error.status]).toEqual(["EGRESS_FORBIDDEN", "FAILED_PRECONDITION"]);
    }
    expect(upstream.connections.length).toBe(0);
  });

  it("is said to be forbidden on each protocol", async () => {
    const upstream = await rawUpstream(() => {});
    const server = await serverForTest({ yaml: target(upstream.url) });
    for (const wire of wires) {
      for (const error of await errors(server.url, wire)) {
        expect(error.reason).toBe("EGRESS_FORBIDDEN");
      }
    }
    expect(upstream.connections.length).toBe(0);
  });
});

it.each(["http://169.254.169.254", "http://10.0.0.1", "http://[fe80::1]"])(
  "%s is not reached",
  async (baseURL) => {
    const server = await serverForTest({ yaml: target(baseURL) });
    for (const error of await errors(server.url)) expect(error.reason).toBe("EGRESS_FORBIDDEN");
  },
);

it("a redirect is an answer, and nobody gets the key", async () => {
  const elsewhere = await rawUpstream(() => {});
  const upstream = await rawUpstream(async (connection) => {
    const location = `location: ${elsewhere.url}/v1/messages\r\nconnection: close\r\n`;
    await connection.answer("", location, "307 Temporary Redirect");
  });
  const server = await serverForTest({ yaml: oneTarget(upstream.url) });
  for (const error of await errors(server.url)) {
    expect([error.reason, error.status]).toEqual([
      "PROVIDER_REDIRECT_REFUSED",
      "FAILED_PRECONDITION",
    ]);
  }
  expect(elsewhere.connections.length).toBe(0);
});

it("a certificate that nobody trusts ends the attempt before the key is sent", async () => {
  const certificate = createCertificate({ name: "127.0.0.1", addresses: ["127.0.0.1"] });
  const upstream = await rawUpstream(() => {}, certificate);
  const server = await serverForTest({ yaml: oneTarget(upstream.url) });
  for (const error of await errors(server.url)) {
    expect([error.reason, error.status]).toEqual(["PROVIDER_TLS_INVALID", "FAILED_PRECONDITION"]);
  }
  for (const connection of upstream.connections) expect(connection.received.length).toBe(0);
});
