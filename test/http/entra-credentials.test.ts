// Proves which tokens of Microsoft Entra a request gets, for an application and by the default
// chain: what the issuer is asked, how long a token is kept, and that no failure shows a secret.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { EntraCredentials } from "../../src/contract/credentials.ts";
import { Secret } from "../../src/contract/secret.ts";
import { EntraCredentialSource } from "../../src/http/entra-credentials.ts";
import { CredentialScene, FakeIssuer } from "../support/fake-issuer.ts";

const secret = "canary-secret";
const application: EntraCredentials = {
  type: "entra",
  tenantID: "tenant-1",
  clientID: "client-1",
  clientSecret: new Secret(secret),
};
const named = { AZURE_TENANT_ID: "tenant-1", AZURE_CLIENT_ID: "client-1" };

let issuer: FakeIssuer;
beforeEach(async () => {
  issuer = await FakeIssuer.start();
  issuer.givesTokens(3600);
});

function sceneWith(variables: Readonly<Record<string, string>> = {}): CredentialScene {
  const own = {
    AZURE_AUTHORITY_HOST: `${issuer.url}/`,
    AZURE_POD_IDENTITY_AUTHORITY_HOST: issuer.url,
    ...variables,
  };
  return new CredentialScene((environment) => new EntraCredentialSource(environment, own));
}

const granted = {
  grant_type: "client_credentials",
  client_id: "client-1",
  scope: "https://cognitiveservices.azure.com/.default",
};

describe("an application", () => {
  it("gets a token for its secret", async () => {
    const scene = sceneWith();
    expect(await scene.headers(application)).toEqual({ authorization: "Bearer token-1" });
    expect(issuer.requests[0]).toMatchObject({
      method: "POST",
      path: "/tenant-1/oauth2/v2.0/token",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    expect(issuer.form()).toEqual({ ...granted, client_secret: secret });
    expect(scene.learned).toEqual(["token-1"]);
  });

  it("keeps it until five minutes before it expires", async () => {
    const scene = sceneWith();
    await scene.headers(application);
    scene.clock.advance(3_299_999);
    await Promise.all([scene.headers(application), scene.headers(application)]);
    expect(issuer.requests).toHaveLength(1);
    scene.clock.advance(1);
    const renewed = await Promise.all([scene.headers(application), scene.headers(application)]);
    expect(renewed).toEqual([
      { authorization: "Bearer token-2" },
      { authorization: "Bearer token-2" },
    ]);
    expect(issuer.requests).toHaveLength(2);
  });

  it("has a token of its own", async () => {
    const scene = sceneWith();
    const other = { ...application, tenantID: "../tenant" };
    await scene.headers(application);
    expect(await scene.headers(other)).toEqual({ authorization: "Bearer token-2" });
    expect(issuer.requests[1]?.path).toBe("/..%2Ftenant/oauth2/v2.0/token");
  });
});

describe("a cloud of a nation", () => {
  it.each([
    ["https://x.openai.azure.us", "https://cognitiveservices.azure.us/.default"],
    ["https://x.openai.azure.cn", "https://cognitiveservices.azure.cn/.default"],
    ["https://x.openai.azure.us.test", "https://cognitiveservices.azure.com/.default"],
  ])("has tokens of its own: %s", async (url, scope) => {
    const scene = sceneWith();
    await scene.headers(application, { url });
    expect(issuer.form().scope).toBe(scope);
  });

  it("shares none with another", async () => {
    const scene = sceneWith();
    const urls = ["us", "com", "us"].map((end) => `https://x.openai.azure.${end}`);
    const tokens = [];
    for (const url of urls) tokens.push((await scene.headers(application, { url })).authorization);
    expect(tokens).toEqual(["Bearer token-1", "Bearer token-2", "Bearer token-1"]);
  });
});

describe("the default chain", () => {
  it("takes the application of the environment", async () => {
    const scene = sceneWith({ ...named, AZURE_CLIENT_SECRET: secret });
    await scene.headers();
    expect(issuer.form()).toEqual({ ...granted, client_secret: secret });
    expect(scene.learned).toEqual([secret, "token-1"]);
  });

  it("takes a workload identity, whose file is read at each renewal", async () => {
    const folder = mkdtempSync(join(tmpdir(), "connectors-entra-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "token");
    writeFileSync(file, "statement-1\n");
    const scene = sceneWith({ ...named, AZURE_FEDERATED_TOKEN_FILE: file });
    await scene.headers();
    expect(issuer.form()).toEqual({
      ...granted,
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: "statement-1",
    });
    writeFileSync(file, "statement-2");
    scene.clock.advance(3_300_000);
    await scene.headers();
    expect(issuer.form().client_assertion).toBe("statement-2");
    expect(scene.learned).toEqual(["statement-1", "token-1", "statement-2", "token-2"]);
  });

  it("takes the managed identity of a service, whose instants it reads", async () => {
    const scene = sceneWith({
      IDENTITY_ENDPOINT: `${issuer.url}/msi/token`,
      IDENTITY_HEADER: "proof",
    });
    const expires = () => String(scene.clock.wallTimeMs() / 1000 + 3600);
    issuer.answers(() => ({ body: { access_token: "managed", expires_on: expires() } }));
    expect(await scene.headers()).toEqual({ authorization: "Bearer managed" });
    expect(issuer.requests[0]).toMatchObject({
      method: "GET",
      path: "/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fcognitiveservices.azure.com",
      headers: { "x-identity-header": "proof" },
    });
    scene.clock.advance(3_200_000);
    await scene.headers();
    expect(issuer.requests).toHaveLength(1);
  });

  it("takes the managed identity of the machine, one of several if it is named", async () => {
    await sceneWith({ AZURE_CLIENT_ID: "client-1" }).headers();
    expect(issuer.requests[0]).toMatchObject({
      method: "GET",
      path:
        "/metadata/identity/oauth2/token?api-version=2018-02-01" +
        "&resource=https%3A%2F%2Fcognitiveservices.azure.com&client_id=client-1",
      headers: { metadata: "true" },
    });
  });

  it("says what there could be where there is nothing", async () => {
    const scene = sceneWith({ AZURE_POD_IDENTITY_AUTHORITY_HOST: "http://127.0.0.1:1" });
    const { error } = await scene.failure();
    expect(error.reason).toBe("PROVIDER_CREDENTIAL_INVALID");
    expect(error.message).toMatch(/^No credentials for Azure were found\..*AZURE_TENANT_ID/);
  });
});

describe("what cannot be", () => {
  it.each([
    [
      "401 Unauthorized",
      { error: "invalid_client", error_description: secret },
      "(invalid_client)",
    ],
    ["400 Bad Request", { error: secret }, "(status 400)"],
    ["200 OK", { access_token: `${secret}\n` }, "something else than a token"],
    ["200 OK", `"${secret}"`, "something else than a token"],
  ])("an answer of %s %j", async (status, body, words) => {
    issuer.answers(() => ({ status, body }));
    const { error, shown } = await sceneWith().failure(application);
    expect(error.reason).toBe("PROVIDER_CREDENTIAL_INVALID");
    expect(error.message).toContain(words);
    expect(shown).not.toContain(secret);
  });

  it("an issuer that is not there", async () => {
    const scene = sceneWith({ AZURE_AUTHORITY_HOST: "http://127.0.0.1:1" });
    const { error, shown } = await scene.failure(application);
    expect(error.reason).toBe("PROVIDER_CONNECT_FAILED");
    expect(shown).not.toContain(secret);
  });

  it("a token file that is not there, without its path", async () => {
    const file = "/nowhere/at-all";
    const { error } = await sceneWith({ ...named, AZURE_FEDERATED_TOKEN_FILE: file }).failure();
    expect(error.message).toBe("The token file of the workload identity cannot be read (ENOENT).");
  });

  it("credentials of another cloud", async () => {
    const google = { type: "google", file: "/x" } as const;
    expect((await sceneWith().failure(google)).error.reason).toBe("PROVIDER_CREDENTIAL_INVALID");
  });
});
