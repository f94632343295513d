// Proves that requests are signed with a target's own credentials or those that a chain finds, for
// the target's region; that fetched secrets are told to the redactor; and that what is missing,
// refused, unreachable or late is a typed error with a hint and without any secret.
import { describe, expect, it } from "vitest";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import type { AWSCredentials } from "../../src/contract/credentials.ts";
import { Secret } from "../../src/contract/secret.ts";
import {
  AWSCredentialSource,
  type CredentialChain,
  type FoundCredentials,
} from "../../src/http/aws-credentials.ts";
import type { HttpRequest } from "../../src/http/http-client.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const url = "https://bedrock-runtime.eu-west-1.amazonaws.com/model/a.b-v1%3A0/converse";

function requestTo(address: string, signal = new AbortController().signal): HttpRequest {
  const headers = { "content-type": "application/json" };
  return { method: "POST", url: address, headers, body: "{}", signal, allowPrivate: false };
}

const own: AWSCredentials = {
  type: "aws",
  accessKeyID: "AKIDOWN",
  secretAccessKey: new Secret("own-secret"),
};

function scene(chain: CredentialChain) {
  const clock = new VirtualClock();
  const learned: string[] = [];
  const learn = (secret: Secret): void => void learned.push(secret.reveal());
  return { clock, learned, source: new AWSCredentialSource({ clock, learn }, chain) };
}

const noChain: CredentialChain = () => Promise.reject(new Error("must not be asked"));

async function failureOf(promise: Promise<unknown>): Promise<ConnectorError> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof ConnectorError)) throw new Error(`no ConnectorError: ${thrown}`);
  return thrown;
}

describe("signing", () => {
  it("uses the target's own credentials and region, at the clock's time", async () => {
    const { source } = scene(noChain);
    const use = { credentials: own, region: "us-west-2" };
    const { authorization, ...rest } = await source.headers(requestTo(url), use);
    expect(authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDOWN\/20260101\/us-west-2\/bedrock\/aws4_request, SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}$/,
    );
    expect(Object.keys(rest).sort()).toEqual(["x-amz-content-sha256", "x-amz-date"]);
  });

  it.each([
    [url, "eu-west-1"],
    ["https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com/", "us-gov-west-1"],
    ["https://vpce-1.bedrock-runtime.us-east-1.vpce.amazonaws.com/", "us-east-1"],
  ])("takes the region of %s where the target has none", async (address, region) => {
    const { source } = scene(noChain);
    const use = { credentials: own, region: "" };
    const { authorization } = await source.headers(requestTo(address), use);
    expect(authorization).toContain(`/20260101/${region}/bedrock/`);
  });

  it("refuses to sign for nowhere", async () => {
    const { source } = scene(noChain);
    const use = { credentials: own, region: "" };
    const error = await failureOf(source.headers(requestTo("http://127.0.0.1/x"), use));
    expect([error.reason, error.status]).toEqual([
      "PROVIDER_CREDENTIAL_INVALID",
      "FAILED_PRECONDITION",
    ]);
    expect(error.message).toContain("region");
  });

  it("refuses credentials of another cloud", async () => {
    const { source } = scene(noChain);
    const credentials = { type: "google" as const, file: "/secret.json" };
    const error = await failureOf(source.headers(requestTo(url), { credentials, region: "" }));
    expect(error.reason).toBe("PROVIDER_CREDENTIAL_INVALID");
    expect(error.message).not.toContain("secret.json");
  });
});

const found: FoundCredentials = {
  accessKeyId: "ASIAFOUND",
  secretAccessKey: "found-secret",
  sessionToken: "found-token",
};
const chained = { credentials: undefined, region: "eu-west-1" };

describe("the chain", () => {
  it("is asked once, and its secrets are told to the redactor", async () => {
    let asked = 0;
    const { source, learned } = scene(async () => {
      asked += 1;
      return found;
    });
    const [headers] = await Promise.all([
      source.headers(requestTo(url), chained),
      source.headers(requestTo(url), chained),
    ]);
    expect(headers?.authorization).toContain("Credential=ASIAFOUND/");
    expect(headers?.["x-amz-security-token"]).toBe("found-token");
    expect(headers?.authorization).toContain("x-amz-security-token, Signature=");
    expect(asked).toBe(1);
    expect(learned).toEqual(["found-secret", "found-token"]);
  });

  it("is asked anew five minutes before its credentials expire", async () => {
    let asked = 0;
    const { source, clock } = scene(async () => {
      asked += 1;
      const expiration = new Date(clock.wallTimeMs() + 3_600_000);
      return { ...found, accessKeyId: `ASIA${asked}`, expiration };
    });
    const key = async (): Promise<string | undefined> =>
      /Credential=(\w+)/.exec(
        (await source.headers(requestTo(url), chained)).authorization ?? "",
      )?.[1];
    expect(await key()).toBe("ASIA1");
    clock.advance(3_299_999);
    expect(await key()).toBe("ASIA1");
    clock.advance(1);
    expect(await key()).toBe("ASIA2");
  });

  const errors: [title: string, thrown: unknown, reason: string, words: string][] = [
    [
      "none are found",
      Object.assign(new Error("found-secret in /home/me"), { name: "CredentialsProviderError" }),
      "PROVIDER_CREDENTIAL_INVALID",
      "AWS_ACCESS_KEY_ID",
    ],
    [
      "a role is refused",
      Object.assign(new Error("found-secret"), { name: "AccessDenied" }),
      "PROVIDER_CREDENTIAL_INVALID",
      "refused",
    ],
    [
      "nobody answers",
      Object.assign(new Error("connect found-secret"), { code: "ECONNREFUSED" }),
      "PROVIDER_CONNECT_FAILED",
      "ECONNREFUSED",
    ],
    ["something odd is thrown", undefined, "PROVIDER_CREDENTIAL_INVALID", "refused"],
  ];
  it.each(errors)("says so when %s", async (_title, thrown, reason, words) => {
    const { source } = scene(() => Promise.reject(thrown));
    const error = await failureOf(source.headers(requestTo(url), chained));
    expect(error.reason).toBe(reason);
    expect(error.message).toContain(words);
    expect(error.message + JSON.stringify(error.fields.metadata ?? {})).not.toContain("secret");
  });

  it.each([
    { ...found, accessKeyId: "AKIA\r\nx: y" },
    { ...found, accessKeyId: "" },
    { ...found, secretAccessKey: "" },
    { ...found, sessionToken: "found-secret\n" },
  ])("refuses what no header can carry: %j", async (broken) => {
    const { source } = scene(async () => broken);
    const error = await failureOf(source.headers(requestTo(url), chained));
    expect(error.reason).toBe("PROVIDER_CREDENTIAL_INVALID");
    expect(error.message).not.toContain("found-secret");
  });

  it("is given up after a minute, and asked again by the next call", async () => {
    let asked = 0;
    const { source, clock } = scene(() => {
      asked += 1;
      return asked === 1 ? new Promise(() => undefined) : Promise.resolve(found);
    });
    const failed = failureOf(source.headers(requestTo(url), chained));
    clock.advance(60_000);
    expect((await failed).reason).toBe("PROVIDER_CONNECT_FAILED");
    expect(clock.pendingTimers).toBe(0);
    const headers = await source.headers(requestTo(url), chained);
    expect(headers.authorization).toContain("ASIAFOUND");
    expect(clock.pendingTimers).toBe(0);
  });

  it("is not waited for by a caller that has left", async () => {
    const { source } = scene(() => new Promise(() => undefined));
    const leaving = new AbortController();
    const left = source.headers(requestTo(url, leaving.signal), chained);
    leaving.abort(new Error("left"));
    await expect(left).rejects.toThrow("left");
  });
});
