import { hopHeader } from "../contract/hop.ts";

const name = /^[a-z0-9!#$%&'*+.^_`|~-]{1,128}$/;
const value = /^[\x20-\x7e\t]*$/;
const valueCharactersMax = 8192;

/** Headers that carry a credential: `api_key` is their only way in. */
const credentials: ReadonlySet<string> = new Set([
  ...["authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key"],
  ...["cookie", "set-cookie", "x-amz-security-token", "x-auth-token"],
]);

/** Headers that the connection or the wire decides. */
const transport: ReadonlySet<string> = new Set([
  ...["host", "content-length", "content-type", "content-encoding", "transfer-encoding"],
  ...["accept-encoding", "connection", "keep-alive", "proxy-connection", "te", "trailer"],
  ...["upgrade", "expect", "http2-settings", hopHeader],
]);

/** Headers a caller may set for the provider where the configuration lists none. */
export const defaultAllowedHeaders: readonly string[] = [
  "anthropic-beta",
  "openai-beta",
  "openai-organization",
  "openai-project",
  "traceparent",
  "tracestate",
  "x-request-id",
  "x-client-request-id",
];

/** What is wrong with a header's name, given in lower case. Unset: nothing. Does not quote it. */
export function headerNameProblem(header: string): string | undefined {
  if (!name.test(header)) return "expected the name of a header";
  if (credentials.has(header)) return "this header carries a credential: use api_key";
  if (transport.has(header)) return "this header is set by the connection and cannot be listed";
  return undefined;
}

/** The same for the header that takes a target's key. */
export function keyHeaderProblem(header: string): string | undefined {
  if (!name.test(header)) return "expected the name of a header";
  return transport.has(header) ? "this header is set by the connection" : undefined;
}

/** What is wrong with a header's value. Unset: nothing. Does not quote it. */
export function headerValueProblem(text: string): string | undefined {
  if (text.length > valueCharactersMax) return `is longer than ${valueCharactersMax} characters`;
  return value.test(text) ? undefined : "expected printable ASCII";
}
