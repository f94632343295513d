import type { Reason } from "../../src/contract/reasons.ts";

/** A wire of llmock, and the target of ours that speaks it. */
export interface JudgedWire {
  readonly name: string;
  readonly adapter: string;
  readonly dialect: string;
  /** What stands behind llmock's address in `base_url`. */
  readonly path: string;
  /** Events of its streams by which a delta has come, and the last one has not. */
  readonly eventsToDelta: number;
}

/** The wires that both speak. */
export const judgedWires: readonly JudgedWire[] = [
  { name: "chat", adapter: "custom", dialect: "openai-chat", path: "/v1", eventsToDelta: 3 },
  { name: "responses", adapter: "openai", dialect: "responses", path: "/v1", eventsToDelta: 6 },
  {
    name: "messages",
    adapter: "anthropic",
    dialect: "messages",
    path: "/anthropic",
    eventsToDelta: 5,
  },
  { name: "gemini", adapter: "google", dialect: "gemini", path: "/gemini", eventsToDelta: 2 },
  { name: "mistral", adapter: "mistral", dialect: "chat", path: "/mistral", eventsToDelta: 3 },
  { name: "cohere", adapter: "custom", dialect: "cohere", path: "/cohere", eventsToDelta: 4 },
];

/** A fault at the provider, and what must come of it. */
export interface Scenario {
  readonly name: string;
  readonly streams: boolean;
  /** A behaviour of llmock, but for whom it matches. */
  fault(wire: JudgedWire): Readonly<Record<string, unknown>>;
  /** What the caller may see in the end. Default: an answer. */
  readonly ends?: readonly Reason[];
  /** Requests that reach the provider for one call of the caller. */
  readonly requests: number;
  /** Calls of the caller: 2 where it was told to call again, and did. Default: 1. */
  readonly calls?: 1 | 2;
  /** The caller's deadline, ms. Default: 20 s. */
  readonly timeoutMs?: number;
}

const failures: readonly Scenario[] = [
  {
    name: "429-wait",
    streams: false,
    fault: () => ({ type: "fail", status: 429, retry_after: 0.3, times: 2 }),
    requests: 3,
  },
  {
    name: "429-wait-stream",
    streams: true,
    fault: () => ({ type: "fail", status: 429, retry_after: 0.3, times: 1 }),
    requests: 2,
  },
  {
    // The wait does not fit into the deadline: the caller is told, waits itself and calls again.
    name: "429-told",
    streams: false,
    fault: () => ({ type: "fail", status: 429, retry_after: 2, times: 1 }),
    timeoutMs: 1_500,
    requests: 2,
    calls: 2,
  },
  { name: "500-twice", streams: false, fault: fail(500, 2), requests: 3 },
  { name: "500-stream", streams: true, fault: fail(500, 1), requests: 2 },
  { name: "503-once", streams: false, fault: fail(503, 1), requests: 2 },
  {
    name: "500-always",
    streams: false,
    fault: fail(500, 60),
    requests: 3,
    ends: ["PROVIDER_INTERNAL"],
  },
  {
    name: "400",
    streams: false,
    fault: fail(400, 9),
    requests: 1,
    ends: ["PROVIDER_INVALID_REQUEST"],
  },
  {
    name: "400-stream",
    streams: true,
    fault: fail(400, 9),
    requests: 1,
    ends: ["PROVIDER_INVALID_REQUEST"],
  },
  {
    name: "401",
    streams: false,
    fault: fail(401, 9),
    requests: 1,
    ends: ["PROVIDER_CREDENTIAL_INVALID"],
  },
  {
    name: "403",
    streams: false,
    fault: fail(403, 9),
    requests: 1,
    ends: ["PROVIDER_PERMISSION_DENIED"],
  },
  {
    // In Gemini's shape it comes with the status FAILED_PRECONDITION.
    name: "422",
    streams: false,
    fault: fail(422, 9),
    requests: 1,
    ends: ["PROVIDER_INVALID_REQUEST", "PROVIDER_REGION_OR_BILLING"],
  },
];

const breaks = ["truncate", "disconnect", "malformed", "stall"] as const;

/**
 * Streams that break: before their first delta it is the server that asks again; after it the
 * caller, once it was told.
 */
const brokenStreams: readonly Scenario[] = breaks.flatMap((kind) => [
  { name: `${kind}-early`, streams: true, fault: () => broken(kind, 0), requests: 2 },
  {
    name: `${kind}-late`,
    streams: true,
    fault: ({ eventsToDelta }) => broken(kind, eventsToDelta),
    requests: 2,
    calls: 2 as const,
  },
]);

/** Every scenario is played on every wire. */
export const scenarios: readonly Scenario[] = [...failures, ...brokenStreams];

function fail(status: number, times: number): Scenario["fault"] {
  return () => ({ type: "fail", status, times });
}

function broken(kind: (typeof breaks)[number], chunks: number): Readonly<Record<string, unknown>> {
  return { type: "stream_fault", kind, after_chunks: chunks, stall_seconds: 5 };
}
