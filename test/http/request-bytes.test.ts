// Proves that a request goes out as bytes that mean what was asked for, as Node's own server reads
// them, and that nothing in a header can end its line, begin another one or take over what is the
// connection's own business.
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requestBytes, requestPrefix } from "../../src/http/request-bytes.ts";
import { refusal } from "../support/violations.ts";

const prefix = requestPrefix("POST", "/v1/x?y=z", "h.example:8080");

/** The bytes as a connection writes them. */
function written(headers: Readonly<Record<string, string>>, body: string): Buffer {
  const bytes = requestBytes(prefix, headers, body);
  return typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
}

describe("Node's own server", () => {
  let seen: { url: string | undefined; headers: IncomingHttpHeaders; body: string } | undefined;
  let server: Server;
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const { url, headers } = request;
      seen = { url, headers, body: await text(request) };
      response.writeHead(200, { connection: "close" }).end();
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => void server.close());

  async function send(bytes: Buffer): Promise<void> {
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.write(bytes);
    await text(socket);
  }

  const name = fc.stringMatching(/^x-[a-z0-9]{1,8}$/);
  const value = fc.stringMatching(/^(?:[!-~\xa1-\xff](?:[\t -~\xa1-\xff]{0,20}[!-~\xa1-\xff])?)?$/);
  const body = fc.oneof(fc.string(), fc.string({ unit: "grapheme", maxLength: 100 }));

  it("reads every header and every byte of the body", async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, value, { maxKeys: 6 }), body, async (headers, given) => {
        await send(written(headers, given));
        expect(seen).toMatchObject({ url: "/v1/x?y=z", body: given, headers });
        expect(seen?.headers).toMatchObject({
          host: "h.example:8080",
          connection: "keep-alive",
          "accept-encoding": "identity",
        });
      }),
    );
  });
});

it("has the length of the body's UTF-8, and none without a body", () => {
  expect(written({}, "a🦀é").toString()).toMatch(/\r\ncontent-length: 7\r\n\r\na🦀é$/);
  expect(written({}, "").toString()).not.toContain("content-length");
  expect(written({ x: "é" }, "🦀").toString("latin1")).toContain("\r\nx: é\r\n");
});

it.each([
  ["a CR in a value", { x: "canary\rb" }],
  ["an LF in a value", { x: "canary\nb" }],
  ["a zero byte in a value", { x: "canary\0" }],
  ["a character beyond Latin-1 in a value", { x: "canary 🦀" }],
  ["a line end in a name", { "canary\r\ny": "b" }],
  ["a colon in a name", { "canary:": "b" }],
  ["a space in a name", { "canary b": "b" }],
  ["no name", { "": "canary" }],
  ["a length of its own", { "Content-Length": "canary" }],
  ["a coding of its own", { "transfer-encoding": "canary" }],
  ["a host of its own", { host: "canary" }],
  ["a close of its own", { connection: "canary" }],
  ["an expectation", { expect: "canary" }],
])("refuses %s, twice, without telling it", (_title, headers: Record<string, string>) => {
  for (let count = 0; count < 2; count += 1) {
    const error = refusal(() => void requestBytes(prefix, headers, ""));
    expect(error?.reason).toBe("INTERNAL_FAULT");
    expect(error?.message).not.toContain("canary");
  }
});
