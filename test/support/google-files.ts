import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { GoogleCredentials } from "../../src/contract/credentials.ts";
import { GoogleCredentialSource, type Variables } from "../../src/http/google-credentials.ts";
import { CredentialScene } from "./fake-issuer.ts";

const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });

/** What the statements of the service account are checked with. */
export const serviceAccountKey: KeyObject = keys.publicKey;

/** Google's credentials in virtual time, without those of this machine. */
export function googleScene(variables: Variables = {}): CredentialScene {
  const own = { CLOUDSDK_CONFIG: "/nowhere", GCE_METADATA_HOST: "127.0.0.1:1", ...variables };
  return new CredentialScene((environment) => new GoogleCredentialSource(environment, own));
}

/** Writes a file that exists until the test is over. */
export function googleFile(content: object | string, name = "credentials.json"): string {
  const folder = mkdtempSync(join(tmpdir(), "connectors-google-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

/** Credentials of a target with a file of this content. */
export function googleCredentials(content: object | string): GoogleCredentials {
  return { type: "google", file: googleFile(content) };
}

/** The file of a service account, whose tokens come from `tokenURL`. */
export function serviceAccountFile(tokenURL: string, fields: object = {}): object {
  return {
    type: "service_account",
    client_email: "robot@p.iam.gserviceaccount.com",
    private_key: keys.privateKey.export({ type: "pkcs8", format: "pem" }),
    private_key_id: "key-1",
    token_uri: tokenURL,
    ...fields,
  };
}
