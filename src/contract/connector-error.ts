import { Code } from "../../gen/ts/google/rpc/code_pb.ts";
import type { StreamProgress } from "../../gen/ts/nexen/connectors/v1/error_pb.ts";
import type { Attempt } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { type Reason, reasons } from "./reasons.ts";

/** One field of the request that is wrong, as in `google.rpc.BadRequest.FieldViolation`. */
export interface FieldViolation {
  /** Path such as `request.contents[0].role`. */
  readonly field: string;
  /** What is wrong, and what is expected. Never holds a secret. */
  readonly description: string;
}

/** What a ConnectorError carries besides its reason and message. Everything is optional. */
export interface ErrorFields {
  /** Status in place of the reason's own: only for a caller's key (PROVIDER_PERMISSION_DENIED). */
  readonly code?: Code | undefined;
  /** Dynamic parts of the message, for machines; keys of at most 64 characters. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Fields of the request that are wrong: `google.rpc.BadRequest`. */
  readonly violations?: readonly FieldViolation[] | undefined;
  /** How long to wait before another try, ms, 0 or more: `RetryInfo`. Unset: not known. */
  readonly retryAfterMs?: number | undefined;
  /** Names of the limits that were exceeded: `QuotaFailure`. */
  readonly quotaSubjects?: readonly string[] | undefined;
  /** What must be put in order first: `PreconditionFailure` as type and description. */
  readonly precondition?: { readonly type: string; readonly description: string } | undefined;
  /** The model or other resource that is missing: `ResourceInfo`. */
  readonly resource?: { readonly type: string; readonly name: string } | undefined;
  /** How far a stream had come. */
  readonly progress?: StreamProgress | undefined;
  /** Every attempt that was made. */
  readonly attempts?: readonly Attempt[] | undefined;
  /** What was caught; goes to the log, redacted, and never to the caller. */
  readonly cause?: unknown;
}

/**
 * The one error of the project: a reason of the closed table, and a message for people.
 *
 * The message never holds a secret, a stack or a provider's body; what a provider said in words is
 * at most 512 characters of it, with control characters removed.
 */
export class ConnectorError extends Error {
  override readonly name: string = "ConnectorError";
  /** Why. */
  readonly reason: Reason;
  /** Canonical gRPC status. */
  readonly code: Code;
  /** Whether the same request may succeed later or elsewhere. */
  readonly retryable: boolean;
  /** What it carries besides; see ErrorFields. */
  readonly fields: ErrorFields;

  constructor(reason: Reason, message: string, fields: ErrorFields = {}) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.reason = reason;
    this.code = fields.code ?? reasons[reason].code;
    this.retryable = reasons[reason].retryable;
    this.fields = fields;
  }

  /** Name of the status, such as "NOT_FOUND". */
  get status(): string {
    return Object.entries(Code).find(([, value]) => value === this.code)?.[0] ?? "UNKNOWN";
  }

  /** The same error with more fields; given fields win, metadata is merged. */
  with(fields: ErrorFields): ConnectorError {
    const metadata = { ...this.fields.metadata, ...fields.metadata };
    return new ConnectorError(this.reason, this.message, { ...this.fields, ...fields, metadata });
  }
}

/** INVALID_ARGUMENT for one field of the request. */
export function invalidField(field: string, description: string): ConnectorError {
  return new ConnectorError("INVALID_REQUEST", `${field}: ${description}`, {
    violations: [{ field, description }],
  });
}

/** Whatever was thrown, as a ConnectorError: unknown things are the given reason, cause kept. */
export function toConnectorError(thrown: unknown, reason: Reason, message: string): ConnectorError {
  if (thrown instanceof ConnectorError) return thrown;
  return new ConnectorError(reason, message, { cause: thrown });
}
