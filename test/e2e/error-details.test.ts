// Proves that a provider's failure leaves the same on each protocol, and in grpc-js: status,
// reason, message, every detail field by field (timings aside), and the trailers that say whether
// to try again; that the status is at most 4 KiB; and that no key is in it.
import { create, type DescMessage, type JsonValue, toBinary, toJson } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import type { ConnectError } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  PreconditionFailureSchema,
  QuotaFailureSchema,
  ResourceInfoSchema,
  RetryInfoSchema,
} from "../../gen/ts/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../../gen/ts/google/rpc/status_pb.ts";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import {
  AttemptLogSchema,
  StreamProgressSchema,
} from "../../gen/ts/nexen/connectors/v1/error_pb.ts";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { connectErrorOf, GrpcJsClient, serviceError } from "../support/grpc-js.ts";
import { RawUpstream } from "../support/raw-upstream.ts";
import { clientOver, connectError, type Wire, wires } from "../support/rpc-client.ts";
import { oneTarget, openServer, type StartedServer } from "../support/running-server.ts";
import { deltaChunk, eventChunk, streamEnd, streamHead, streamStart } from "./messages-upstream.ts";

const key = "sk-e2e-upstream";

/** What the provider does, and what a caller must be told. */
interface Failure {
  readonly name: string;
  /** Bytes of the answer; the connection is closed after them. */
  readonly answer: readonly (string | Buffer)[];
  readonly status: string;
  readonly reason: string;
  /** Details besides ErrorInfo and AttemptLog. */
  readonly details?: readonly string[];
  /** `grpc-retry-pushback-ms`; unset: it is not sent. */
  readonly pushback?: string;
  /** `retry-after`; unset: it is not sent. */
  readonly retryAfter?: string;
  /** Whether only a stream can fail like this. */
  readonly streamOnly?: boolean;
}

function http(status: number, type: string, message: string, headers = ""): readonly string[] {
  const body = JSON.stringify({ type: "error", error: { type, message }, request_id: "req_1" });
  const length = Buffer.byteLength(body);
  return [
    `HTTP/1.1 ${status} X\r\ncontent-type: application/json\r\nrequest-id: req_1\r\n` +
      `content-length: ${length}\r\nconnection: close\r\n${headers}\r\n${body}`,
  ];
}

const failures: readonly Failure[] = [
  {
    name: "400",
    answer: http(400, "invalid_request_error", "messages: at least one"),
    status: "INVALID_ARGUMENT",
    reason: "PROVIDER_INVALID_REQUEST",
    details: ["BadRequest"],
    pushback: "-1",
  },
  {
    name: "400 prompt too long",
    answer: http(
      400,
      "invalid_request_error",
      "prompt is too long: 210000 tokens > 200000 maximum",
    ),
    status: "INVALID_ARGUMENT",
    reason: "CONTEXT_LENGTH_EXCEEDED",
    details: ["BadRequest"],
    pushback: "-1",
  },
  {
    name: "401 with our key",
    answer: http(401, "authentication_error", `invalid x-api-key: ${key}`),
    status: "FAILED_PRECONDITION",
    reason: "PROVIDER_CREDENTIAL_INVALID",
    details: ["PreconditionFailure"],
    pushback: "-1",
  },
  {
    name: "404",
    answer: http(404, "not_found_error", "model: claude-sonnet-5"),
    status: "NOT_FOUND",
    reason: "MODEL_NOT_FOUND",
    details: ["ResourceInfo"],
    pushback: "-1",
  },
  {
    name: "429 with a wait",
    answer: http(
      429,
      "rate_limit_error",
      "too many tokens",
      "retry-after: 12\r\nanthropic-ratelimit-tokens-remaining: 0\r\n",
    ),
    status: "RESOURCE_EXHAUSTED",
    reason: "PROVIDER_RATE_LIMITED",
    details: ["QuotaFailure", "RetryInfo"],
    pushback: "12000",
    retryAfter: "12",
  },
  {
    name: "429 now",
    answer: http(429, "rate_limit_error", "slow", "retry-after: 0\r\n"),
    status: "RESOURCE_EXHAUSTED",
    reason: "PROVIDER_RATE_LIMITED",
    details: ["RetryInfo"],
    pushback: "0",
    retryAfter: "0",
  },
  {
    name: "500",
    answer: http(500, "api_error", "oops"),
    status: "INTERNAL",
    reason: "PROVIDER_INTERNAL",
  },
  {
    name: "529",
    answer: http(529, "overloaded_error", "Overloaded"),
    status: "UNAVAILABLE",
    reason: "PROVIDER_OVERLOADED",
    details: ["RetryInfo"],
    pushback: "1000",
    retryAfter: "1",
  },
  {
    name: "529 that must not be repeated",
    answer: http(529, "overloaded_error", "Overloaded", "x-should-retry: false\r\n"),
    status: "UNAVAILABLE",
    reason: "PROVIDER_OVERLOADED",
    pushback: "-1",
  },
  {
    name: "500 with a novel",
    answer: http(500, "api_error", `${"é\n%".repeat(30_000)} ${key}`),
    status: "INTERNAL",
    reason: "PROVIDER_INTERNAL",
  },
  {
    name: "no HTTP",
    answer: ["SSH-2.0-OpenSSH_9.9\r\n"],
    status: "INTERNAL",
    reason: "PROVIDER_MALFORMED_RESPONSE",
  },
  {
    name: "nothing",
    answer: [],
    status: "UNAVAILABLE",
    reason: "PROVIDER_CONNECTION_LOST",
  },
  {
    name: "a stream that is cut",
    answer: [streamHead, streamStart, deltaChunk("Hello"), deltaChunk(" you")],
    status: "UNAVAILABLE",
    reason: "STREAM_TRUNCATED",
    details: ["StreamProgress"],
    streamOnly: true,
  },
  {
    name: "a stream with an error",
    answer: [
      streamHead,
      streamStart,
      deltaChunk("Hello"),
      eventChunk("error", { error: { type: "overloaded_error", message: `Overloaded ${key}` } }),
    ],
    status: "UNAVAILABLE",
    reason: "PROVIDER_OVERLOADED",
    details: ["RetryInfo", "StreamProgress"],
    pushback: "1000",
    retryAfter: "1",
    streamOnly: true,
  },
  {
    name: "a stream with what is no JSON",
    answer: [streamHead, streamStart, deltaChunk("Hello"), "b\r\ndata: {no}\n\n\r\n", streamEnd],
    status: "INTERNAL",
    reason: "PROVIDER_MALFORMED_RESPONSE",
    details: ["StreamProgress"],
    streamOnly: true,
  },
];

let upstream: RawUpstream;
let server: StartedServer;
beforeAll(async () => {
  upstream = await RawUpstream.listen(async (connection) => {
    const { body } = await connection.request();
    const failure = failures.find(({ name }) => body.includes(`"fail: ${name}"`));
    await connection.send(...(failure?.answer ?? []));
    connection.halfClose();
  });
  server = await openServer({ yaml: oneTarget(upstream.url) }, afterAll);
});
afterAll(() => upstream.close());

const schemas: readonly DescMessage[] = [
  ErrorInfoSchema,
  RetryInfoSchema,
  BadRequestSchema,
  QuotaFailureSchema,
  PreconditionFailureSchema,
  ResourceInfoSchema,
  StreamProgressSchema,
  AttemptLogSchema,
];

/** Everything an error tells, without times. */
function told(error: ConnectError): JsonValue {
  const names = error.details.map((detail) =>
    "type" in detail ? detail.type : detail.desc.typeName,
  );
  const details = schemas.flatMap((schema) =>
    error.findDetails(schema).map((value) => toJson(schema, value)),
  );
  const text = JSON.stringify({ code: error.code, message: error.rawMessage, names, details });
  return JSON.parse(
    text
      .replaceAll(/"(startOffset|firstDelta|total)":"[^"]*"/g, '"$1":""')
      .replaceAll(/claude-sonnet-5-\d+/g, "claude-sonnet-5"),
  );
}

function statusBytes(error: ConnectError): number {
  const details = schemas.flatMap((schema) =>
    error.findDetails(schema).map((value) => anyPack(schema, value)),
  );
  const { code, rawMessage: message } = error;
  return toBinary(StatusSchema, create(StatusSchema, { code, message, details })).length;
}

let calls = 0;

/** A call of one attempt, for a model of its own: what is remembered of others does not count. */
function requestOf({ name }: Failure) {
  calls += 1;
  const contents = [{ role: Role.USER, message: `fail: ${name}` }];
  return {
    request: { model: `claude-sonnet-5-${calls}`, maxOutputTokens: 100, contents },
    options: { retry: { maxAttempts: 1 } },
  };
}

async function errorOver(wire: Wire, failure: Failure, streamed: boolean): Promise<ConnectError> {
  const client = clientOver(wire, server.url);
  const request = requestOf(failure);
  const run = async (): Promise<void> => {
    if (!streamed) await client.call(request);
    else for await (const _ of client.streamCall(request));
  };
  return await connectError(run());
}

async function errorByGrpcJs(failure: Failure, streamed: boolean): Promise<ConnectError> {
  const client = new GrpcJsClient(server.port);
  const request = requestOf(failure);
  const run = async (): Promise<void> => {
    if (!streamed) await client.unary(ConnectorService.method.call, request);
    else for await (const _ of client.stream(ConnectorService.method.streamCall, request));
  };
  return connectErrorOf(await serviceError(run()));
}

describe.each(failures)("a provider's $name", (failure) => {
  const { details = [], status, reason, pushback, retryAfter } = failure;
  it.each(failure.streamOnly ? [true] : [false, true])(
    "is the same, streamed: %s",
    async (streamed) => {
      const errors = [
        ...(await Promise.all(wires.map((wire) => errorOver(wire, failure, streamed)))),
        await errorByGrpcJs(failure, streamed),
      ];
      const [first] = errors;
      if (first === undefined) throw new Error("no error");
      const names = new Set(first.details.map((detail) => ("type" in detail ? detail.type : "")));
      const [info] = first.findDetails(ErrorInfoSchema);
      expect([info?.reason, info?.domain]).toEqual([reason, "connectors.nexen"]);
      // A stream that has begun tells how far it came, even when nothing had come.
      const isBegun = streamed && info?.metadata.phase === "stream";
      const wanted = [
        "ErrorInfo",
        "AttemptLog",
        ...details,
        ...(isBegun ? ["StreamProgress"] : []),
      ];
      expect([...names].map((name) => name.split(".").at(-1)).sort()).toEqual(
        [...new Set(wanted)].sort(),
      );
      for (const error of errors) {
        expect(told(error)).toEqual(told(first));
        expect(error.metadata.get("grpc-retry-pushback-ms")).toBe(pushback ?? null);
        expect(error.metadata.get("retry-after")).toBe(retryAfter ?? null);
        expect(statusBytes(error)).toBeLessThanOrEqual(4096);
        expect(JSON.stringify(told(error))).not.toContain(key);
        expect(error.rawMessage.length).toBeLessThanOrEqual(540);
      }
      expect(status).toBe(statusName(first.code));
    },
  );
});

function statusName(code: number): string | undefined {
  const names: Readonly<Record<number, string>> = {
    3: "INVALID_ARGUMENT",
    5: "NOT_FOUND",
    8: "RESOURCE_EXHAUSTED",
    9: "FAILED_PRECONDITION",
    13: "INTERNAL",
    14: "UNAVAILABLE",
  };
  return names[code];
}
