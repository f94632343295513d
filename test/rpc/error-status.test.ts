// Proves that every error leaves with one ErrorInfo, its retry advice in details and headers alike,
// and an encoded status of at most 4 KiB (O11), in texts that headers can carry (O12), and that a
// client gets the same error back.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code as ConnectCode, ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Code } from "../../gen/ts/google/rpc/code_pb.ts";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  PreconditionFailureSchema,
  QuotaFailureSchema,
  ResourceInfoSchema,
  RetryInfoSchema,
} from "../../gen/ts/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../../gen/ts/google/rpc/status_pb.ts";
import {
  AttemptLogSchema,
  StreamProgressSchema,
} from "../../gen/ts/nexen/connectors/v1/error_pb.ts";
import { AttemptSchema, UsageSchema } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { ConnectorError, type ErrorFields } from "../../src/contract/connector-error.ts";
import { type Reason, reasons } from "../../src/contract/reasons.ts";
import { connectErrorOf, connectorErrorFrom, statusOf } from "../../src/rpc/error-status.ts";

const allReasons = Object.keys(reasons) as Reason[];

/** An error as a client of gRPC receives it. */
function received(error: ConnectorError): ConnectError {
  const sent = connectErrorOf(error);
  const status = fromBinary(StatusSchema, toBinary(StatusSchema, statusOf(error)));
  const arrived = new ConnectError(status.message, status.code, sent.metadata);
  arrived.details = status.details.map(({ typeUrl, value }) => ({
    type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1),
    value,
  }));
  return arrived;
}

function retryHeaders(error: ConnectorError): readonly (string | null)[] {
  const { metadata } = connectErrorOf(error);
  return [metadata.get("grpc-retry-pushback-ms"), metadata.get("retry-after")];
}

const full: ErrorFields = {
  metadata: { provider: "openai", http_status: "429" },
  violations: [{ field: "request.model", description: "is wrong" }],
  retryAfterMs: 1_500,
  quotaSubjects: ["requests per minute"],
  precondition: { type: "BILLING", description: "pay" },
  resource: { type: "model", name: "gpt-9" },
  progress: create(StreamProgressSchema, { deltas: 3n, usage: { inputTokens: 5n } }),
  attempts: [
    create(AttemptSchema, { target: "a", reason: "PROVIDER_RATE_LIMITED", httpStatus: 429 }),
  ],
};

describe("details", () => {
  it("are each there once, the ErrorInfo first", () => {
    const error = new ConnectorError("PROVIDER_RATE_LIMITED", "slow down", full);
    const types = statusOf(error).details.map(({ typeUrl }) => typeUrl.split("/")[1]);
    expect(types).toEqual([
      ErrorInfoSchema.typeName,
      RetryInfoSchema.typeName,
      BadRequestSchema.typeName,
      QuotaFailureSchema.typeName,
      PreconditionFailureSchema.typeName,
      ResourceInfoSchema.typeName,
      StreamProgressSchema.typeName,
      AttemptLogSchema.typeName,
    ]);
    const [info] = connectErrorOf(error).findDetails(ErrorInfoSchema);
    expect(info).toMatchObject({
      reason: "PROVIDER_RATE_LIMITED",
      domain: "connectors.nexen",
      metadata: { provider: "openai", http_status: "429", retryable: "true" },
    });
  });

  it("say what must be put in order even if nobody said it", () => {
    const error = new ConnectorError("PROVIDER_CREDENTIAL_INVALID", "bad key", {
      metadata: { provider: "openai" },
    });
    const [failure] = connectErrorOf(error).findDetails(PreconditionFailureSchema);
    expect(failure?.violations[0]).toMatchObject({
      type: "PROVIDER_CREDENTIAL_INVALID",
      subject: "openai",
      description: "bad key",
    });
  });

  it("never hold the cause", () => {
    const cause = new Error("canary at /src/secret.ts:1");
    const error = new ConnectorError("INTERNAL_FAULT", "this server failed", { cause });
    const bytes = Buffer.from(toBinary(StatusSchema, statusOf(error))).toString("latin1");
    expect(bytes).not.toContain("canary");
    expect(connectErrorOf(error).cause).toBeUndefined();
  });
});

describe("retry advice", () => {
  it.each<[string, Reason, ErrorFields, readonly (string | null)[], number | undefined]>([
    ["a known wait", "PROVIDER_RATE_LIMITED", { retryAfterMs: 1_500 }, ["1500", "2"], 1_500],
    ["a wait of 0", "PROVIDER_OVERLOADED", { retryAfterMs: 0 }, ["0", "0"], 0],
    ["a part of a ms", "PROVIDER_OVERLOADED", { retryAfterMs: 0.2 }, ["1", "1"], 1],
    [
      "a wait of years",
      "PROVIDER_OVERLOADED",
      { retryAfterMs: 1e15 },
      ["2147483647", "2147484"],
      2_147_483_647,
    ],
    [
      "a wait that is none",
      "PROVIDER_OVERLOADED",
      { retryAfterMs: Number.NaN },
      ["1000", "1"],
      1_000,
    ],
    ["a negative wait", "PROVIDER_OVERLOADED", { retryAfterMs: -1 }, ["1000", "1"], 1_000],
    ["overload", "SERVER_OVERLOADED", {}, ["1000", "1"], 1_000],
    ["draining", "SERVER_DRAINING", {}, ["0", "0"], 0],
    ["what may be tried at once", "PROVIDER_CONNECTION_LOST", {}, [null, null], undefined],
    ["what no retry helps", "INVALID_REQUEST", {}, ["-1", null], undefined],
    [
      "a provider that says no",
      "PROVIDER_UNAVAILABLE",
      { metadata: { retryable: "false" } },
      ["-1", null],
      undefined,
    ],
  ])("for %s", (_, reason, fields, headers, retryMs) => {
    const error = new ConnectorError(reason, "x", fields);
    expect(retryHeaders(error)).toEqual(headers);
    expect(connectorErrorFrom(received(error)).fields.retryAfterMs).toBe(retryMs);
  });
});

describe("texts", () => {
  it.each([
    ["ünïcode 日本 \u{1f600}", "ünïcode 日本 \u{1f600}"],
    ["100% of\r\n\0lines", "100% of lines"],
    ["half \ud800 pair", "half \ufffd pair"],
  ])("%j leaves as %j", (message, expected) => {
    const error = connectErrorOf(new ConnectorError("PROVIDER_INTERNAL", message));
    expect(error.rawMessage).toBe(expected);
    expect(() => encodeURIComponent(error.rawMessage)).not.toThrow();
  });

  it("are cut inside no character, and short enough for a header", () => {
    for (const message of ["x".repeat(1e6), "日".repeat(1e6), "\u{1f600}".repeat(1e6)]) {
      const { rawMessage } = connectErrorOf(new ConnectorError("PROVIDER_INTERNAL", message));
      expect(rawMessage.isWellFormed()).toBe(true);
      expect(rawMessage.endsWith("…")).toBe(true);
      expect(Buffer.byteLength(rawMessage)).toBeLessThanOrEqual(1024);
      expect(encodeURIComponent(rawMessage).length).toBeLessThanOrEqual(2048);
    }
  });
});

describe("size", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.integer({ min: 0, max: 4_000 }).map((length) => "日x".repeat(length)),
  );
  const fields: fc.Arbitrary<ErrorFields> = fc.record(
    {
      metadata: fc.dictionary(text, text, { maxKeys: 60 }),
      violations: fc.array(fc.record({ field: text, description: text }), { maxLength: 60 }),
      retryAfterMs: fc.double(),
      quotaSubjects: fc.array(text, { maxLength: 60 }),
      precondition: fc.record({ type: text, description: text }),
      resource: fc.record({ type: text, name: text }),
      progress: fc
        .record({ lastEventId: text, uses: fc.dictionary(text, fc.bigInt(0n, 9n)) })
        .map(({ lastEventId, uses }) =>
          create(StreamProgressSchema, {
            lastEventId,
            usage: create(UsageSchema, { serverToolUses: uses }),
          }),
        ),
      attempts: fc.array(
        fc
          .record({ target: text, reason: text, providerRequestId: text })
          .map((init) => create(AttemptSchema, init)),
        { maxLength: 60 },
      ),
    },
    { requiredKeys: [] },
  );

  it("is at most 4 KiB, and code and reason always arrive", () => {
    fc.assert(
      fc.property(fc.constantFrom(...allReasons), text, fields, (reason, message, more) => {
        const error = new ConnectorError(reason, message, more);
        expect(toBinary(StatusSchema, statusOf(error)).length).toBeLessThanOrEqual(4096);
        const arrived = connectorErrorFrom(received(error));
        expect([arrived.reason, arrived.code]).toEqual([reason, error.code]);
        for (const { metadata } of received(error).findDetails(ErrorInfoSchema)) {
          for (const key of Object.keys(metadata)) expect(key).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("is kept by dropping the oldest attempts first, then descriptions", () => {
    const attempts = Array.from({ length: 30 }, (_, index) =>
      create(AttemptSchema, { target: `target-${index}`, providerRequestId: "x".repeat(200) }),
    );
    const violations = [{ field: "request.model", description: "d".repeat(200) }];
    const log = new ConnectorError("INVALID_REQUEST", "x", { attempts, violations });
    const arrived = connectorErrorFrom(received(log));
    expect(arrived.fields.attempts?.at(-1)?.target).toBe("target-29");
    expect(arrived.fields.attempts?.length).toBeLessThan(20);
    expect(arrived.fields.violations).toEqual(violations);

    const many = Array.from({ length: 30 }, (_, index) => ({
      field: `request.contents[${index}]`,
      description: "d".repeat(200),
    }));
    const long = connectorErrorFrom(
      received(new ConnectorError("INVALID_REQUEST", "x", { attempts, violations: many })),
    );
    expect(long.fields.attempts).toBeUndefined();
    expect(long.fields.violations?.map(({ field }) => field)).toEqual(
      many.map(({ field }) => field),
    );
    for (const { description } of long.fields.violations ?? []) {
      expect(description.length).toBeLessThan(50);
    }
  });

  it("is no reason to lose the retry delay or the progress", () => {
    const error = new ConnectorError("PROVIDER_RATE_LIMITED", "x".repeat(9_999), {
      ...full,
      metadata: Object.fromEntries(
        Array.from({ length: 40 }, (_, index) => [`key_${index}`, "v".repeat(300)]),
      ),
    });
    const arrived = connectorErrorFrom(received(error));
    expect(arrived.fields.retryAfterMs).toBe(1_500);
    expect(arrived.fields.progress?.deltas).toBe(3n);
    expect(arrived.fields.metadata?.retryable).toBe("true");
  });
});

describe("what a client receives", () => {
  it("is what the server threw", () => {
    const error = new ConnectorError("PROVIDER_PERMISSION_DENIED", "no", {
      ...full,
      code: Code.PERMISSION_DENIED,
    });
    const arrived = connectorErrorFrom(received(error));
    expect(arrived.message).toBe("no");
    expect(arrived.status).toBe("PERMISSION_DENIED");
    expect(arrived.fields).toMatchObject({
      ...full,
      metadata: { ...full.metadata, retryable: "false" },
    });
  });

  it.each<[ConnectCode, Reason]>([
    [ConnectCode.Unavailable, "SERVER_UNREACHABLE"],
    [ConnectCode.Aborted, "SERVER_UNREACHABLE"],
    [ConnectCode.Canceled, "CALLER_CANCELLED"],
    [ConnectCode.DeadlineExceeded, "CALLER_DEADLINE_EXCEEDED"],
    [ConnectCode.ResourceExhausted, "MESSAGE_TOO_LARGE"],
    [ConnectCode.Unimplemented, "NOT_IMPLEMENTED"],
    [ConnectCode.Unauthenticated, "CALLER_UNAUTHENTICATED"],
    [ConnectCode.InvalidArgument, "INVALID_REQUEST"],
    [ConnectCode.DataLoss, "INTERNAL_FAULT"],
  ])("of status %d without details is told from it", (code, reason) => {
    const error = connectorErrorFrom(new ConnectError("x", code));
    expect([error.reason, error.code]).toEqual([
      reason,
      code === ConnectCode.Aborted ? Code.ABORTED : code,
    ]);
  });

  it("with a reason of a newer server keeps its status and names the reason", () => {
    const value = { reason: "NEWS", domain: "connectors.nexen", metadata: { a: "b" } };
    const error = new ConnectError("x", ConnectCode.Unavailable, undefined, [
      { desc: ErrorInfoSchema, value },
    ]);
    const arrived = connectorErrorFrom(error);
    expect(arrived.status).toBe("UNAVAILABLE");
    expect(arrived.fields.metadata).toEqual({ a: "b", reason: "NEWS" });
  });

  it("with an ErrorInfo of somebody else is no error of ours", () => {
    const value = { reason: "MODEL_NOT_ROUTED", domain: "proxy.example" };
    const error = new ConnectError("x", ConnectCode.Unavailable, undefined, [
      { desc: ErrorInfoSchema, value },
    ]);
    expect(connectorErrorFrom(error).reason).toBe("SERVER_UNREACHABLE");
  });
});
