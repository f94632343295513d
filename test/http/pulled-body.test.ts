// Proves that a body that is pulled gives every byte once and in order, says when there is more to
// read, throws its failure after the bytes before it, and lets its source go on, whether it is an
// answer's own or any other iterable.
import { describe, expect, it } from "vitest";
import { type PulledBody, pulledBody } from "../../src/http/pulled-body.ts";
import { type BodySource, ResponseBody } from "../../src/http/response-body.ts";
import { httpClient, post, rawUpstream, until } from "../support/http.ts";
import { chunkedHead, httpChunk } from "../support/raw-upstream.ts";

class CountedSource implements BodySource {
  resumed = 0;
  left = 0;
  resume(): void {
    this.resumed += 1;
  }
  leave(): void {
    this.left += 1;
  }
}

const bytes = (text: string): Uint8Array => Buffer.from(text);

/** Reads a body to its end by its callback alone. */
function textOf(body: PulledBody): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = "";
  const read = (): void => {
    try {
      for (let piece = body.read(); piece !== undefined; piece = body.read()) {
        text += Buffer.from(piece).toString();
      }
      if (body.ended) resolve(text);
    } catch (failure) {
      reject(failure);
    }
  };
  body.onReadable = read;
  read();
  return promise;
}

async function* iterated(...pieces: readonly (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    if (piece instanceof Error) throw piece;
    yield bytes(piece);
  }
}

describe("the body of an answer", () => {
  it("gives what came together in one piece, and tells of what comes later", () => {
    const body = new ResponseBody(new CountedSource());
    let told = 0;
    body.onReadable = () => {
      told += 1;
    };
    expect(body.read()).toBeUndefined();
    body.add(bytes("a"));
    body.add(bytes("b"));
    body.add(bytes("c"));
    expect(told).toBe(0);
    body.notify();
    expect(told).toBe(1);
    expect(Buffer.from(body.read() ?? []).toString()).toBe("abc");
    expect([body.read(), body.ended]).toEqual([undefined, false]);
    body.add(bytes("d"));
    body.end();
    expect([told, body.ended]).toEqual([2, false]);
    expect(Buffer.from(body.read() ?? []).toString()).toBe("d");
    expect([body.read(), body.ended]).toEqual([undefined, true]);
  });

  it("throws a failure after the bytes before it, and an abort at once", () => {
    const failing = new ResponseBody(new CountedSource());
    const reason = new Error("cut");
    failing.push(bytes("a"));
    failing.fail(reason);
    expect(failing.read()).toEqual(bytes("a"));
    expect(failing.ended).toBe(false);
    expect(() => failing.read()).toThrow(reason);
    const aborted = new ResponseBody(new CountedSource());
    aborted.push(bytes("a"));
    aborted.abort(reason);
    expect(() => aborted.read()).toThrow(reason);
  });

  it("stops its source when it is full, and lets it go on when it was read", () => {
    const source = new CountedSource();
    const body = new ResponseBody(source);
    expect(body.push(Buffer.alloc(64 * 1024 - 1))).toBe(true);
    expect(body.push(bytes("x"))).toBe(false);
    expect(source.resumed).toBe(0);
    body.read();
    expect(source.resumed).toBe(1);
    body.push(bytes("x"));
    body.read();
    expect(source.resumed).toBe(1);
  });

  it("does not call its reader from within a read", () => {
    const source = new CountedSource();
    const body = new ResponseBody(source);
    let told = 0;
    body.onReadable = () => {
      told += 1;
    };
    source.resume = () => void body.push(bytes("later"));
    body.push(Buffer.alloc(64 * 1024));
    expect(told).toBe(1);
    expect(body.read()).toHaveLength(64 * 1024);
    expect(told).toBe(1);
    expect(Buffer.from(body.read() ?? []).toString()).toBe("later");
  });

  it("is over once it is left, whatever waited", () => {
    const source = new CountedSource();
    const body = new ResponseBody(source);
    body.push(bytes("a"));
    body.leave();
    expect([body.read(), body.ended, source.left]).toEqual([undefined, true, 1]);
  });

  it("is pulled as it is", () => {
    const body = new ResponseBody(new CountedSource());
    expect(pulledBody(body)).toBe(body);
  });
});

it("an answer tells once of the chunks that one read brought, and then of its end", async () => {
  let write = (_text: string): void => undefined;
  const upstream = await rawUpstream(async (connection) => {
    await connection.request();
    write = (text) => void connection.socket.write(text);
    await connection.send(chunkedHead());
    await connection.closed;
  });
  const body = pulledBody((await httpClient().send(post(upstream.url))).body);
  const heard: [text: string, ended: boolean][] = [];
  body.onReadable = () => {
    const text = Buffer.from(body.read() ?? []).toString();
    heard.push([text, body.ended]);
  };
  expect(body.read()).toBeUndefined();
  write(`${httpChunk("a")}${httpChunk("b")}${httpChunk("c")}`);
  await until(() => heard.length > 0);
  write(`${httpChunk("d")}${httpChunk("")}`);
  await until(() => body.ended);
  expect(heard).toEqual([
    ["abc", false],
    ["d", true],
  ]);
});

describe("any other body", () => {
  it("is pulled piece by piece", async () => {
    expect(await textOf(pulledBody(iterated("a", "b", "c")))).toBe("abc");
    expect(await textOf(pulledBody(iterated()))).toBe("");
  });

  it("throws its failure after the bytes before it", async () => {
    const body = pulledBody(iterated("a", new Error("cut")));
    await expect(textOf(body)).rejects.toThrow("cut");
  });

  it("is let go of when it is left", async () => {
    let closed = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield bytes("x");
      } finally {
        closed += 1;
      }
    }
    const body = pulledBody(endless());
    await new Promise<void>((resolve) => {
      body.onReadable = resolve;
      expect(body.read()).toBeUndefined();
    });
    body.leave();
    expect([body.read(), body.ended]).toEqual([undefined, true]);
    await new Promise((resolve) => void setImmediate(resolve));
    expect(closed).toBe(1);
  });
});
