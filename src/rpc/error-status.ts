import { create, toBinary } from "@bufbuild/protobuf";
import { anyPack, durationMs } from "@bufbuild/protobuf/wkt";
import { type Code as ConnectCode, ConnectError } from "@connectrpc/connect";
import { Code } from "../../gen/ts/google/rpc/code_pb.ts";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  PreconditionFailureSchema,
  QuotaFailureSchema,
  ResourceInfoSchema,
  RetryInfoSchema,
} from "../../gen/ts/google/rpc/error_details_pb.ts";
import { type Status, StatusSchema } from "../../gen/ts/google/rpc/status_pb.ts";
import {
  AttemptLogSchema,
  StreamProgressSchema,
} from "../../gen/ts/nexen/connectors/v1/error_pb.ts";
import { ConnectorError, type ErrorFields } from "../contract/connector-error.ts";
import { isReason, type Reason, reasons } from "../contract/reasons.ts";
import {
  type Detail,
  errorDetails,
  errorDomain,
  isRetryable,
  listDetails,
  retryAfterMsOf,
  trimDetails,
} from "./error-details.ts";
import { cleanText, unescapePrintable } from "./error-text.ts";

/** Most bytes of an encoded google.rpc.Status: headers of 8 KiB must hold it in base64. */
const statusBytesMax = 4096;
const messageBytesMax = 1024;
/** Most bytes of the message in percent encoding (`grpc-message`), for the same reason. */
const encodedMessageBytesMax = 2048;

/** An error as it leaves the server, whatever the protocol. */
interface WireError {
  readonly code: Code;
  readonly message: string;
  readonly details: readonly Detail[];
  /** Headers or trailers that go with it, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * What leaves for an error: exactly one ErrorInfo, every other detail at most once.
 *
 * The encoded status is at most 4 KiB. What does not fit goes in this order, until it does:
 * attempts, the older half each time; the ends of long descriptions of violations, then of long
 * values of metadata; violations, quota subjects and metadata, the latter half each time; the usage
 * of the progress. Code, reason and retry delay always stay. The cause never leaves.
 */
function wireErrorOf(error: ConnectorError): WireError {
  const message = messageOf(error);
  const details = errorDetails(error);
  while (sizeOf(error.code, message, listDetails(details)) > statusBytesMax) {
    if (!trimDetails(details)) break;
  }
  return {
    code: error.code,
    message,
    details: listDetails(details),
    headers: retryHeaders(error),
  };
}

/**
 * The error as google.rpc.Status, as it stands in `grpc-status-details-bin` or in a batch result.
 */
export function statusOf(error: ConnectorError): Status {
  const { code, message, details } = wireErrorOf(error);
  return packed(code, message, details);
}

/** The error as Connect sends it over its three protocols. */
export function connectErrorOf(error: ConnectorError): ConnectError {
  const { code, message, details, headers } = wireErrorOf(error);
  return new ConnectError(message, code as number as ConnectCode, headers, [...details]);
}

/** The error as gRPC sends it: the trailers of a call, or its only headers. */
export function grpcTrailers(error: ConnectorError): Readonly<Record<string, string>> {
  const { code, message, details, headers } = wireErrorOf(error);
  const status = toBinary(StatusSchema, packed(code, message, details));
  return {
    ...headers,
    "grpc-status": String(code),
    "grpc-message": unescapePrintable(encodeURIComponent(message)),
    "grpc-status-details-bin": Buffer.from(status).toString("base64").replace(/=+$/, ""),
  };
}

/**
 * An error that a client received, as the server threw it: reason, code, retry delay, violations,
 * progress and attempts. Without an ErrorInfo of ours the reason is told from the code: a server
 * that did not answer is SERVER_UNREACHABLE.
 */
export function connectorErrorFrom(error: ConnectError): ConnectorError {
  const code = error.code as number as Code;
  const [info] = error.findDetails(ErrorInfoSchema).filter(({ domain }) => domain === errorDomain);
  const reason = info && isReason(info.reason) ? info.reason : reasonOfCode(code);
  return new ConnectorError(reason, error.rawMessage, {
    ...receivedFields(error),
    ...(code !== reasons[reason].code && { code }),
    ...(info && {
      metadata: reason === info.reason ? info.metadata : { ...info.metadata, reason: info.reason },
    }),
    cause: error,
  });
}

/** The reason of a status that carries no ErrorInfo of ours. */
export function reasonOfCode(code: Code): Reason {
  switch (code) {
    case Code.CANCELLED:
      return "CALLER_CANCELLED";
    case Code.DEADLINE_EXCEEDED:
      return "CALLER_DEADLINE_EXCEEDED";
    case Code.INVALID_ARGUMENT:
    case Code.OUT_OF_RANGE:
      return "INVALID_REQUEST";
    case Code.RESOURCE_EXHAUSTED:
      return "MESSAGE_TOO_LARGE";
    case Code.UNIMPLEMENTED:
      return "NOT_IMPLEMENTED";
    case Code.UNAUTHENTICATED:
      return "CALLER_UNAUTHENTICATED";
    // connect-node calls a connection that broke "aborted".
    case Code.UNAVAILABLE:
    case Code.ABORTED:
      return "SERVER_UNREACHABLE";
    default:
      return "INTERNAL_FAULT";
  }
}

/**
 * `grpc-retry-pushback-ms` and `retry-after`, set together: the wait where one helps, -1 where no
 * other try will, nothing where a caller's own backoff is as good as any.
 */
function retryHeaders(error: ConnectorError): Record<string, string> {
  const retryAfterMs = retryAfterMsOf(error);
  if (retryAfterMs !== undefined) {
    return {
      "grpc-retry-pushback-ms": String(retryAfterMs),
      "retry-after": String(Math.ceil(retryAfterMs / 1000)),
    };
  }
  return isRetryable(error) ? {} : { "grpc-retry-pushback-ms": "-1" };
}

function messageOf(error: ConnectorError): string {
  const message = cleanText(error.message, messageBytesMax);
  const isLong = encodeURIComponent(message).length > encodedMessageBytesMax;
  // A byte becomes three at most.
  return isLong ? cleanText(message, Math.floor(encodedMessageBytesMax / 3)) : message;
}

function packed(code: Code, message: string, details: readonly Detail[]): Status {
  return create(StatusSchema, {
    code: code as number,
    message,
    details: details.map(({ desc, value }) => anyPack(desc, value)),
  });
}

function sizeOf(code: Code, message: string, details: readonly Detail[]): number {
  return toBinary(StatusSchema, packed(code, message, details)).length;
}

function receivedFields(error: ConnectError): ErrorFields {
  const [retry] = error.findDetails(RetryInfoSchema);
  const [badRequest] = error.findDetails(BadRequestSchema);
  const [quota] = error.findDetails(QuotaFailureSchema);
  const [precondition] = error.findDetails(PreconditionFailureSchema);
  const [resource] = error.findDetails(ResourceInfoSchema);
  const [progress] = error.findDetails(StreamProgressSchema);
  const [log] = error.findDetails(AttemptLogSchema);
  const [failure] = precondition?.violations ?? [];
  return {
    retryAfterMs: retry?.retryDelay && durationMs(retry.retryDelay),
    violations: badRequest?.fieldViolations.map(({ field, description }) => ({
      field,
      description,
    })),
    quotaSubjects: quota?.violations.map(({ subject }) => subject),
    precondition: failure && { type: failure.type, description: failure.description },
    resource: resource && { type: resource.resourceType, name: resource.resourceName },
    progress,
    attempts: log?.attempts,
  };
}
