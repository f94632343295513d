import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type BatchItemSchema,
  type BatchResult,
  type BatchSummary,
  type StreamBatchCallRequest,
  StreamBatchCallRequestSchema,
  type StreamBatchCallResponse,
} from "../../gen/ts/nexen/connectors/v1/batch_pb.ts";
import {
  type CallResponse,
  CallResponseSchema,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { Role, UsageSource } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { BatchEvent, BatchItemResult } from "../../src/contract/connector-api.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { connectorErrorOfStatus } from "../../src/rpc/batch-status.ts";

/** An item that asks for a text. Without an id it has none. */
export function askFor(message: string, id = ""): MessageInitShape<typeof BatchItemSchema> {
  return { id, request: { model: "fake-1", contents: [{ role: Role.USER, message }] } };
}

/** A batch of items that ask for `text 0`, `text 1` and so on. */
export function batchOf(
  count: number,
  fields: Omit<MessageInitShape<typeof StreamBatchCallRequestSchema>, "items" | "$typeName"> = {},
): StreamBatchCallRequest {
  const items = Array.from({ length: count }, (_, index) => askFor(`text ${index}`));
  return create(StreamBatchCallRequestSchema, { ...fields, items });
}

/** A whole answer, with ten tokens each way and a cost of seven. */
export function wholeAnswer(message: string): CallResponse {
  return create(CallResponseSchema, {
    response: {
      id: "answer",
      model: "fake-1",
      content: { role: Role.ASSISTANT, message },
      usage: { inputTokens: 10n, outputTokens: 10n, source: UsageSource.REPORTED },
      cost: { amountNanos: 7n, known: true, asOf: "2026-01-02" },
      route: { provider: "fake", target: "fake" },
    },
  });
}

/** What a batch told before it ended, and what ended it. */
export interface BatchHeard {
  readonly results: readonly BatchItemResult[];
  readonly summary: BatchSummary | undefined;
  readonly error: ConnectorError | undefined;
}

/** Hears a batch to its end. */
export async function heard(events: AsyncIterable<BatchEvent>): Promise<BatchHeard> {
  const results: BatchItemResult[] = [];
  let summary: BatchSummary | undefined;
  try {
    for await (const event of events) {
      if (event.kind === "result") results.push(event);
      else summary = event.summary;
    }
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    return { results, summary, error };
  }
  return { results, summary, error: undefined };
}

/** What an item came to in a word: its answer's text, or the reason of its error. */
export function wordOf({ outcome }: BatchItemResult): string {
  if (outcome.kind === "error") return outcome.error.reason;
  return outcome.response.content?.message ?? "";
}

/** The results that a server streams, without the summary. */
export async function sentResults(
  stream: AsyncIterable<StreamBatchCallResponse>,
): Promise<readonly BatchResult[]> {
  const results: BatchResult[] = [];
  for await (const { event } of stream) if (event.case === "result") results.push(event.value);
  return results;
}

/** The same of what a server sent. */
export function sentWord({ outcome }: BatchResult): string {
  if (outcome.case === "error") return connectorErrorOfStatus(outcome.value).reason;
  return outcome.value?.content?.message ?? "";
}
