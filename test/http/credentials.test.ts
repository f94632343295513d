// Proves that a key goes into its header unchanged, that a key which could break a header is
// refused, and that no error shows a key.
import { describe, expect, it } from "vitest";
import type { AuthScheme } from "../../src/contract/adapter.ts";
import { Secret } from "../../src/contract/secret.ts";
import { authorize } from "../../src/http/credentials.ts";
import { thrownBy } from "../support/framing.ts";

const bearer: AuthScheme = { scheme: "bearer" };
const header: AuthScheme = { scheme: "header", name: "x-api-key" };

function headersFor(scheme: AuthScheme, key: string | undefined): Record<string, string> {
  const headers: Record<string, string> = { accept: "x" };
  authorize(headers, scheme, key === undefined ? undefined : new Secret(key));
  return headers;
}

describe("credentials", () => {
  it("go where the scheme says, nothing trimmed", () => {
    expect(headersFor(bearer, "sk- 1 ")).toEqual({ accept: "x", authorization: "Bearer sk- 1 " });
    expect(headersFor(header, "key")).toEqual({ accept: "x", "x-api-key": "key" });
  });

  it("without a key are none", () => {
    expect(headersFor(bearer, undefined)).toEqual({ accept: "x" });
  });

  it.each(["", "canary\r\n", "canary\nx-b: 1", "\tcanary", "canary\0", "canary\u007f", "canaryé"])(
    "refuse %j without showing it",
    (key) => {
      for (const scheme of [bearer, header]) {
        const error = thrownBy(() => headersFor(scheme, key));
        expect(error.reason).toBe("PROVIDER_CREDENTIAL_INVALID");
        expect(error.message + JSON.stringify(error.fields)).not.toContain("canary");
      }
    },
  );
});
