import { ConnectorError } from "../contract/connector-error.ts";
import type { LLMBatchResult, LLMBatchStream } from "../contract/llm.ts";
import { received } from "./received.ts";

/**
 * All results of a batch in the order of its ids. What ends the batch in its middle is the error of
 * every item that has no result; nothing that was answered is lost. Throws what ends it before
 * anything was done, except a cancel.
 */
export async function batchResults(
  stream: LLMBatchStream,
  ids: readonly string[],
): Promise<readonly LLMBatchResult[]> {
  const results = new Map<number, LLMBatchResult>();
  let end = new ConnectorError("INTERNAL_FAULT", "the batch ended without a result for this");
  try {
    for await (const result of stream) results.set(result.index, result);
  } catch (thrown) {
    end = await received(thrown);
    if (results.size === 0 && end.reason !== "CALLER_CANCELLED") throw end;
  }
  return ids.map((id, index) => results.get(index) ?? { id, index, error: end });
}
