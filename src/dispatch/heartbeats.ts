import { create } from "@bufbuild/protobuf";
import {
  HeartbeatSchema,
  type StreamCallResponse,
  StreamCallResponseSchema,
} from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { Clock } from "../contract/clock.ts";
import type { CallContext } from "../contract/connector-api.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import { durationOf } from "./attempt-record.ts";

/**
 * A stream with a heartbeat whenever nothing was sent for `intervalMs`. Leaving it early aborts the
 * signal that the stream inside was opened with, since that may be waiting for its provider.
 */
export async function* withHeartbeats(
  open: (context: CallContext) => AsyncGenerator<StreamCallResponse>,
  context: CallContext,
  intervalMs: number,
  clock: Clock,
): AsyncGenerator<StreamCallResponse> {
  const left = new AbortController();
  const signal = AbortSignal.any([context.signal, left.signal]);
  const events = open({ ...context, signal });
  try {
    for (;;) {
      const next = events.next();
      let settled = await firstOf(next, intervalMs, clock);
      while (settled === undefined) {
        yield heartbeat(clock.now() - context.receivedMs);
        settled = await firstOf(next, intervalMs, clock);
      }
      if (settled.done) return;
      yield settled.value;
    }
  } finally {
    left.abort(new ConnectorError("CALLER_CANCELLED", "the stream was left before its end"));
    await events.return(undefined).catch(() => undefined);
  }
}

/** The result, or undefined when the interval passed first. */
async function firstOf<T>(
  result: Promise<T>,
  intervalMs: number,
  clock: Clock,
): Promise<T | undefined> {
  const silence = Promise.withResolvers<undefined>();
  const timer = clock.schedule(intervalMs, () => silence.resolve(undefined));
  try {
    return await Promise.race([result, silence.promise]);
  } finally {
    timer.clear();
  }
}

function heartbeat(elapsedMs: number): StreamCallResponse {
  const value = create(HeartbeatSchema, { elapsed: durationOf(elapsedMs) });
  return create(StreamCallResponseSchema, { event: { case: "heartbeat", value } });
}
