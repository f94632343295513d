import type { AuthScheme } from "../contract/adapter.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import type { Secret } from "../contract/secret.ts";

/**
 * Puts the key where the scheme wants it; without a key nothing is added. The key goes as it is,
 * nothing trimmed. Throws PROVIDER_CREDENTIAL_INVALID, without the key, for one that is empty or
 * holds anything else than printable ASCII: it would break the header, or another one into the
 * request.
 */
export function authorize(
  headers: Record<string, string>,
  scheme: AuthScheme,
  key: Secret | undefined,
): void {
  if (key === undefined) return;
  const value = key.reveal();
  if (!/^[\x20-\x7e]+$/.test(value)) {
    throw new ConnectorError(
      "PROVIDER_CREDENTIAL_INVALID",
      "The provider's key is empty or holds characters that no header can carry.",
    );
  }
  switch (scheme.scheme) {
    case "bearer":
      headers.authorization = `Bearer ${value}`;
      break;
    case "header":
      headers[scheme.name] = value;
      break;
    default:
      scheme satisfies never;
  }
}
