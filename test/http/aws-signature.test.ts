// Proves that requests are signed as AWS signs them: the signatures that its documentation
// publishes come out, and an independent implementation agrees for any path, query, header, body,
// secret and instant.
import { createHash, createHmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AWSCredentials } from "../../src/contract/credentials.ts";
import { Secret } from "../../src/contract/secret.ts";
import {
  AWSSigner,
  type SigningScope,
  type UnsignedRequest,
} from "../../src/http/aws-signature.ts";

function credentials(secret: string, token?: string): AWSCredentials {
  return {
    type: "aws",
    accessKeyID: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: new Secret(secret),
    ...(token !== undefined && { sessionToken: new Secret(token) }),
  };
}

describe("published signatures", () => {
  // Examples of the S3 API reference, "Signature Calculations for the Authorization Header".
  const scope: SigningScope = {
    region: "us-east-1",
    service: "s3",
    wallTimeMs: Date.UTC(2013, 4, 24),
  };
  const key = credentials("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");

  it.each([
    ["?lifecycle", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"],
    ["?max-keys=2&prefix=J", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"],
  ])("%s", (query, signature) => {
    const url = `https://examplebucket.s3.amazonaws.com/${query}`;
    const headers = new AWSSigner().sign({ method: "GET", url, headers: {}, body: "" }, key, scope);
    expect(headers).toEqual({
      "x-amz-date": "20130524T000000Z",
      "x-amz-content-sha256": createHash("sha256").digest("hex"),
      authorization:
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, " +
        `SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${signature}`,
    });
  });
});

/** The same by AWS's own library, over the headers that we sign. */
async function independent(
  { method, url, headers, body }: UnsignedRequest,
  key: AWSCredentials,
  { region, service, wallTimeMs }: SigningScope,
): Promise<string | undefined> {
  const { host, hostname, pathname, search, protocol } = new URL(url);
  const bodySum = createHash("sha256").update(body).digest("hex");
  const signer = new SignatureV4({
    credentials: {
      accessKeyId: key.accessKeyID,
      secretAccessKey: key.secretAccessKey.reveal(),
      ...(key.sessionToken && { sessionToken: key.sessionToken.reveal() }),
    },
    region,
    service,
    sha256: Sha256,
    uriEscapePath: true,
  });
  const query = Object.fromEntries(new URLSearchParams(search));
  const signed = await signer.sign(
    {
      method,
      protocol,
      hostname,
      path: pathname,
      query,
      headers: { ...headers, host, "x-amz-content-sha256": bodySum },
      body,
    },
    { signingDate: new Date(wallTimeMs) },
  );
  return signed.headers.authorization;
}

/** Node's hashes in the shape that the library wants. */
class Sha256 {
  readonly #secret: Uint8Array | undefined;
  #data = Buffer.alloc(0);

  constructor(secret?: unknown) {
    this.#secret = secret === undefined ? undefined : Buffer.from(secret as string);
  }

  update(data: unknown): void {
    this.#data = Buffer.concat([this.#data, Buffer.from(data as string)]);
  }

  async digest(): Promise<Uint8Array> {
    if (this.#secret === undefined) return createHash("sha256").update(this.#data).digest();
    return createHmac("sha256", this.#secret).update(this.#data).digest();
  }

  reset(): void {
    this.#data = Buffer.alloc(0);
  }
}

describe("an independent implementation", () => {
  const segment = fc.string({ minLength: 1, maxLength: 12 }).filter((text) => !/^\.+$/.test(text));
  const request = fc.record({
    method: fc.constantFrom("GET", "POST"),
    url: fc
      .record({
        host: fc.constantFrom(
          "https://bedrock-runtime.eu-west-1.amazonaws.com",
          "http://127.0.0.1:8080",
        ),
        path: fc.array(segment, { maxLength: 4 }),
        query: fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { maxKeys: 3 }),
      })
      .map(({ host, path, query }) => {
        const search = new URLSearchParams(Object.entries(query)).toString().replaceAll("+", "%20");
        return `${host}/${path.map(encodeURIComponent).join("/")}${search && `?${search}`}`;
      }),
    headers: fc.record({
      "content-type": fc.constantFrom("application/json", " a   b "),
      "x-amzn-bedrock-trace": fc.constantFrom("ENABLED", "ENABLED_FULL"),
    }),
    body: fc.string({ unit: "binary" }),
  });
  const key = fc
    .tuple(
      fc.string({ minLength: 1 }),
      fc.option(fc.string({ minLength: 1 }).map((text) => text.trim() || "t")),
    )
    .map(([secret, token]) => credentials(secret, token ?? undefined));
  const scope = fc.record({
    region: fc.constantFrom("us-east-1", "eu-west-1"),
    service: fc.constant("bedrock"),
    wallTimeMs: fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2030, 0, 1) }),
  });

  it("agrees for any request", async () => {
    await fc.assert(
      fc.asyncProperty(request, key, scope, async (unsigned, used, where) => {
        const ours = new AWSSigner().sign(unsigned, used, where);
        expect(ours.authorization).toBe(await independent(unsigned, used, where));
        expect(ours["x-amz-security-token"]).toBe(used.sessionToken?.reveal());
      }),
    );
  });

  it("agrees for ids of models, whose colons are escaped twice", async () => {
    const ids = ["anthropic.claude-3-haiku-20240307-v1:0", "arn:aws:bedrock:us-east-1:1:profile/a"];
    for (const id of ids) {
      const url = `https://bedrock-runtime.us-east-1.amazonaws.com/model/${encodeURIComponent(id)}/converse`;
      const unsigned = { method: "POST", url, headers: {}, body: "{}" };
      const where = { region: "us-east-1", service: "bedrock", wallTimeMs: Date.UTC(2026, 0, 1) };
      const used = credentials("secret");
      const { authorization } = new AWSSigner().sign(unsigned, used, where);
      expect(authorization).toBe(await independent(unsigned, used, where));
    }
  });

  it("agrees when one signer signs for days, regions and secrets by turns", async () => {
    const signer = new AWSSigner();
    const unsigned = { method: "POST", url: "https://a.example/x", headers: {}, body: "{}" };
    const keys = [credentials("one"), credentials("two")];
    for (const day of [1, 2, 1, 2]) {
      for (const region of ["us-east-1", "eu-west-1"]) {
        for (const used of keys) {
          const where = { region, service: "bedrock", wallTimeMs: Date.UTC(2026, 0, day, 23, 59) };
          const { authorization } = signer.sign(unsigned, used, where);
          expect(authorization).toBe(await independent(unsigned, used, where));
        }
      }
    }
  });
});
