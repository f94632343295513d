import type { Warning } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { StreamEvent } from "../contract/adapter.ts";
import type { Question } from "./attempt-loop.ts";
import { attemptTimeout, type CallEnvironment } from "./call-environment.ts";
import type { OpenAttempt } from "./open-attempt.ts";
import { openAnswer } from "./provider-answer.ts";
import { providerRequest } from "./provider-request.ts";
import { ProviderStream, type StreamRead } from "./provider-stream.ts";
import { StreamTally } from "./stream-tally.ts";

/** A stream whose first delta has come: from here on it is the answer. */
export interface OpenedStream {
  readonly stream: ProviderStream;
  readonly tally: StreamTally;
  /** Events that came before that delta. */
  readonly held: readonly StreamEvent[];
  /** The read that brought it. */
  readonly first: StreamRead;
  /** What was left out of the request. */
  readonly warnings: readonly Warning[];
}

/**
 * Opens a provider's stream as far as its first delta. Nothing leaves before, since the attempt may
 * still fail, and another may take its place.
 */
export function streamOpening(environment: CallEnvironment): Question<OpenedStream> {
  return {
    run: (attempt) => openStream(attempt, environment),
    discard: ({ stream }) => stream.close(),
  };
}

async function openStream(
  attempt: OpenAttempt,
  environment: CallEnvironment,
): Promise<OpenedStream> {
  const { plan, work, record } = attempt;
  const firstDeltaMs = Math.min(plan.attemptTimeoutMs, plan.firstDeltaTimeoutMs);
  const firstDelta = work.limit(firstDeltaMs, attemptTimeout("delta", firstDeltaMs));
  const request = providerRequest(plan, plan.target.dialect.encode, true, work.signal);
  const response = await openAnswer(request, plan, record, environment);
  const tally = new StreamTally();
  const stream = new ProviderStream(response, plan, environment.limits, tally);
  attempt.progress = () => tally.progress(plan.request, stream.snapshot());
  const held: StreamEvent[] = [];
  try {
    for (;;) {
      const first = await stream.next();
      if (first.answer !== undefined || first.events.some(isDelta)) {
        firstDelta.clear();
        record.firstDelta();
        return { stream, tally, held, first, warnings: request.warnings };
      }
      held.push(...first.events);
      if (first.failure !== undefined) throw first.failure;
    }
  } catch (thrown) {
    stream.close();
    throw thrown;
  }
}

function isDelta({ case: kind }: StreamEvent): boolean {
  return (
    kind === "textDelta" ||
    kind === "thinkingDelta" ||
    kind === "toolCallDelta" ||
    kind === "partFinished"
  );
}
