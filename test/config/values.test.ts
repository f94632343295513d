// Proves how single values are read: base URLs in canonical form, times, sizes, references.
import { fc, it as property } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { isLoopback, isPrivateURL, parseBaseURL } from "../../src/config/base-url.ts";
import {
  formatDuration,
  parseDurationMs,
  parseSizeBytes,
  parseWhole,
} from "../../src/config/quantities.ts";
import { escapeReferences, References } from "../../src/config/references.ts";
import { nearestNames } from "../../src/contract/nearest-names.ts";
import { reference } from "./loading.ts";

describe("a base URL", () => {
  it.each([
    ["https://api.openai.com/v1/", "https://api.openai.com/v1"],
    ["HTTPS://API.Example.COM.", "https://api.example.com"],
    ["https://x.test:443//", "https://x.test"],
    ["http://x.test:8080/a/../b/", "http://x.test:8080/b"],
    ["http://2130706433/v1", "http://127.0.0.1/v1"],
    ["http://0x7f.1", "http://127.0.0.1"],
    ["http://0177.0.0.1", "http://127.0.0.1"],
    ["http://[::FFFF:127.0.0.1]:80", "http://[::ffff:7f00:1]"],
    ["http://[0:0::0]", "http://[::]"],
    ["https://bücher.test", "https://xn--bcher-kva.test"],
  ])("%s is %s", (text, url) => {
    expect(parseBaseURL(text)).toEqual({ url });
  });

  it.each(["https:/x.test", "https:x.test", "https:///x.test", "https://", "https://x.test:99999"])(
    "%s is none",
    (text) => {
      expect(parseBaseURL(text)).toHaveProperty("problem");
    },
  );

  property.prop([fc.webUrl({ withFragments: false, withQueryParameters: false })])(
    "is the same when it is read again",
    (text) => {
      const first = parseBaseURL(text);
      expect(first).toHaveProperty("url");
      if ("url" in first) expect(parseBaseURL(first.url)).toEqual(first);
    },
  );

  it.each([
    ["http://127.0.0.1", true],
    ["http://[::1]", true],
    ["http://10.1.2.3", true],
    ["http://ollama:11434", true],
    ["http://models.internal", true],
    ["http://[2606:4700::1111]", false],
    ["http://8.8.8.8", false],
    ["http://example.com", false],
  ])("%s is private: %s", (url, expected) => {
    expect(isPrivateURL(url)).toBe(expected);
  });

  it("is on loopback only where its host is", () => {
    expect(["127.0.0.1", "::1", "localhost"].every(isLoopback)).toBe(true);
    expect(["0.0.0.0", "::", "mylocalhost", "127.0.0.1.x.test"].some(isLoopback)).toBe(false);
  });
});

describe("a time", () => {
  it.each([
    [60, 60_000],
    [0.5, 500],
    ["60", 60_000],
    ["60s", 60_000],
    ["500ms", 500],
    ["2m", 120_000],
    ["1.5h", 5_400_000],
    ["596h", 2_145_600_000],
  ])("%s is %d ms", (input, ms) => {
    expect(parseDurationMs(input)).toBe(ms);
  });

  it.each([
    0,
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    "",
    "s",
    "1 d",
    "1e3s",
    "597h",
    "0ms",
    true,
  ])("%s is none", (input) => {
    expect(parseDurationMs(input)).toBeUndefined();
  });

  property.prop([fc.integer({ min: 1, max: 2 ** 31 - 1 })])("is read as it is written", (ms) => {
    expect(parseDurationMs(formatDuration(ms))).toBe(ms);
  });
});

describe("a size and a whole number", () => {
  it.each([
    ["16MiB", 16_777_216],
    ["64 KiB", 65_536],
    ["1GiB", 1_073_741_824],
    ["10B", 10],
    [10, 10],
    ["1.5KiB", 1536],
  ])("%s is %d bytes", (input, bytes) => {
    expect(parseSizeBytes(input)).toBe(bytes);
  });

  it.each(["16MB", "16M", "1.0001KiB", 1.5, "-1", "constructor", "1toString", null])(
    "%s is no size",
    (input) => {
      expect(parseSizeBytes(input)).toBeUndefined();
    },
  );

  it("are whole numbers also in a text, and nothing else", () => {
    expect([parseWhole(7), parseWhole("7"), parseWhole(" 7\n")]).toEqual([7, 7, 7]);
    expect([parseWhole(1.5), parseWhole("7s"), parseWhole(2 ** 53), parseWhole("")]).toEqual(
      Array(4).fill(undefined),
    );
  });
});

describe("references", () => {
  const references = new References({ A: "one", B: reference("A"), EMPTY: " " }, "/nowhere");

  it.each([
    ["plain $ {A} text", "plain $ {A} text"],
    [`x-${reference("A")}-${reference("A")}`, "x-one-one"],
    [reference("B"), reference("A")],
    [`$${reference("A")}`, reference("A")],
    [`$$${reference("A")}`, `$${reference("A")}`],
  ])("in %s give %s", (text, expected) => {
    expect(references.expand(text)).toMatchObject({ kind: "text", text: expected });
  });

  it.each([
    [reference("NOT_SET"), "NOT_SET is not set"],
    [reference("toString"), "toString is not set"],
    [reference("EMPTY"), "EMPTY is empty"],
    [reference("file:secret.txt"), "secret.txt: the file does not exist"],
  ])("to nothing, such as %s, are missing", (text, why) => {
    expect(references.expand(text)).toEqual({ kind: "missing", why });
  });

  it.each([reference("A:-x"), reference(""), reference("file:"), `${"$"}{A`, reference("1A")])(
    "like %s are malformed",
    (text) => {
      expect(references.expand(text)).toMatchObject({ kind: "malformed" });
    },
  );

  property.prop([fc.string({ unit: fc.constantFrom("$", "{", "}", "A") })])(
    "are not seen in a text that was escaped",
    (text) => {
      expect(references.expand(escapeReferences(text))).toMatchObject({ kind: "text", text });
    },
  );
});

describe("the nearest name", () => {
  it.each([
    ["base_ulr", "base_url"],
    ["Hosts", "host"],
    ["elephants", undefined],
    ["x".repeat(10_000), undefined],
  ])("to %s is %s", (name, expected) => {
    expect(nearestNames(name, ["host", "port", "base_url"])[0]).toBe(expected);
  });
});
