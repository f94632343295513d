// Proves that errors are the same in process and by a server, field for field: each case of the
// table fails both ways with a ConnectorError that has the expected reason, and the two are
// compared.
import { inspect } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Attempt } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import type { LLM, LLMRequestInput } from "../../src/contract/llm.ts";
import {
  type LLMOption,
  withAPIKey,
  withRegions,
  withRetry,
  withStrict,
  withTarget,
  withTimeout,
} from "../../src/contract/options.ts";
import type { Reason } from "../../src/contract/reasons.ts";
import { captured } from "../support/canary.ts";
import { connectorError } from "../support/http.ts";
import { setScene, ways } from "./ways.ts";

setScene();

interface Case {
  readonly name: string;
  readonly reason: Reason;
  readonly model?: string;
  readonly message?: string;
  readonly fields?: Partial<LLMRequestInput>;
  readonly options?: readonly LLMOption[];
  /** Parts that the error must have. */
  readonly has?: object;
  /** Set: the case is only one of streams. */
  readonly stream?: true;
  /** Set: its model rests for a while afterwards, so that each run has one of its own. */
  readonly rests?: true;
}

const wrongKey = "wrong-key-of-the-caller";

const cases: readonly Case[] = [
  {
    name: "a key of the caller that the provider refuses",
    reason: "CALLER_PROVIDER_KEY_REJECTED",
    options: [withAPIKey(wrongKey)],
    has: { status: "UNAUTHENTICATED", metadata: { http_status: "401", provider: "anthropic" } },
  },
  {
    name: "a key that OpenAI refuses, and quotes",
    reason: "CALLER_PROVIDER_KEY_REJECTED",
    model: "gpt-4o",
    options: [withAPIKey(wrongKey)],
    has: { metadata: { provider_code: "invalid_api_key" } },
  },
  {
    name: "a rate limit with a wait",
    reason: "PROVIDER_RATE_LIMITED",
    message: "[[simulate: status=429 retry-after=7]]",
    options: [withRetry({ maxAttempts: 1 })],
    rests: true,
    has: { status: "RESOURCE_EXHAUSTED", retryAfterMs: 7000, retryable: true },
  },
  {
    name: "a rate limit without a wait",
    reason: "PROVIDER_RATE_LIMITED",
    message: "[[simulate: status=429]]",
  },
  {
    name: "no credit",
    reason: "PROVIDER_BILLING_EXHAUSTED",
    model: "gpt-4o",
    message: "[[simulate: status=429 type=insufficient_quota code=insufficient_quota]]",
    has: { status: "FAILED_PRECONDITION", retryable: false },
  },
  {
    name: "an overloaded provider",
    reason: "PROVIDER_OVERLOADED",
    message: "[[simulate: status=529]]",
    has: { status: "UNAVAILABLE", metadata: { http_status: "529" } },
  },
  {
    name: "a failed provider",
    reason: "PROVIDER_INTERNAL",
    message: "[[simulate: status=500 body=html]]",
  },
  {
    name: "a connection that is lost",
    reason: "PROVIDER_CONNECTION_LOST",
    message: "[[simulate: reset]]",
  },
  {
    name: "wrong fields, all at once",
    reason: "INVALID_REQUEST",
    fields: { temperature: 7, topK: -1 },
    has: {
      violations: [
        { field: "request.temperature", description: "must be 0 to 2" },
        { field: "request.top_k", description: "must be 1 to 2147483647" },
      ],
    },
  },
  {
    name: "no contents",
    reason: "INVALID_REQUEST",
    fields: { contents: [] },
  },
  {
    name: "a field that the provider cannot take, where that is to fail",
    reason: "UNSUPPORTED_FIELD",
    fields: { seed: 1n },
    options: [withStrict()],
  },
  {
    name: "a model that nothing leads from",
    reason: "MODEL_NOT_ROUTED",
    model: "claud-sonnet-5",
    has: { status: "NOT_FOUND", resource: { type: "model", name: "claud-sonnet-5" } },
  },
  {
    name: "a target that is not there",
    reason: "INVALID_REQUEST",
    options: [withTarget("nowhere")],
    has: { violations: [{ field: "options.target", description: "no target has this name" }] },
  },
  {
    name: "a fence around no region",
    reason: "REGION_NOT_ALLOWED",
    options: [withRegions({ allowed: ["eu-*"] })],
    has: { precondition: { type: "REGION_NOT_ALLOWED" } },
  },
  {
    name: "a deadline that passes",
    reason: "CALLER_DEADLINE_EXCEEDED",
    message: "[[simulate: stall-headers]]",
    options: [withTimeout(0.5)],
  },
  {
    name: "a stream that is cut",
    reason: "STREAM_TRUNCATED",
    message: "[[simulate: chunks=6 end-after=3]]",
    stream: true,
    has: { status: "UNAVAILABLE", progress: { outputChars: 33n } },
  },
  {
    name: "an error in a stream",
    reason: "PROVIDER_OVERLOADED",
    message: "[[simulate: chunks=6 error-after=3]]",
    stream: true,
    has: { progress: { outputChars: 33n } },
  },
];

/** Everything an error tells, without times and ids that differ from call to call. */
function facts(error: ConnectorError): object {
  const { reason, code, status, retryable, message, fields } = error;
  const { metadata = {}, attempts = [], progress, cause: _, ...rest } = fields;
  const { provider_request_id: __, ...lasting } = metadata;
  // Neighbouring deltas may come as one, by chance.
  const { deltas: ___, ...lastingProgress } = progress ?? {};
  return {
    ...{ reason, code, status, retryable, message, metadata: lasting },
    ...rest,
    progress: progress && lastingProgress,
    attempts: attempts.map(lastingAttempt),
  };
}

function lastingAttempt({ target, region, reason, httpStatus }: Attempt): object {
  return { target, region, reason, httpStatus };
}

async function failStream(llm: LLM, request: LLMRequestInput): Promise<void> {
  for await (const _ of llm.stream(request));
}

let runs = 0;

/** What a case fails with, on each way. */
async function failures(
  { model = "claude-sonnet-5", message = "Hello", fields, options = [], rests }: Case,
  run: (llm: LLM, request: LLMRequestInput) => Promise<unknown>,
): Promise<readonly object[]> {
  const request = { contents: [{ role: "user" as const, message }], ...fields };
  runs += 1;
  const asked = rests ? `${model}-${runs}` : model;
  return await Promise.all(
    ways.map(async (way) => {
      const llm = way.open(asked, ...options);
      onTestFinished(() => llm.close());
      const error = await connectorError(run(llm, request));
      expect(error).toBeInstanceOf(ConnectorError);
      expect(error.cause).toBeUndefined();
      captured(inspect(error, { depth: null }));
      return facts(error);
    }),
  );
}

describe("a call fails the same way in process and by a server", () => {
  it.each(cases.filter(({ stream }) => !stream))("$name", async (one) => {
    const [here, there] = await failures(one, (llm, request) => llm.call(request));
    expect(here).toMatchObject({ reason: one.reason, ...one.has });
    expect(there).toEqual(here);
  });
});

describe("a stream fails the same way in process and by a server", () => {
  it.each(cases)("$name", async (one) => {
    const [here, there] = await failures(one, failStream);
    expect(here).toMatchObject({ reason: one.reason, ...one.has });
    expect(there).toEqual(here);
  });
});
