import type { Secret } from "./secret.ts";

/** What a cloud is asked with where a target has no key. */
export type Credentials = AWSCredentials | GoogleCredentials | EntraCredentials;

/** Signs requests: Signature Version 4. */
export interface AWSCredentials {
  readonly type: "aws";
  readonly accessKeyID: string;
  readonly secretAccessKey: Secret;
  /** Of temporary credentials. Unset: the credentials are for good. */
  readonly sessionToken?: Secret;
}

/** A Google service account, or another kind of credentials file that Google's tools write. */
export interface GoogleCredentials {
  readonly type: "google";
  /** Path of the JSON file. */
  readonly file: string;
}

/** An application registered with Microsoft Entra, by the client credentials grant. */
export interface EntraCredentials {
  readonly type: "entra";
  readonly tenantID: string;
  readonly clientID: string;
  readonly clientSecret: Secret;
}
