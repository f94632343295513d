// Proves what a call is told whose credentials for Google are missing, unusable or refused, or
// whose issuer does not answer, and that none of it shows a secret or a path of this machine.
import { tmpdir } from "node:os";
import { fc, it as property } from "@fast-check/vitest";
import { beforeEach, describe, expect, it } from "vitest";
import { FakeIssuer, gate } from "../support/fake-issuer.ts";
import {
  googleCredentials,
  googleFile,
  googleScene,
  serviceAccountFile,
} from "../support/google-files.ts";

let issuer: FakeIssuer;
beforeEach(async () => {
  issuer = await FakeIssuer.start();
});

const kinds = [
  "service_account",
  "authorized_user",
  "external_account",
  "external_account_authorized_user",
  "impersonated_service_account",
];

/** Some members of a credentials file, with any value. */
const anyMembers = fc.record(
  Object.fromEntries(
    [
      ...["client_email", "private_key", "private_key_id", "client_id", "client_secret"],
      ...["refresh_token", "audience", "subject_token_type", "credential_source", "delegates"],
      ...["service_account_impersonation_url", "source_credentials", "quota_project_id"],
      ...["service_account_impersonation", "workforce_pool_user_project"],
    ].map((name) => [name, fc.oneof(fc.string({ minLength: 1 }), fc.jsonValue())]),
  ),
  { requiredKeys: [] },
);

function serviceAccount(fields: object = {}): object {
  return serviceAccountFile(`${issuer.url}/token`, fields);
}

describe("what cannot be", () => {
  const secret = "canary-secret";
  const person = { type: "authorized_user", client_id: secret, refresh_token: secret };

  it.each([
    ["no JSON", `{"refresh_token": "${secret}"`, "it is no JSON object"],
    ["no object", `["${secret}"]`, "it is no JSON object"],
    ["an unknown kind", { type: secret }, "its type is not one that is known here"],
    ["no secret", person, "it has no client_secret"],
    ["no key", { type: "service_account", client_email: secret }, "it has no private_key"],
    [
      "a key that is none",
      { type: "service_account", client_email: "a", private_key: secret },
      "The private key of the service account cannot be read",
    ],
    [
      "a place that is no URL",
      { ...person, client_secret: secret, token_uri: `file:///${secret}` },
      "its token_uri is no URL",
    ],
    [
      "a source that is not known here",
      {
        type: "external_account",
        audience: secret,
        subject_token_type: secret,
        credential_source: { environment_id: "aws1", url: "https://x.test" },
      },
      "its credential_source is neither a file nor a url",
    ],
    [
      "another impersonation inside",
      {
        type: "impersonated_service_account",
        service_account_impersonation_url: "https://x.test",
        source_credentials: {
          type: "impersonated_service_account",
          service_account_impersonation_url: "https://x.test",
          source_credentials: { ...person, client_secret: secret },
        },
      },
      "its source is impersonated too",
    ],
    ["more than a key needs", { ...person, padding: "x".repeat(70_000) }, "is larger than 65536"],
  ])("a file with %s", async (_title, content, words) => {
    const { error, shown } = await googleScene().failure(googleCredentials(content));
    expect(error.reason).toBe("PROVIDER_CREDENTIAL_INVALID");
    expect(error.message).toContain(words);
    expect(error.message).not.toContain(tmpdir());
    expect(shown).not.toContain(secret);
  });

  it.each([
    ["empty", " \n"],
    ["larger than a token", "x".repeat(70_000)],
  ])("a token file that is %s", async (_title, text) => {
    const account = {
      type: "external_account",
      audience: "a",
      subject_token_type: "t",
      token_url: issuer.url,
      credential_source: { file: googleFile(text, "subject") },
    };
    const { error } = await googleScene().failure(googleCredentials(account));
    expect(error.reason).toBe("PROVIDER_CREDENTIAL_INVALID");
    expect(issuer.requests).toEqual([]);
  });

  property.prop([anyMembers, fc.constantFrom(...kinds)], { numRuns: 200 })(
    "a file with anything in it, without a fault",
    async (content, type) => {
      const members = { token_uri: issuer.url, token_url: issuer.url, ...content, type };
      const { error } = await googleScene().failure(googleCredentials(members));
      expect(error.reason).toBe("PROVIDER_CREDENTIAL_INVALID");
    },
  );

  it("a file that is not there", async () => {
    const { error } = await googleScene().failure({ type: "google", file: "/nowhere/at-all.json" });
    expect(error.reason).toBe("PROVIDER_CREDENTIAL_INVALID");
    expect(error.message).toBe("The credentials file for Google cannot be read (ENOENT).");
  });

  it("credentials of another cloud", async () => {
    const aws = { type: "aws", accessKeyID: "A", secretAccessKey: undefined as never } as const;
    expect((await googleScene().failure(aws)).error.reason).toBe("PROVIDER_CREDENTIAL_INVALID");
  });

  it.each([
    ["400 Bad Request", { error: "invalid_grant", error_description: secret }, "(invalid_grant)"],
    ["403 Forbidden", { error: { status: "PERMISSION_DENIED", message: secret } }, "(PERMISSION_"],
    ["401 Unauthorized", secret, "(status 401)"],
    ["302 Found", { access_token: secret }, "(status 302)"],
    ["200 OK", { access_token: `${secret}\r\n` }, "something else than a token"],
    ["200 OK", { token: secret }, "something else than a token"],
    ["200 OK", `<p>${secret}</p>`, "something else than a token"],
  ])("an answer of %s %j", async (status, body, words) => {
    issuer.answers(() => ({ status, body }));
    const { error, shown } = await googleScene().failure(googleCredentials(serviceAccount()));
    expect(error.reason).toBe("PROVIDER_CREDENTIAL_INVALID");
    expect(error.message).toContain(words);
    expect(shown).not.toContain(secret);
  });

  it.each([
    ["500 Internal Server Error", "status 500"],
    ["429 Too Many Requests", "status 429"],
  ])("an issuer that answers %s", async (status, word) => {
    issuer.answers(() => ({ status, body: { error: "internal_failure" } }));
    const { error } = await googleScene().failure(googleCredentials(serviceAccount()));
    expect(error.reason).toBe("PROVIDER_CONNECT_FAILED");
    expect(error.message).toContain(word);
  });

  it("an answer without an end", async () => {
    issuer.answers(() => ({ body: "x".repeat(300_000) }));
    const { error } = await googleScene().failure(googleCredentials(serviceAccount()));
    expect(error.reason).toBe("PROVIDER_CONNECT_FAILED");
  });

  it("nobody at all, and nobody in time", async () => {
    const nobody = { token_uri: "http://127.0.0.1:1" };
    const refused = await googleScene().failure(googleCredentials(serviceAccount(nobody)));
    expect(refused.error.reason).toBe("PROVIDER_CONNECT_FAILED");
    expect(refused.error.fields.metadata?.network_error).toBe("ECONNREFUSED");
    const { opened } = gate();
    const asked = gate();
    issuer.answers(async () => {
      asked.open();
      await opened;
      return { body: {} };
    });
    const scene = googleScene();
    const late = scene.failure(googleCredentials(serviceAccount()));
    await asked.opened;
    scene.clock.advance(10_000);
    expect((await late).error.fields.metadata?.network_error).toBe("ETIMEDOUT");
  });
});
