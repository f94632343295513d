// Proves that TLS picks the protocol by ALPN, that certificates of clients reach the handler with
// the truth about them, and that bad ones, or a client that does not finish, harm nobody (O21).
import { once } from "node:events";
import { connect as connectHTTP2 } from "node:http2";
import { request as requestHTTPS } from "node:https";
import { connect as connectSocket } from "node:net";
import { connect as connectTLS, type TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import type { RequestHandler } from "../../src/rpc/connection.ts";
import { type Certificate, createCertificate } from "../support/certificate.ts";
import { type StartedListener, startListener } from "../support/started-listener.ts";

const authority = {
  name: "test authority",
  ...createCertificate({ name: "test authority", authority: true }),
};
const server = createCertificate({
  name: "localhost",
  hosts: ["localhost"],
  addresses: ["127.0.0.1"],
  issuer: authority,
});
const tls = { certificate: server.cert, privateKey: server.key };
const mutualTLS = { ...tls, clientCA: authority.cert };

const good = createCertificate({ name: "billing", issuer: authority });
const expired = createCertificate({ name: "billing", issuer: authority, validDays: [-2, -1] });
const strangers = {
  name: "strangers",
  ...createCertificate({ name: "strangers", authority: true }),
};
const foreign = createCertificate({ name: "billing", issuer: strangers });

/** Answers with the protocol and what the socket says about the client's certificate. */
const describeClient: RequestHandler = (request, response) => {
  const socket = request.socket as TLSSocket;
  response.writeHead(200, { "content-type": "text/plain" });
  const name = socket.getPeerCertificate().subject?.CN ?? "nobody";
  response.end(`${request.httpVersion} ${socket.authorized} ${name}`);
};

function clientOptions(certificate?: Certificate): { ca: string } & Partial<Certificate> {
  return { ca: authority.cert, ...certificate };
}

async function askHTTP2({ listening }: StartedListener, client?: Certificate): Promise<string> {
  const session = connectHTTP2(listening.url, clientOptions(client));
  const stream = session.request({ ":path": "/" });
  stream.setEncoding("utf8");
  try {
    const [text] = await once(stream, "data");
    return text;
  } finally {
    session.destroy();
  }
}

async function askHTTP1({ port }: StartedListener, client?: Certificate): Promise<string> {
  const options = { ...clientOptions(client), host: "127.0.0.1", port, agent: false as const };
  const request = requestHTTPS(options);
  request.end();
  const [response] = await once(request, "response");
  response.setEncoding("utf8");
  const [text] = await once(response, "data");
  return text;
}

describe("TLS", () => {
  it("speaks HTTP/2 and HTTP/1.1 on one port", async () => {
    const started = await startListener({ tls, handler: describeClient });
    expect(started.listening.url).toMatch(/^https:/);
    expect(await askHTTP2(started)).toMatch(/^2\.0 /);
    expect(await askHTTP1(started)).toMatch(/^1\.1 /);
  });

  it("prefers HTTP/2 where the client has both", async () => {
    const { port } = await startListener({ tls });
    const socket = connectTLS({
      ...clientOptions(),
      host: "127.0.0.1",
      port,
      ALPNProtocols: ["http/1.1", "h2"],
    });
    await once(socket, "secureConnect");
    expect(socket.alpnProtocol).toBe("h2");
    socket.destroy();
  });

  it("refuses versions before 1.2", async () => {
    const { port, faults } = await startListener({ tls });
    const socket = connectTLS({
      ...clientOptions(),
      host: "127.0.0.1",
      port,
      minVersion: "TLSv1",
      maxVersion: "TLSv1.1",
      ciphers: "DEFAULT@SECLEVEL=0",
    });
    const [error] = await once(socket, "error");
    expect(error.code).toMatch(/^ERR_SSL_|ECONNRESET/);
    expect(faults).toEqual([]);
  });

  it("drops a client that does not finish its handshake", async () => {
    const { port, faults } = await startListener({ tls, limits: { headersMs: 30 } });
    const socket = connectSocket(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.resume();
    await once(socket, "close");
    expect(faults).toEqual([]);
  });

  it("drops plaintext, and goes on", async () => {
    const started = await startListener({ tls, handler: describeClient });
    const socket = connectSocket(started.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.resume();
    socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    await once(socket, "close");
    expect(started.faults).toEqual([]);
    expect(await askHTTP1(started)).toMatch(/^1\.1 /);
  });

  it("is refused at start with a key that is not the certificate's", async () => {
    const mixed = { certificate: server.cert, privateKey: good.key };
    await expect(startListener({ tls: mixed })).rejects.toThrow(/key values mismatch/);
  });

  it("closes at once, in the middle of a handshake too", async () => {
    const { port, listening } = await startListener({ tls });
    const socket = connectSocket(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.resume();
    await once(socket, "connect");
    const secure = connectTLS({ ...clientOptions(), host: "127.0.0.1", port });
    secure.on("error", () => {});
    await once(secure, "secureConnect");
    await listening.close();
    expect(listening.openSessions).toBe(0);
  });
});

describe("certificates of clients", () => {
  const cases: [string, Certificate | undefined, string][] = [
    ["a good one is vouched for", good, "true billing"],
    ["none is not", undefined, "false nobody"],
    ["an expired one is not", expired, "false billing"],
    ["one of another authority is not", foreign, "false billing"],
  ];

  it.each(cases)("%s", async (_title, certificate, said) => {
    const started = await startListener({ tls: mutualTLS, handler: describeClient });
    expect(await askHTTP2(started, certificate)).toBe(`2.0 ${said}`);
    expect(await askHTTP1(started, certificate)).toBe(`1.1 ${said}`);
    expect(started.faults).toEqual([]);
  });

  it("are not asked for without an authority", async () => {
    const started = await startListener({ tls, handler: describeClient });
    expect(await askHTTP2(started, good)).toBe("2.0 false nobody");
  });
});
