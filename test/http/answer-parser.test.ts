// Proves that an answer is read the same wherever its bytes are cut, that what Node's own server
// writes is read as it was meant, and that whatever is doubtful (two lengths, folded lines, bare CR
// or LF, sizes that are none, heads without end) is refused and never guessed at.
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AnswerHead } from "../../src/http/answer-head.ts";
import { AnswerParser } from "../../src/http/answer-parser.ts";

const headBytesMax = 2000;

interface Read {
  readonly head: AnswerHead | undefined;
  readonly body: string;
  readonly failure: string | undefined;
  readonly phase: string | undefined;
  readonly over: boolean;
  readonly extra: string;
}

/** Feeds pieces from one reused memory, as a socket does, until the answer is over or failed. */
function readAnswer(pieces: readonly Buffer[], parser = new AnswerParser(headBytesMax)): Read {
  const memory = Buffer.alloc(Math.max(1, ...pieces.map(({ length }) => length)));
  const body: Buffer[] = [];
  let head: AnswerHead | undefined;
  let extra = "";
  for (const piece of pieces) {
    if (parser.over) extra += piece.toString("latin1");
    if (parser.over || parser.failure !== undefined) continue;
    piece.copy(memory);
    parser.push(memory, piece.length);
    head ??= parser.head;
    if (parser.piece !== undefined) body.push(parser.piece);
    extra += piece.toString("latin1", piece.length - parser.extraBytes);
    memory.fill("?");
  }
  if (!parser.over && parser.failure === undefined) parser.end();
  return {
    head,
    body: Buffer.concat(body).toString("latin1"),
    failure: parser.failure?.reason,
    phase: parser.failure?.fields.metadata?.phase,
    over: parser.over,
    extra,
  };
}

function read(text: string): Read {
  return readAnswer([Buffer.from(text, "latin1")]);
}

function plainHead({ head }: Read): unknown {
  return head && { ...head, headers: { ...head.headers } };
}

const ok = "HTTP/1.1 200 OK\r\n";
const chunked = `${ok}transfer-encoding: chunked\r\n\r\n`;

describe("an answer", () => {
  const answers: [title: string, text: string, body: string][] = [
    ["with a length", `${ok}Content-Length: 5\r\nX-A: 1\r\nx-a: 2\r\n\r\nhello`, "hello"],
    ["without a body", `${ok}content-length: 0\r\n\r\n`, ""],
    ["in chunks", `${chunked}5\r\nhello\r\n0001\r\n!\r\n0\r\n\r\n`, "hello!"],
    [
      "with extensions and trailers",
      `${chunked}a;x="y, z";q=1\r\n0123456789\r\nA;b\r\nabcdefghij\r\n00;c\r\nx-t: 1\r\nx-u:\r\n\r\n`,
      "0123456789abcdefghij",
    ],
    [
      "that ends with the connection",
      `${ok}a: b\r\n\r\nas long\r\nas it lasts`,
      "as long\r\nas it lasts",
    ],
    [
      "after informational ones",
      `HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${ok}content-length: 1\r\n\r\nx`,
      "x",
    ],
    ["that has no body by its status", "HTTP/1.1 204 No Content\r\ncontent-length: 9\r\n\r\n", ""],
    [
      "of binary bytes",
      `${ok}content-length: 4\r\nx: \xe9\xff\r\n\r\n\x00\r\n\xff`,
      "\x00\r\n\xff",
    ],
    ["without a reason", "HTTP/1.1 200\r\ncontent-length: 1\r\n\r\nx", "x"],
  ];

  it.each(answers)("%s is the same cut once, anywhere, or into bytes", (_title, text, body) => {
    const bytes = Buffer.from(text, "latin1");
    const whole = readAnswer([bytes]);
    expect(whole).toMatchObject({ body, failure: undefined, over: true, extra: "" });
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const inTwo = readAnswer([bytes.subarray(0, cut), bytes.subarray(cut)]);
      expect({ ...inTwo, head: plainHead(inTwo) }).toEqual({ ...whole, head: plainHead(whole) });
    }
    const inBytes = readAnswer(Array.from(bytes, (byte) => Buffer.of(byte)));
    expect({ ...inBytes, head: plainHead(inBytes) }).toEqual({ ...whole, head: plainHead(whole) });
  });

  it.each(answers)("%s leaves alone what comes behind it", (_title, text, body) => {
    if (text.includes("as it lasts")) return;
    const bytes = Buffer.from(`${text}HTTP/1.1 500 `, "latin1");
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const { extra, ...seen } = readAnswer([bytes.subarray(0, cut), bytes.subarray(cut)]);
      expect(seen).toMatchObject({ body, over: true, failure: undefined });
      expect(extra).toBe("HTTP/1.1 500 ");
    }
  });

  it("that was cut short is not over", () => {
    for (const [title, text] of answers) {
      if (title.includes("ends with the connection")) continue;
      const { over, failure } = read(text.slice(0, -1));
      expect([over, failure], title).toEqual([false, undefined]);
    }
  });

  it("follows another on the same parser", () => {
    const parser = new AnswerParser(headBytesMax);
    for (const [, text, body] of [...answers, ...answers]) {
      parser.reset();
      expect(readAnswer([Buffer.from(text, "latin1")], parser)).toMatchObject({ body, over: true });
    }
  });

  it("keeps its connection for as long as it says", () => {
    const keepAliveMs = (headers: string, version = "1.1"): number | undefined =>
      read(`HTTP/${version} 200 OK\r\ncontent-length: 0\r\n${headers}\r\n`).head?.keepAliveMs;
    const forever = Number.POSITIVE_INFINITY;
    expect(keepAliveMs("")).toBe(forever);
    expect(keepAliveMs("connection: keep-alive\r\nkeep-alive: timeout=5, max=9\r\n")).toBe(5000);
    expect(keepAliveMs("Keep-Alive: max=9,timeout=0\r\n")).toBe(0);
    expect(keepAliveMs("keep-alive: nonsense\r\n")).toBe(forever);
    expect(keepAliveMs("Connection: x, Close\r\n")).toBe(0);
    expect(keepAliveMs("connection: upgrade\r\n")).toBe(forever);
    expect(keepAliveMs("", "1.0")).toBe(0);
    expect(keepAliveMs("connection: Keep-Alive\r\n", "1.0")).toBe(forever);
    expect(read(`${ok}\r\n`).head?.keepAliveMs).toBe(0);
    expect(read(chunked.replace("1.1", "1.0")).head?.keepAliveMs).toBe(0);
  });
});

describe("what is refused in a head", () => {
  const length = "content-length: 2\r\n";
  const heads: [title: string, text: string][] = [
    ["another protocol", "SSH-2.0-x\r\n"],
    ["another version", `${ok.replace("1.1", "2.0")}${length}\r\nab`],
    ["a status of two digits", `HTTP/1.1 20 OK\r\n${length}\r\nab`],
    ["a status that begins with 0", `HTTP/1.1 020 OK\r\n${length}\r\nab`],
    ["a status with more digits", `HTTP/1.1 2000 OK\r\n${length}\r\nab`],
    ["an empty line before it", `\r\n${ok}${length}\r\nab`],
    ["two lengths", `${ok}${length}content-length: 3\r\n\r\nab`],
    ["one length twice", `${ok}${length}${length}\r\nab`],
    ["lengths in a list", `${ok}content-length: 2, 2\r\n\r\nab`],
    ["a length and chunks", `${ok}${length}transfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
    ["a signed length", `${ok}content-length: +2\r\n\r\nab`],
    ["a hexadecimal length", `${ok}content-length: 0x2\r\n\r\nab`],
    ["an empty length", `${ok}content-length:\r\n\r\nab`],
    ["a length beyond counting", `${ok}content-length: 9007199254740993\r\n\r\n`],
    ["another coding", `${ok}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ["chunks in chunks", `${ok}transfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n`],
    ["a coding that looks like chunks", `${ok}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ["a folded line", `${ok}x: a\r\n b\r\n${length}\r\nab`],
    ["a space before the colon", `${ok}content-length : 2\r\n\r\nab`],
    ["a header without a colon", `${ok}content-length 2\r\nx: a\r\n\r\nab`],
    ["a header without a name", `${ok}: 2\r\n\r\nab`],
    ["a bare LF", `${ok}x: a\n${length}\r\nab`],
    ["only bare LFs", "HTTP/1.1 200 OK\ncontent-length: 2\n\nab"],
    ["a bare CR", `${ok}x: a\rcontent-length: 9\r\n${length}\r\nab`],
    ["a zero byte", `${ok}x: a\0b\r\n${length}\r\nab`],
    ["a name that is no token", `${ok}x(y): a\r\n${length}\r\nab`],
    ["a change of protocol", "HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\n"],
    ["informational ones without end", "HTTP/1.1 102 P\r\n\r\n".repeat(17)],
    ["headers over the limit", `${ok}x: ${"y".repeat(headBytesMax)}\r\n\r\n`],
    ["headers without end", `${ok}${"x: y\r\n".repeat(headBytesMax / 6)}`],
  ];

  it.each(heads)("%s, whole or byte by byte", (_title, text) => {
    const bytes = Buffer.from(text, "latin1");
    for (const pieces of [[bytes], Array.from(bytes, (byte) => Buffer.of(byte))]) {
      expect(readAnswer(pieces)).toMatchObject({
        head: undefined,
        body: "",
        failure: "PROVIDER_MALFORMED_RESPONSE",
        phase: "headers",
      });
    }
  });

  it("as soon as it can be seen", () => {
    for (const text of ["HTTP/2", "<html>", `${ok}bad line\r\n`, `${ok}a: b\r\n\tc\r\n`]) {
      expect(read(text).failure, text).toBe("PROVIDER_MALFORMED_RESPONSE");
    }
  });

  it("but no head that is just within the limit", () => {
    const fill = headBytesMax - `${ok}content-length: 1\r\nx: \r\n\r\n`.length;
    const text = `${ok}content-length: 1\r\nx: ${"y".repeat(fill)}\r\n\r\nx`;
    expect(read(text)).toMatchObject({ body: "x", over: true });
  });
});

describe("what is refused in chunks", () => {
  const good = "2\r\nab\r\n";
  const bodies: [title: string, text: string][] = [
    ["no size", "nonsense\r\n"],
    ["an empty size", "\r\n"],
    ["a signed size", "+2\r\ncd\r\n"],
    ["a size in the C manner", "0x2\r\ncd\r\n"],
    ["a space before the size", " 2\r\ncd\r\n"],
    ["a space behind the size", "2 \r\ncd\r\n"],
    ["a size beyond counting", `${"f".repeat(14)}\r\n`],
    ["a size with zeros without end", "0".repeat(100)],
    ["a bare LF behind the size", "2\ncd\r\n"],
    ["a bare CR behind the size", "2\r2\r\ncd\r\n"],
    ["a chunk that is longer than its size", "2\r\ncde\r\n"],
    ["a chunk that ends with a bare LF", "2\r\ncd\n2\r\nef\r\n"],
    ["a line break in an extension", "2;a\nb\r\ncd\r\n"],
    ["an extension over the limit", `2;${"x".repeat(headBytesMax + 1)}`],
    ["a trailer without a name", "0\r\n: x\r\n\r\n"],
    ["a folded trailer", "0\r\nx: a\r\n b\r\n\r\n"],
    ["a trailer that is none", "0\r\nx y\r\n\r\n"],
    ["a bare LF in a trailer", "0\r\nx: a\nb\r\n\r\n"],
    ["trailers over the limit", `0\r\n${"x: y\r\n".repeat(headBytesMax)}`],
    ["another answer in the place of trailers", "0\r\nHTTP/1.1 200 OK\r\n\r\n"],
  ];

  it.each(bodies)("%s, after the bytes before it, cut anywhere", (_title, text) => {
    const bytes = Buffer.from(chunked + good + text, "latin1");
    const expected = { failure: "PROVIDER_MALFORMED_RESPONSE", phase: "body", over: false };
    for (const cut of [
      0,
      ...Array.from({ length: Math.min(text.length, 60) }, (_, at) => at + 1),
    ]) {
      const at = bytes.length - cut;
      const seen = readAnswer([bytes.subarray(0, at), bytes.subarray(at)]);
      expect(seen).toMatchObject(expected);
      expect(seen.body.startsWith("ab")).toBe(true);
    }
    const inBytes = readAnswer(Array.from(bytes, (byte) => Buffer.of(byte)));
    expect(inBytes).toMatchObject(expected);
  });
});

it("never throws and never reads beyond the end, whatever comes", () => {
  const part = fc.oneof(
    fc.constantFrom(ok, chunked, "\r\n", "0\r\n\r\n", "2\r\nab\r\n", "content-length: 2\r\n", "a"),
    fc.string({ unit: "binary-ascii" }),
  );
  fc.assert(
    fc.property(fc.array(part), fc.array(fc.nat(40)), (parts, cuts) => {
      const bytes = Buffer.from(parts.join(""), "latin1");
      const whole = readAnswer([bytes]);
      const inPieces = readAnswer(cutAt(bytes, cuts));
      expect(inPieces.failure).toBe(whole.failure);
      expect(inPieces.body).toBe(whole.body);
      expect(inPieces.over).toBe(whole.over);
      expect(whole.body.length + whole.extra.length).toBeLessThanOrEqual(bytes.length);
    }),
  );
});

describe("Node's own server", () => {
  interface Answer {
    readonly status: number;
    readonly headers: readonly (readonly [string, string])[];
    readonly pieces: readonly string[];
    readonly framing: "length" | "chunked" | "close";
    readonly trailers: boolean;
  }

  let answer: Answer;
  let server: Server;
  beforeAll(async () => {
    server = createServer((_, response) => {
      const { status, headers, pieces, framing, trailers } = answer;
      for (const [name, value] of headers) response.appendHeader(name, value);
      if (framing === "length") {
        response.setHeader("content-length", Buffer.byteLength(pieces.join("")));
      }
      if (framing === "close") response.useChunkedEncodingByDefault = false;
      if (trailers && framing === "chunked") response.setHeader("trailer", "x-sum");
      response.writeHead(status);
      for (const piece of pieces) response.write(piece);
      if (trailers && framing === "chunked") response.addTrailers({ "x-sum": "1" });
      response.end();
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => void server.close());

  /** All bytes of one answer, after which the server is told to close. */
  async function bytesOf(): Promise<Buffer> {
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  const name = fc.stringMatching(/^x-[a-z0-9]{1,8}$/);
  const value = fc.stringMatching(/^[!-~](?:[ -~]{0,20}[!-~])?$/);
  const answers: fc.Arbitrary<Answer> = fc.record({
    status: fc.constantFrom(200, 201, 302, 400, 429, 500, 529),
    headers: fc.array(fc.tuple(name, value), { maxLength: 6 }),
    pieces: fc.array(fc.string({ minLength: 1, maxLength: 300, unit: "grapheme" }), {
      maxLength: 6,
    }),
    framing: fc.constantFrom("length" as const, "chunked" as const, "close" as const),
    trailers: fc.boolean(),
  });

  it("is understood, whatever it says and wherever it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(answers, fc.array(fc.nat(60)), async (given, cuts) => {
        answer = given;
        const seen = readAnswer(cutAt(await bytesOf(), cuts));
        expect(seen).toMatchObject({ over: true, failure: undefined, extra: "" });
        expect(Buffer.from(seen.body, "latin1").toString()).toBe(given.pieces.join(""));
        expect(seen.head?.status).toBe(given.status);
        const joined = Map.groupBy(given.headers, ([each]) => each);
        for (const [each, values] of joined) {
          expect(seen.head?.headers[each]).toBe(values.map(([, text]) => text).join(", "));
        }
      }),
    );
  });
});

/** The bytes in pieces of the given lengths, and the rest. */
function cutAt(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const length of lengths) {
    pieces.push(bytes.subarray(at, at + length));
    at = Math.min(at + length, bytes.length);
  }
  return [...pieces, bytes.subarray(at)];
}
