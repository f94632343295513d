// Proves that a whole batch in one message is never larger than the limit, whatever its answers,
// errors and ids are, in binary and in JSON, and that every item has exactly one result in order.
import { create, createRegistry, toBinary, toJsonString } from "@bufbuild/protobuf";
import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { file_google_rpc_error_details } from "../../gen/ts/google/rpc/error_details_pb.ts";
import {
  BatchCallRequestSchema,
  type BatchCallResponse,
  BatchCallResponseSchema,
} from "../../gen/ts/nexen/connectors/v1/batch_pb.ts";
import { file_nexen_connectors_v1_error } from "../../gen/ts/nexen/connectors/v1/error_pb.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { runBatch } from "../../src/dispatch/batch-run.ts";
import { BatchAnswer } from "../../src/rpc/batch-answer.ts";
import { sizeOfResults } from "../../src/rpc/batch-results.ts";
import { askFor, sentWord, wholeAnswer } from "../support/batches.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const registry = createRegistry(file_google_rpc_error_details, file_nexen_connectors_v1_error);

function sizeOf(response: BatchCallResponse, isJSON: boolean): number {
  return isJSON
    ? Buffer.byteLength(toJsonString(BatchCallResponseSchema, response, { registry }))
    : toBinary(BatchCallResponseSchema, response).length;
}

/** What an item comes to: an answer or an error of so many characters. */
const ends = fc.record({
  isError: fc.boolean(),
  length: fc.oneof(fc.nat(200), fc.nat(8_000), fc.nat(40_000)),
  character: fc.constantFrom("x", '"', "\u0001", "é", "😀"),
});

test.prop({
  items: fc.uniqueArray(
    fc.record({ id: fc.string({ unit: "grapheme", maxLength: 200, minLength: 1 }), end: ends }),
    { selector: ({ id }) => id, minLength: 1, maxLength: 40 },
  ),
  concurrency: fc.integer({ min: 1, max: 20 }),
  limitKibibytes: fc.integer({ min: 20, max: 300 }),
  isJSON: fc.boolean(),
})("fits, and has one result an item", async ({ items, concurrency, limitKibibytes, isJSON }) => {
  const clock = new VirtualClock();
  const bytesMax = limitKibibytes * 1024;
  const request = create(BatchCallRequestSchema, {
    items: items.map(({ id }, index) => askFor(String(index), id)),
  });
  const options = {
    bytesMax,
    sizeOf: sizeOfResults(isJSON ? "application/json" : "application/grpc"),
    clock,
  };
  let answer: BatchAnswer;
  try {
    answer = new BatchAnswer(request, options);
  } catch (thrown) {
    expect(thrown).toMatchObject({ reason: "MESSAGE_TOO_LARGE" });
    return;
  }
  let begun = 0;
  const call: Parameters<typeof runBatch>[2]["call"] = async ({ request: asked }) => {
    begun += 1;
    const { end } = items[Number(asked?.contents[0]?.message)]!;
    const text = end.character.repeat(end.length);
    if (!end.isError) return wholeAnswer(text);
    throw new ConnectorError("PROVIDER_INTERNAL", text, { metadata: { text } });
  };
  const context = {
    ...{ signal: new AbortController().signal, receivedMs: 0, deadlineMs: undefined, caller: "" },
  };
  const response = await answer.gather(
    (own) => runBatch(request, own, { clock, concurrency, call }),
    context,
  );
  expect(sizeOf(response, isJSON)).toBeLessThanOrEqual(bytesMax);
  expect(response.results.map(({ id, index }) => [id, index])).toEqual(
    items.map(({ id }, index) => [id, index]),
  );
  const { total, succeeded, failed, notStarted } = response.summary!;
  const answered = response.results.filter(({ outcome }) => outcome.case === "response");
  expect([total, succeeded, notStarted]).toEqual([
    items.length,
    answered.length,
    items.length - begun,
  ]);
  expect(failed).toBe(begun - answered.length);
  // An error is never taken for another one, however short it had to be.
  for (const [index, { end }] of items.slice(0, begun).entries()) {
    if (end.isError) expect(sentWord(response.results[index]!)).toBe("PROVIDER_INTERNAL");
  }
});
