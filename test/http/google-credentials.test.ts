// Proves which tokens of Google's a request gets, for every kind of credentials file and by the
// default chain: what the issuer is asked, and how long a token is kept.
import { createVerify } from "node:crypto";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { GoogleCredentials } from "../../src/contract/credentials.ts";
import { FakeIssuer, gate } from "../support/fake-issuer.ts";
import {
  googleCredentials,
  googleFile,
  googleScene,
  serviceAccountFile,
  serviceAccountKey,
} from "../support/google-files.ts";
import { rawUpstream } from "../support/http.ts";

const scope = "https://www.googleapis.com/auth/cloud-platform";

let issuer: FakeIssuer;
beforeEach(async () => {
  issuer = await FakeIssuer.start();
  issuer.givesTokens(3600);
});

function serviceAccount(fields: object = {}): object {
  return serviceAccountFile(`${issuer.url}/token`, fields);
}

describe("a service account", () => {
  it("signs a statement about itself, and gets a token for it", async () => {
    const scene = googleScene();
    const headers = await scene.headers(googleCredentials(serviceAccount()));
    expect(headers).toEqual({ authorization: "Bearer token-1" });
    const { grant_type: grant, assertion = "" } = issuer.form();
    expect(grant).toBe("urn:ietf:params:oauth:grant-type:jwt-bearer");
    const [header = "", claims = "", signature = ""] = assertion.split(".");
    const verify = createVerify("RSA-SHA256").update(`${header}.${claims}`);
    expect(verify.verify(serviceAccountKey, signature, "base64url")).toBe(true);
    const issued = scene.clock.wallTimeMs() / 1000;
    expect([header, claims].map((part) => JSON.parse(String(Buffer.from(part, "base64"))))).toEqual(
      [
        { alg: "RS256", typ: "JWT", kid: "key-1" },
        {
          iss: "robot@p.iam.gserviceaccount.com",
          scope,
          aud: `${issuer.url}/token`,
          iat: issued,
          exp: issued + 3600,
        },
      ],
    );
    expect(scene.learned).toEqual(["token-1"]);
  });

  it("keeps a token until five minutes before it expires", async () => {
    const scene = googleScene();
    const own = googleCredentials(serviceAccount());
    const token = async () => (await scene.headers(own)).authorization;
    expect(await token()).toBe("Bearer token-1");
    scene.clock.advance(3_299_999);
    expect(await token()).toBe("Bearer token-1");
    scene.clock.advance(1);
    expect(await token()).toBe("Bearer token-2");
    expect(issuer.requests).toHaveLength(2);
  });

  it("asks once for calls that come at once, and gives up for none that stays", async () => {
    const scene = googleScene();
    const own = googleCredentials(serviceAccount());
    const { opened, open } = gate();
    const asked = gate();
    issuer.answers(async () => {
      asked.open();
      await opened;
      return { body: { access_token: "shared", expires_in: 3600 } };
    });
    const leaving = new AbortController();
    const left = scene.headers(own, { signal: leaving.signal });
    const stays = [scene.headers(own), scene.headers(own)];
    await asked.opened;
    leaving.abort(new Error("the caller left"));
    await expect(left).rejects.toThrow("the caller left");
    open();
    const headers = { authorization: "Bearer shared" };
    await expect(Promise.all(stays)).resolves.toEqual([headers, headers]);
    expect(issuer.requests).toHaveLength(1);
  });

  it("goes on with a good token while nobody renews it", async () => {
    const scene = googleScene();
    const own = googleCredentials(serviceAccount());
    await scene.headers(own);
    issuer.answers(() => ({ status: "503 Service Unavailable", body: "" }));
    scene.clock.advance(3_500_000);
    expect(await scene.headers(own)).toEqual({ authorization: "Bearer token-1" });
    scene.clock.advance(100_000);
    expect((await scene.failure(own)).error.reason).toBe("PROVIDER_CONNECT_FAILED");
  });

  it("has one token for each file", async () => {
    const scene = googleScene();
    const [one, two] = [googleCredentials(serviceAccount()), googleCredentials(serviceAccount())];
    const tokens = [await scene.headers(one), await scene.headers(two), await scene.headers(one)];
    expect(tokens.map(({ authorization }) => authorization)).toEqual([
      "Bearer token-1",
      "Bearer token-2",
      "Bearer token-1",
    ]);
  });

  it("lets another project pay", async () => {
    const own = googleCredentials(serviceAccount({ quota_project_id: "payer" }));
    expect(await googleScene().headers(own)).toMatchObject({ "x-goog-user-project": "payer" });
    const scene = googleScene({ GOOGLE_CLOUD_QUOTA_PROJECT: "other" });
    expect(await scene.headers(own)).toMatchObject({ "x-goog-user-project": "other" });
  });
});

describe("a person who logged in", () => {
  const person = { client_id: "id", client_secret: "the-secret", refresh_token: "the-refresh" };

  it("gets a token for what was left behind", async () => {
    const scene = googleScene();
    const file = { type: "authorized_user", ...person, token_uri: issuer.url };
    await scene.headers(googleCredentials(file));
    expect(issuer.form()).toEqual({ grant_type: "refresh_token", ...person });
    expect(scene.learned).toEqual(["the-refresh", "the-secret", "token-1"]);
  });

  it("of a workforce says who the client is in a header", async () => {
    const file = { type: "external_account_authorized_user", ...person, token_url: issuer.url };
    await googleScene().headers(googleCredentials(file));
    expect(issuer.form()).toEqual({ grant_type: "refresh_token", refresh_token: "the-refresh" });
    expect(issuer.requests[0]?.headers.authorization).toBe(`Basic ${btoa("id:the-secret")}`);
  });
});

describe("an identity elsewhere", () => {
  function external(source: object, fields: object = {}): GoogleCredentials {
    return googleCredentials({
      type: "external_account",
      audience: "//iam.googleapis.com/pool",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      token_url: `${issuer.url}/sts`,
      credential_source: source,
      ...fields,
    });
  }

  const exchanged = {
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
    audience: "//iam.googleapis.com/pool",
    scope,
    subject_token: "the-subject",
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
  };

  it.each([
    ["the-subject\n", undefined],
    ['{"id":{},"jwt":"the-subject"}', { type: "json", subject_token_field_name: "jwt" }],
  ])("in a file is exchanged: %j", async (text, format) => {
    const scene = googleScene();
    const file = googleFile(text, "subject");
    expect(await scene.headers(external({ file, format }))).toEqual({
      authorization: "Bearer token-1",
    });
    expect(issuer.form()).toEqual(exchanged);
    expect(scene.learned).toEqual(["the-subject", "token-1"]);
  });

  it("at a URL is exchanged, for users of a workforce too", async () => {
    issuer.answers(({ path }) =>
      path === "/subject"
        ? { body: { jwt: "the-subject" } }
        : { body: { access_token: "federated", expires_in: 3600 } },
    );
    const source = {
      url: `${issuer.url}/subject`,
      headers: { "x-identity": "abc" },
      format: { type: "json", subject_token_field_name: "jwt" },
    };
    const own = external(source, { workforce_pool_user_project: "w" });
    expect(await googleScene().headers(own)).toEqual({ authorization: "Bearer federated" });
    expect(issuer.requests[0]).toMatchObject({ method: "GET", headers: { "x-identity": "abc" } });
    expect(issuer.form()).toEqual({ ...exchanged, options: '{"userProject":"w"}' });
  });

  it("becomes a service account", async () => {
    const scene = googleScene();
    const expireTime = new Date(scene.clock.wallTimeMs() + 1_000_000).toISOString();
    issuer.answers(({ path }) =>
      path === "/sts"
        ? { body: { access_token: "federated", expires_in: 3600 } }
        : { body: { accessToken: "impersonated", expireTime } },
    );
    const own = external(
      { file: googleFile("the-subject", "subject") },
      {
        service_account_impersonation_url: `${issuer.url}/impersonate`,
        service_account_impersonation: { token_lifetime_seconds: 1000 },
      },
    );
    expect(await scene.headers(own)).toEqual({ authorization: "Bearer impersonated" });
    const { headers, body, path } = issuer.requests[1] ?? {};
    expect(path).toBe("/impersonate");
    expect(headers?.authorization).toBe("Bearer federated");
    expect(JSON.parse(body ?? "")).toEqual({ scope: [scope], lifetime: "1000s" });
    scene.clock.advance(700_001);
    await scene.headers(own);
    expect(issuer.requests).toHaveLength(4);
  });
});

describe("an impersonated service account", () => {
  it("takes the token of its source, and its delegates", async () => {
    issuer.answers(({ path }) =>
      path === "/token"
        ? { body: { access_token: "source", expires_in: 3600 } }
        : { body: { accessToken: "impersonated", expireTime: "2026-01-01T01:00:00Z" } },
    );
    const own = googleCredentials({
      type: "impersonated_service_account",
      service_account_impersonation_url: `${issuer.url}/impersonate`,
      delegates: ["one"],
      source_credentials: serviceAccount(),
    });
    expect(await googleScene().headers(own)).toEqual({ authorization: "Bearer impersonated" });
    const { headers, body } = issuer.requests[1] ?? {};
    expect(headers?.authorization).toBe("Bearer source");
    expect(JSON.parse(body ?? "")).toMatchObject({ delegates: ["one"] });
  });
});

describe("the default chain", () => {
  it("takes the file that is named, and else that of gcloud", async () => {
    const named = googleFile(serviceAccount({ client_email: "named@x" }));
    const known = googleFile(
      serviceAccount({ client_email: "known@x" }),
      "application_default_credentials.json",
    );
    const CLOUDSDK_CONFIG = join(known, "..");
    const signer = (): string => {
      const claims = issuer.form().assertion?.split(".")[1] ?? "";
      return JSON.parse(String(Buffer.from(claims, "base64"))).iss;
    };
    await googleScene({ CLOUDSDK_CONFIG, GOOGLE_APPLICATION_CREDENTIALS: named }).headers();
    expect(signer()).toBe("named@x");
    await googleScene({ CLOUDSDK_CONFIG }).headers();
    expect(signer()).toBe("known@x");
  });

  it("asks the machine where there is no file", async () => {
    const { host } = new URL(issuer.url);
    const scene = googleScene({ GCE_METADATA_HOST: host });
    expect(await scene.headers()).toEqual({ authorization: "Bearer token-1" });
    expect(issuer.requests[0]).toMatchObject({
      method: "GET",
      path: "/computeMetadata/v1/instance/service-accounts/default/token",
      headers: { "metadata-flavor": "Google" },
    });
  });

  it("says what there could be where there is nothing, in three seconds", async () => {
    const asked = gate();
    const silent = await rawUpstream(async (connection) => {
      await connection.request();
      asked.open();
    });
    const { host } = new URL(silent.url);
    const scene = googleScene({ GCE_METADATA_HOST: host });
    const failure = scene.failure();
    await asked.opened;
    scene.clock.advance(3_000);
    const { error } = await failure;
    expect(error.reason).toBe("PROVIDER_CREDENTIAL_INVALID");
    expect(error.message).toMatch(/^No credentials for Google were found\..*GOOGLE_APPLICATION_/);
    expect(scene.clock.pendingTimers).toBe(0);
  });
});
