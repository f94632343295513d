import { getEventListeners } from "node:events";
import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import {
  CallRequestSchema,
  type StreamCallRequest,
  StreamCallRequestSchema,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { LLMRequestSchema, Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import {
  type CallOptions,
  CallOptionsSchema,
} from "../../gen/ts/nexen/connectors/v1/options_pb.ts";
import {
  ResumePolicy,
  type StreamCallResponse,
} from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { Clock } from "../../src/contract/clock.ts";
import type { CallContext, ConnectorApi } from "../../src/contract/connector-api.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import type { CallerPlan } from "./caller-plan.ts";
import type { CallEnd, CallFacts } from "./facts.ts";
import { note } from "./facts.ts";
import { callHeader } from "./fake-http.ts";

/** Times that callers of every world set for an attempt, ms. */
const attemptTimes = { attemptMs: 10_000, firstDeltaMs: 6_000, idleMs: 5_000 } as const;

/** What is known of a call before it begins. */
export function newFacts(plan: CallerPlan, nowMs: number): CallFacts {
  const { timeoutMs = Number.POSITIVE_INFINITY, deadlineMs = Number.POSITIVE_INFINITY } = plan;
  return {
    index: plan.index,
    plan,
    startMs: nowMs,
    deadlineMs: nowMs + Math.min(timeoutMs, deadlineMs),
    mayQueue: false,
    choices: 0,
    provenForMs: 0,
    cancelledMs: undefined,
    askedMs: nowMs,
    endMs: Number.NaN,
    end: undefined,
    afterEnd: 0,
    firstDeltaMs: undefined,
    segments: [{ text: "" }],
    listenersLeft: 0,
    attempts: [],
    history: [],
  };
}

/** Makes a call as its plan says, and writes down what the caller sees of it. Never rejects. */
export async function makeCall(facts: CallFacts, api: ConnectorApi, clock: Clock): Promise<void> {
  const { plan, startMs } = facts;
  const cancel = new AbortController();
  const timer =
    plan.cancelAfterMs === undefined
      ? undefined
      : clock.schedule(plan.cancelAfterMs, () => {
          facts.cancelledMs = clock.now();
          note(facts, clock.now(), "the caller cancels");
          cancel.abort(new ConnectorError("CALLER_CANCELLED", "the caller cancelled"));
        });
  const context: CallContext = {
    signal: cancel.signal,
    receivedMs: startMs,
    deadlineMs: plan.deadlineMs === undefined ? undefined : startMs + plan.deadlineMs,
    caller: `caller-${plan.index % 5}`,
    previousAttempts: plan.previousAttempts,
  };
  note(facts, startMs, describe(plan));
  try {
    if (plan.isStream) await readStream(facts, api, context, clock);
    else await readWhole(facts, api, context, clock);
  } catch (thrown) {
    end(facts, clock, endOf(thrown));
  }
  timer?.clear();
  facts.listenersLeft = getEventListeners(cancel.signal, "abort").length;
}

async function readWhole(
  facts: CallFacts,
  api: ConnectorApi,
  context: CallContext,
  clock: Clock,
): Promise<void> {
  const request = create(CallRequestSchema, {
    request: requestOf(facts.plan),
    options: optionsOf(facts.plan),
  });
  const { response } = await api.call(request, context);
  end(
    facts,
    clock,
    response === undefined ? { kind: "fault", what: "no response" } : { kind: "ok", response },
  );
}

async function readStream(
  facts: CallFacts,
  api: ConnectorApi,
  context: CallContext,
  clock: Clock,
): Promise<void> {
  const { plan } = facts;
  const events = api.streamCall(streamRequest(plan), context)[Symbol.asyncIterator]();
  for (let count = 1; ; count += 1) {
    facts.askedMs = clock.now();
    const result = await events.next();
    if (result.done === true) {
      if (facts.end === undefined) {
        end(facts, clock, { kind: "fault", what: "the stream ended without `finished`" });
      }
      return;
    }
    take(facts, result.value, clock);
    if (count === plan.leaveAfterEvents) {
      await events.return?.(undefined);
      if (facts.end === undefined) end(facts, clock, { kind: "left" });
      return;
    }
    if (plan.readMs > 0) await sleep(plan.readMs, clock);
  }
}

function take(facts: CallFacts, { event }: StreamCallResponse, clock: Clock): void {
  if (facts.end !== undefined) facts.afterEnd += 1;
  switch (event.case) {
    case "textDelta": {
      facts.firstDeltaMs ??= clock.now();
      const segment = facts.segments.at(-1);
      if (segment !== undefined) segment.text += event.value.text;
      note(facts, clock.now(), `delta ${event.value.text}`);
      return;
    }
    case "segmentRestarted":
      facts.segments.push({ text: "" });
      note(facts, clock.now(), `segment ${event.value.segment} from ${event.value.target}`);
      return;
    case "finished": {
      const { response } = event.value;
      const what = "`finished` without a response";
      end(
        facts,
        clock,
        response === undefined ? { kind: "fault", what } : { kind: "ok", response },
      );
      return;
    }
    default:
      note(facts, clock.now(), event.case ?? "an event without a case");
  }
}

function end(facts: CallFacts, clock: Clock, reached: CallEnd): void {
  note(facts, clock.now(), `ends: ${describeEnd(reached)}`);
  if (facts.end !== undefined) {
    facts.afterEnd += 1;
    return;
  }
  facts.end = reached;
  facts.endMs = clock.now();
}

function endOf(thrown: unknown): CallEnd {
  if (thrown instanceof ConnectorError) return { kind: "error", error: thrown };
  return { kind: "fault", what: `threw ${String(thrown)}` };
}

/** How a call ended, in a few words. */
function describeEnd(reached: CallEnd): string {
  switch (reached.kind) {
    case "ok":
      return `OK from ${reached.response.route?.target ?? "nowhere"}`;
    case "error": {
      const { reason, message, fields } = reached.error;
      const why = fields.metadata?.not_retried;
      return `${reason}: ${message}${why === undefined ? "" : ` (not retried: ${why})`}`;
    }
    case "left":
      return "left by the caller";
    case "fault":
      return `FAULT: ${reached.what}`;
    default:
      return reached satisfies never;
  }
}

function describe(plan: CallerPlan): string {
  const told = Object.entries(plan).filter(
    ([, value]) => value !== undefined && value !== false && value !== 0 && value?.length !== 0,
  );
  return `begins: ${told.map(([name, value]) => `${name}=${value}`).join(" ")}`;
}

async function sleep(delayMs: number, clock: Clock): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  clock.schedule(delayMs, resolve);
  await promise;
}

function requestOf(plan: CallerPlan) {
  return create(LLMRequestSchema, {
    model: plan.model,
    contents: [{ role: Role.USER, message: `Question ${plan.index}` }],
    maxOutputTokens: 1000,
  });
}

function streamRequest(plan: CallerPlan): StreamCallRequest {
  return create(StreamCallRequestSchema, {
    request: requestOf(plan),
    options: optionsOf(plan),
    ...((plan.resumes || plan.heartbeats) && {
      streamOptions: {
        ...(plan.resumes && { resume: ResumePolicy.CONTINUE }),
        ...(plan.heartbeats && { heartbeatInterval: durationFromMs(1000) }),
      },
    }),
  });
}

function optionsOf(plan: CallerPlan): CallOptions {
  const { timeoutMs, hedgeDelayMs, maxAttempts } = plan;
  return create(CallOptionsSchema, {
    headers: { [callHeader]: String(plan.index) },
    attemptTimeout: durationFromMs(attemptTimes.attemptMs),
    firstDeltaTimeout: durationFromMs(attemptTimes.firstDeltaMs),
    idleTimeout: durationFromMs(attemptTimes.idleMs),
    fallbackModels: [...plan.fallbackModels],
    region: { allowed: [...plan.allowed], preferred: [...plan.preferred] },
    ...(timeoutMs !== undefined && { timeout: durationFromMs(timeoutMs) }),
    ...(hedgeDelayMs !== undefined && { hedge: { delay: durationFromMs(hedgeDelayMs) } }),
    ...(maxAttempts !== undefined && { retry: { maxAttempts } }),
    ...(plan.ownKey !== undefined && { apiKey: `sk-own-key-${plan.ownKey}-0123456789` }),
  });
}
