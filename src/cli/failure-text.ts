import { ConnectorError } from "../contract/connector-error.ts";
import type { Reason } from "../contract/reasons.ts";
import { onError } from "./terminal.ts";

const nextSteps: Partial<Readonly<Record<Reason, string>>> = {
  MODEL_NOT_ROUTED: "see the names with: connector-tool models",
  MODEL_NOT_FOUND: "the provider does not have it; see: connector-tool models",
  TARGET_NOT_CONFIGURED:
    "set the provider's key in the environment, or add --simulate to try without",
  PROVIDER_CREDENTIAL_INVALID: "check the key in the environment or the configuration",
  PROVIDER_BILLING_EXHAUSTED: "add credit to the provider's account; waiting does not help",
  CALLER_UNAUTHENTICATED: "set CONNECTORS_TOKEN to a token of the server's callers",
  EGRESS_FORBIDDEN: "if this address is meant, set egress: { allow_private: true } on the target",
  SERVER_UNREACHABLE:
    "check the URL, and whether the server runs: connector-tool health --server URL",
  CALLER_DEADLINE_EXCEEDED: "give more time with --timeout SECONDS, or use --stream",
  PROVIDER_DNS_FAILED: "check the network and the target's base_url",
  PROVIDER_CONNECT_FAILED: "check the network and the target's base_url",
};

const placeNames = ["target", "phase", "http_status", "provider_code", "provider_request_id"];

/** A failure for people: what happened, where, and what to do next. Each line ends with a line feed. */
export function failureText(thrown: unknown): string {
  if (!(thrown instanceof ConnectorError)) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return `${onError("red", "error")}: ${message}\n`;
  }
  const { metadata = {}, violations = [], retryAfterMs } = thrown.fields;
  const where = placeNames.flatMap((name) =>
    metadata[name] ? [`${name.replaceAll("_", " ")} ${metadata[name]}`] : [],
  );
  const next =
    retryAfterMs === undefined
      ? nextSteps[thrown.reason]
      : `wait ${Math.ceil(retryAfterMs / 1000)} s and try again`;
  return [
    `${onError("red", "error")}: ${thrown.message}`,
    ...violations.slice(0, 8).map(({ field, description }) => `  ${field}: ${description}`),
    ...(where.length > 0 ? [`  where: ${where.join(", ")}`] : []),
    `  what: ${thrown.reason} (${thrown.status}), see docs/errors.md`,
    ...(next === undefined ? [] : [`  next: ${next}`]),
    "",
  ].join("\n");
}
