import { ConfigurationError } from "../config/load-configuration.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import type { Reason } from "../contract/reasons.ts";
import { onError } from "./terminal.ts";
import { UsageError, usageHint } from "./usage-error.ts";

/** A failure as a process tells it. */
export interface Failure {
  /** What happened, where, and what to do next; each line ends with a line feed. */
  readonly text: string;
  /** 1, 2 for wrong usage, 130 when interrupted. */
  readonly exitCode: number;
}

const violationsMax = 8;

const nextSteps: Partial<Readonly<Record<Reason, string>>> = {
  INVALID_REQUEST: "correct what is named above",
  UNSUPPORTED_FIELD: "leave the field out, go without --strict, or choose another model",
  CONTEXT_LENGTH_EXCEEDED: "shorten the prompt, or choose a model with a larger context",
  MODEL_NOT_ROUTED: "say whose it is, as in llama/NAME, or see: connector-tool models",
  MODEL_NOT_FOUND: "the provider does not have it; see: connector-tool models",
  TARGET_NOT_CONFIGURED:
    "set the provider's key in the environment, or add --simulate to try without",
  PROVIDER_CREDENTIAL_INVALID: "check the key in the environment or the configuration",
  PROVIDER_BILLING_EXHAUSTED: "add credit to the provider's account; waiting does not help",
  CALLER_UNAUTHENTICATED: "set CONNECTORS_TOKEN to a token of the server's callers",
  EGRESS_FORBIDDEN: "if this address is meant, set egress: { allow_private: true } on the target",
  SERVER_UNREACHABLE: "check the URL, and start the server if it does not run",
  CALLER_DEADLINE_EXCEEDED: "give more time with --timeout SECONDS, or use --stream",
  PROVIDER_DNS_FAILED: "check the network and the target's base_url",
  PROVIDER_CONNECT_FAILED: "check the network and the target's base_url",
};

const nextStepsBySystemCode: Readonly<Record<string, string>> = {
  EADDRINUSE: "choose another port with --port; 0 takes a free one",
  EACCES: "choose something that this user may use",
  ENOENT: "check the path",
};

const placeNames = ["target", "phase", "http_status", "provider_code", "provider_request_id"];

/** What a process tells about whatever was thrown, and how it ends. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof UsageError) {
    return { text: `${failureText(thrown.message, [])}${usageHint}\n`, exitCode: 2 };
  }
  if (thrown instanceof ConfigurationError) {
    const { length } = thrown.problems;
    const head = `the configuration has ${length === 1 ? "a problem" : `${length} problems`}`;
    return { text: `${failureText(head, [])}${thrown.message}\n`, exitCode: 1 };
  }
  if (!(thrown instanceof ConnectorError)) return { text: plainFailureText(thrown), exitCode: 1 };
  if (thrown.reason === "CALLER_CANCELLED") return { text: "interrupted\n", exitCode: 130 };
  return { text: connectorFailureText(thrown), exitCode: 1 };
}

function plainFailureText(thrown: unknown): string {
  if (!(thrown instanceof Error)) return failureText(String(thrown), []);
  const next = nextStepsBySystemCode[(thrown as NodeJS.ErrnoException).code ?? ""];
  return failureText(thrown.message, next === undefined ? [] : [`next: ${next}`]);
}

function connectorFailureText(error: ConnectorError): string {
  const { metadata = {}, violations = [] } = error.fields;
  const where = placeNames.flatMap((name) =>
    metadata[name] ? [`${name.replaceAll("_", " ")} ${metadata[name]}`] : [],
  );
  const told = violations.map(({ field, description }) => `${field}: ${description}`);
  return failureText(error.message, [
    ...told.filter((text) => text !== error.message).slice(0, violationsMax),
    ...(where.length > 0 ? [`where: ${where.join(", ")}`] : []),
    `what: ${error.reason} (${error.status}), see docs/errors.md`,
    `next: ${nextStep(error)}`,
  ]);
}

function nextStep({ reason, retryable, fields }: ConnectorError): string {
  const { retryAfterMs } = fields;
  if (retryAfterMs !== undefined) return `wait ${Math.ceil(retryAfterMs / 1000)} s and try again`;
  return nextSteps[reason] ?? (retryable ? "try again" : "trying again does not help");
}

function failureText(head: string, lines: readonly string[]): string {
  return [`${onError("red", "error")}: ${head}`, ...lines.map((line) => `  ${line}`), ""].join(
    "\n",
  );
}
