// Proves that a body is read as UTF-8 wherever it is cut, that its limit is exact, that nothing is
// read beyond it and the body is left, and that a body of single bytes costs no memory of its own.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { readText } from "../../src/framing/read-text.ts";
import { cutInto, heapUsedBytes } from "../support/framing.ts";

async function* bodyOf(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

describe("reading a body", () => {
  it("decodes it whole, wherever it is cut", async () => {
    const cuts = fc.array(fc.nat(200), { maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), cuts, async (bytes, at) => {
        const text = await readText(bodyOf(cutInto(bytes, at)), 1000, "throw");
        expect(text).toBe(new TextDecoder().decode(bytes));
      }),
    );
  });

  it("drops a byte order mark and reads nothing as nothing", async () => {
    expect(await readText(bodyOf([Buffer.from("\u{feff}{}")]), 10, "throw")).toBe("{}");
    expect(await readText(bodyOf([]), 10, "throw")).toBe("");
  });

  it("cuts at the limit, after a whole character", async () => {
    const bytes = Buffer.from("aé漢🦀b");
    const expected = ["", "a", "a", "aé", "aé", "aé", "aé漢", "aé漢", "aé漢", "aé漢"];
    for (const [limit, text] of expected.entries()) {
      for (const chunks of [[bytes], cutInto(bytes, [1, 2, 3, 4, 5, 6, 7, 8, 9])]) {
        expect(await readText(bodyOf(chunks), limit, "cut"), `limit ${limit}`).toBe(text);
      }
    }
    expect(await readText(bodyOf([bytes]), bytes.length, "cut")).toBe("aé漢🦀b");
  });

  it("refuses one byte over the limit", async () => {
    const body = (): AsyncIterable<Uint8Array> => bodyOf([Buffer.from("12345"), Buffer.from("6")]);
    expect(await readText(body(), 6, "throw")).toBe("123456");
    const error = await readText(body(), 5, "throw").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConnectorError);
    expect(error).toMatchObject({ reason: "PROVIDER_RESPONSE_TOO_LARGE" });
  });

  it.each(["throw", "cut"] as const)(
    "reads no more than it needs and leaves (%s)",
    async (mode) => {
      let read = 0;
      let left = false;
      async function* endless(): AsyncGenerator<Uint8Array> {
        try {
          for (;;) {
            read += 1;
            yield Buffer.from("12345");
          }
        } finally {
          left = true;
        }
      }
      await readText(endless(), 12, mode).catch(() => "");
      expect(read).toBe(3);
      expect(left).toBe(true);
    },
  );

  it("throws what the body throws", async () => {
    const lost = new ConnectorError("PROVIDER_CONNECTION_LOST", "lost");
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("a");
      throw lost;
    }
    await expect(readText(failing(), 10, "cut")).rejects.toBe(lost);
  });

  it("keeps no object for each of a million single bytes", async () => {
    const before = heapUsedBytes();
    let most = 0;
    async function* singleBytes(): AsyncGenerator<Uint8Array> {
      for (let count = 1; count <= 1_000_000; count += 1) {
        yield Buffer.from("x");
        if (count % 250_000 === 0) most = Math.max(most, heapUsedBytes() - before);
      }
    }
    expect(await readText(singleBytes(), 2_000_000, "throw")).toHaveLength(1_000_000);
    expect(most).toBeLessThan(5 * 1024 * 1024);
  });
});
