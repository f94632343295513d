// Proves that TLS connections are made to providers whose certificate holds and to no other, that
// what does not hold is PROVIDER_TLS_INVALID after one attempt, and that sessions are resumed.
import type { TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import type { Resolver } from "../../src/http/egress.ts";
import { type CertificateRequest, createCertificate } from "../support/certificate.ts";
import {
  answering,
  connectorError,
  httpClient,
  post,
  rawUpstream,
  textOf,
} from "../support/http.ts";
import { chunkedHead, httpChunk, type Script } from "../support/raw-upstream.ts";

const authority = { ...createCertificate({ name: "Test CA", authority: true }), name: "Test CA" };
const trusted = { trustedCertificates: [authority.cert] };
const toLoopback: Resolver = (_hostname, _options, callback) => {
  callback(null, [{ address: "127.0.0.1", family: 4 }]);
};

describe("a TLS provider", () => {
  it("is reached by name and by address, over HTTP/1.1 only", async () => {
    const certificate = createCertificate({
      name: "provider",
      hosts: ["provider.example"],
      addresses: ["127.0.0.1"],
      issuer: authority,
    });
    const upstream = await rawUpstream(answering("ok"), {
      ...certificate,
      ALPNProtocols: ["h2", "http/1.1"],
    });
    const client = httpClient({}, { ...trusted, resolve: toLoopback });
    for (const host of ["127.0.0.1", "provider.example", "provider.example."]) {
      const response = await client.send(post(`https://${host}:${upstream.port}/`));
      expect(await textOf(response.body)).toBe("ok");
    }
    const sockets = upstream.connections.map(({ socket }) => socket as TLSSocket);
    expect(sockets.map((socket) => socket.servername)).toEqual([
      false,
      "provider.example",
      "provider.example",
    ]);
    for (const socket of sockets) expect(socket.alpnProtocol).toBe("http/1.1");
  });

  it("is not shaken hands with anew when a session can be resumed", async () => {
    const certificate = createCertificate({
      name: "provider",
      addresses: ["127.0.0.1"],
      issuer: authority,
    });
    const script: Script = async (connection) => {
      await connection.request();
      await connection.send(chunkedHead(), httpChunk("not the end"));
      await connection.closed;
    };
    const upstream = await rawUpstream(script, { ...certificate, maxVersion: "TLSv1.2" });
    const client = httpClient({}, trusted);
    for (let count = 0; count < 3; count += 1) await client.send(post(upstream.url));
    const reused = upstream.connections.map(({ socket }) =>
      (socket as TLSSocket).isSessionReused(),
    );
    expect(reused).toEqual([false, true, true]);
  });

  const invalid: [title: string, request: Partial<CertificateRequest>, trust: boolean][] = [
    ["has expired", { issuer: authority, validDays: [-10, -5] }, true],
    ["is not valid yet", { issuer: authority, validDays: [5, 10] }, true],
    ["is for another address", { issuer: authority, addresses: ["127.0.0.2"] }, true],
    ["is signed by itself", {}, true],
    ["is signed by an unknown authority", { issuer: authority }, false],
  ];
  it.each(invalid)("whose certificate %s is refused", async (_title, request, trust) => {
    const certificate = createCertificate({
      name: "provider",
      addresses: ["127.0.0.1"],
      ...request,
    });
    const upstream = await rawUpstream(answering("ok"), { ...certificate });
    const client = httpClient({}, trust ? trusted : {});
    const error = await connectorError(client.send(post(`${upstream.url}/?key=canary`)));
    expect(error.reason).toBe("PROVIDER_TLS_INVALID");
    expect(error.fields.metadata).toMatchObject({ phase: "connect" });
    expect(error.message).not.toContain("canary");
  });

  it("that refuses our side of the handshake is PROVIDER_TLS_INVALID", async () => {
    const certificate = createCertificate({
      name: "provider",
      addresses: ["127.0.0.1"],
      issuer: authority,
    });
    const upstream = await rawUpstream(answering("ok"), {
      ...certificate,
      requestCert: true,
      rejectUnauthorized: true,
      ca: authority.cert,
      maxVersion: "TLSv1.2",
    });
    const client = httpClient({}, trusted);
    const error = await connectorError(client.send(post(upstream.url)));
    expect(error.reason).toBe("PROVIDER_TLS_INVALID");
  });

  it("that speaks no TLS is PROVIDER_TLS_INVALID; one that hangs up, PROVIDER_CONNECT_FAILED", async () => {
    const plain = await rawUpstream(async (connection) => {
      await connection.send("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    });
    const gone = await rawUpstream((connection) => {
      connection.socket.once("data", () => connection.halfClose());
    });
    const client = httpClient({}, trusted);
    const spoken = await connectorError(client.send(post(plain.url.replace("http:", "https:"))));
    expect(spoken.reason).toBe("PROVIDER_TLS_INVALID");
    const hung = await connectorError(client.send(post(gone.url.replace("http:", "https:"))));
    expect(hung.reason).toBe("PROVIDER_CONNECT_FAILED");
  });
});
