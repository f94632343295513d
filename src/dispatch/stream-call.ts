import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { CallContext } from "../contract/connector-api.ts";
import { AttemptLoop } from "./attempt-loop.ts";
import type { CallEnvironment } from "./call-environment.ts";
import type { CallPlan } from "./call-plan.ts";
import { CommittedStream } from "./committed-stream.ts";
import { resumedStream } from "./resumed-stream.ts";
import { type OpenedStream, streamOpening } from "./stream-opening.ts";

/**
 * Carries out a planned call and yields its events. Ends with `finished`, or throws. `isResumed`:
 * an answer that breaks off is continued by another attempt.
 */
export async function* streamCall(
  plan: CallPlan,
  context: CallContext,
  environment: CallEnvironment,
  isResumed = false,
): AsyncGenerator<StreamCallResponse> {
  const opening = streamOpening(environment);
  const loop = new AttemptLoop<OpenedStream>(opening, plan, context, environment);
  const first = await loop.run();
  if (isResumed) {
    yield* resumedStream(loop, first, plan, environment);
    return;
  }
  const stream = new CommittedStream(first, environment);
  try {
    yield* stream.events();
  } catch (thrown) {
    throw stream.failure(thrown);
  } finally {
    await stream.dispose();
  }
}
