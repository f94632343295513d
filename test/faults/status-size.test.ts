// Proves through the real edge that an encoded status is at most 4 KiB (O11, target T16), whatever
// an error holds, and that code and reason always arrive: for any error, over each protocol.
import { create, type DescMessage, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import type { ConnectError } from "@connectrpc/connect";
import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
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
import { AttemptSchema } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { ConnectorError, type ErrorFields } from "../../src/contract/connector-error.ts";
import { type Reason, reasons } from "../../src/contract/reasons.ts";
import { FakeApi, goodRequest } from "../support/fake-api.ts";
import { clientOver, completeError, connectError } from "../support/rpc-client.ts";
import { startRPCServer } from "../support/rpc-server.ts";
import { protocols } from "./fault-scene.ts";

const statusBytesMax = 4096;

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

/** Text of any length, of any script. */
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.integer({ min: 0, max: 20_000 }).map((length) => "é\n%😀".repeat(length / 4)),
);

const attempt = fc
  .record({ target: text, region: text, reason: text, providerRequestId: text })
  .map((fields) => create(AttemptSchema, fields));

const fields = fc.record<ErrorFields>(
  {
    metadata: fc.dictionary(fc.string({ unit: "binary", maxLength: 200 }), text, { maxKeys: 60 }),
    violations: fc.array(fc.record({ field: text, description: text }), { maxLength: 60 }),
    retryAfterMs: fc.double({ noNaN: true }),
    quotaSubjects: fc.array(text, { maxLength: 60 }),
    precondition: fc.record({ type: text, description: text }),
    resource: fc.record({ type: text, name: text }),
    progress: fc
      .record({ lastEventId: text, outputChars: fc.bigInt({ min: 0n, max: 2n ** 60n }) })
      .map((progress) => create(StreamProgressSchema, progress)),
    attempts: fc.array(attempt, { maxLength: 60 }),
  },
  { requiredKeys: [] },
);

const errors = fc
  .tuple(fc.constantFrom(...(Object.keys(reasons) as Reason[])), text, fields)
  .map(([reason, message, rest]) => new ConnectorError(reason, message, rest));

/** The size of what arrived, encoded as it travels. */
function statusBytes(error: ConnectError): number {
  const details = schemas.flatMap((schema) =>
    error.findDetails(schema).map((value) => anyPack(schema, value)),
  );
  const { code, rawMessage: message } = error;
  return toBinary(StatusSchema, create(StatusSchema, { code, message, details })).length;
}

test.prop([errors], { numRuns: 60 })(
  "O11 a status over any protocol is at most 4 KiB, and its reason arrives",
  async (thrown) => {
    const api = new FakeApi({ call: () => Promise.reject(thrown) });
    const server = await startRPCServer({ api });
    for (const protocol of protocols) {
      const call = clientOver(protocol, server.url).call(goodRequest);
      const received = await connectError(call);
      expect(statusBytes(received)).toBeLessThanOrEqual(statusBytesMax);
      const { reason, code } = completeError(received);
      expect([reason, code]).toEqual([thrown.reason, thrown.code]);
    }
  },
);
