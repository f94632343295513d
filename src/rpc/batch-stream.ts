import { create } from "@bufbuild/protobuf";
import {
  type BatchResult,
  type StreamBatchCallResponse,
  StreamBatchCallResponseSchema,
} from "../../gen/ts/nexen/connectors/v1/batch_pb.ts";
import type { BatchEvent } from "../contract/connector-api.ts";
import { batchResult, failedResult, type SizeOf, tooLarge, withFailed } from "./batch-results.ts";

/** What a message holds besides a result, bytes. */
const envelopeBytes = 64;

/**
 * The events of a batch as they are sent. An answer over `bytesMax`, which no message may hold, is
 * an error of its item.
 */
export async function* batchStream(
  events: AsyncIterable<BatchEvent>,
  bytesMax: number,
  sizeOf: SizeOf,
): AsyncGenerator<StreamBatchCallResponse> {
  let tooLargeCount = 0;
  for await (const event of events) {
    if (event.kind === "summary") {
      const value = withFailed(event.summary, tooLargeCount);
      yield create(StreamBatchCallResponseSchema, { event: { case: "summary", value } });
      continue;
    }
    let value: BatchResult = batchResult(event);
    const size = sizeOf(value);
    if (size > bytesMax - envelopeBytes) {
      const message = `the answer has ${size} bytes, at most ${bytesMax} can be sent`;
      value = failedResult(event.id, event.index, tooLarge(message, bytesMax));
      tooLargeCount += 1;
    }
    yield create(StreamBatchCallResponseSchema, { event: { case: "result", value } });
  }
}
