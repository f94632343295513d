// Proves that no secret the redactor was told of survives in any text, as it is, in JSON, in a URL
// or in base64, nor what looks like a credential; that other text stays; and that it takes linear
// time.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Secret } from "../../src/contract/secret.ts";
import { Redactor } from "../../src/http/redaction.ts";

function redactorOf(...secrets: string[]): Redactor {
  const redactor = new Redactor();
  for (const secret of secrets) redactor.add(new Secret(secret));
  return redactor;
}

const secretText = fc.string({ unit: "grapheme-ascii", minLength: 8, maxLength: 40 });
const around = fc.string({ unit: "binary", maxLength: 30 });

describe("a known secret", () => {
  it("survives nowhere, as it is, in JSON or in a URL", () => {
    const forms = fc.constantFrom<(secret: string) => string>(
      (secret) => secret,
      (secret) => JSON.stringify({ error: `key ${secret} is wrong` }),
      (secret) => encodeURIComponent(secret),
      (secret) => encodeURIComponent(secret).replaceAll(/%../g, (code) => code.toLowerCase()),
      (secret) => new URLSearchParams({ key: secret }).toString(),
      (secret) => secret + secret,
    );
    fc.assert(
      fc.property(secretText, forms, around, around, (secret, form, before, after) => {
        const written = form(secret);
        const redacted = redactorOf(secret).redact(before + written + after);
        for (const shown of new Set([written, secret, encodeURIComponent(secret)])) {
          // The mask could be the only thing that such a "secret" consists of.
          if (!/^\**$/.test(shown)) expect(redacted).not.toContain(shown);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("survives in no base64 of whatever holds it", () => {
    const encoding = fc.constantFrom<BufferEncoding>("base64", "base64url");
    fc.assert(
      fc.property(secretText, around, around, encoding, (secret, before, after, name) => {
        const written = Buffer.from(before + secret + after).toString(name);
        const redacted = redactorOf(secret).redact(written);
        expect(Buffer.from(redacted.replaceAll("*", ""), name).toString()).not.toContain(secret);
        expect(redacted).toContain("***");
      }),
      { numRuns: 500 },
    );
  });

  it("hides another one that overlaps it or is part of it", () => {
    const redactor = redactorOf("abcdefgh-1234", "1234-ijklmnop", "efgh-1234-ij");
    expect(redactor.redact("<abcdefgh-1234-ijklmnop>")).toBe("<***>");
    expect(redactorOf("abcdefgh", "abcdefghij").redact("abcdefghij abcdefgh")).toBe("*** ***");
  });

  it("is known for a while where it was fetched: the last 64 of them", () => {
    const redactor = new Redactor();
    const token = (index: number): string => `fetched-token-${1000 + index}`;
    for (let index = 0; index < 65; index += 1) redactor.addFetched(new Secret(token(index)));
    expect(redactor.redact(`${token(64)} ${token(1)} ${token(0)}`)).toBe(`*** *** ${token(0)}`);
    redactor.addFetched(new Secret("short"));
    expect(redactor.redact("short")).toBe("short");
  });

  it("is hidden each time, and text around it stays", () => {
    const redactor = redactorOf("correct horse");
    expect(redactor.redact("a correct horse, a correct horse!")).toBe("a ***, a ***!");
    expect(redactor.redact("an incorrect answer")).toBe("an incorrect answer");
  });

  it("of fewer than eight characters is left to the patterns", () => {
    expect(redactorOf("the", "answer").redact("the answer")).toBe("the answer");
  });
});

describe("what looks like a credential", () => {
  const samples: [text: string, expected: string][] = [
    ["Incorrect API key provided: sk-proj-a1B2c3D4e5.", "Incorrect API key provided: ***"],
    ["key sk-ant-api03-abc_DEF-123 is wrong", "key *** is wrong"],
    ["https://host/v1?key=AIzaSyA1234567890&alt=sse", "https://host/v1?key=***&alt=sse"],
    ["Authorization: Bearer abcd.efgh-1234", "Authorization: ***"],
    ['{"authorization":"Bearer abcd1234"}', '{"authorization":"***"}'],
    ["authorization: Basic dXNlcjprZXk=", "authorization: ***"],
    ["sent Bearer abcd.efgh-1234 to it", "sent Bearer *** to it"],
    ["authorization: secret-value", "authorization: ***"],
    ["x-api-key: secret-value\r\nhost: a", "x-api-key: ***\r\nhost: a"],
    ['"x-goog-api-key" : "secret-value"', '"x-goog-api-key" : "***"'],
    ["api_key=secret-value&x=1", "api_key=***&x=1"],
    ["set-cookie: a=secret; b=secret\nhost: a", "set-cookie: ***\nhost: a"],
    ["AKIAIOSFODNN7EXAMPLE", "***"],
    ["ya29.a0AfH6SMBx-abc", "***"],
    ["eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl", "***"],
    ["gsk_0123456789abcdefghijklmn", "***"],
  ];
  it.each(samples)("%j", (text, expected) => {
    expect(redactorOf().redact(text)).toBe(expected);
  });

  it.each([
    "The model `xai-grok` and the task-list-of-things are risk-free-of-charge.",
    "Bearer of news; basic needs; the cookie jar; an API key is missing; authorization failed.",
    "model: claude-sonnet-4-5, finish_reason: stop",
  ])("leaves %j as it is", (text) => {
    expect(redactorOf("another secret").redact(text)).toBe(text);
  });
});

describe("cost", () => {
  const hostile = [
    "sk-",
    "sk-a",
    "AIza",
    "eyJ",
    "eyJaaaaaaaaaaaa",
    "eyJaaaaaaaaaaaa.",
    "-eyJaaaaaaaaaaaa",
    "Bearer ",
    "bearer:",
    "x-api-key",
    "x-api-key: ",
    'authorization" \t',
    "cookie: ",
    "cookie=a",
    "ya29.",
    "aaaaaaaa",
    "*",
    " ",
    "\r\n",
  ];
  it.each(hostile)("is linear over a million characters of %j", (piece) => {
    const redactor = redactorOf("aaaaaaaa", "sk-sk-sk-sk-", "correct horse battery");
    // Were the cost the square of the length, this would take far longer than a test may.
    const redacted = redactor.redact(piece.repeat(1_000_000 / piece.length));
    expect(redacted.length).toBeLessThanOrEqual(1_100_000);
  });
});
