// Proves what is refused of a batch as a whole: how many items, their ids, and the options of all.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { BatchCallRequestSchema } from "../../gen/ts/nexen/connectors/v1/batch_pb.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { defaultLimits } from "../../src/contract/limits.ts";
import { validateBatch } from "../../src/rpc/validate-batch.ts";
import { askFor } from "../support/batches.ts";

type Batch = MessageInitShape<typeof BatchCallRequestSchema>;

/** Fields that are wrong with a batch, with what is said of them. */
function faultsOf(batch: Batch, limits = defaultLimits): readonly string[] {
  try {
    validateBatch(create(BatchCallRequestSchema, batch), limits);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof ConnectorError)) throw thrown;
    expect(thrown.reason).toBe("INVALID_REQUEST");
    return (thrown.fields.violations ?? []).map(
      ({ field, description }) => `${field}: ${description}`,
    );
  }
}

const items = [askFor("one", "a"), askFor("two", "b")];

describe("a batch", () => {
  it("of items with ids, or without, is taken, whatever they ask", () => {
    expect(faultsOf({ items })).toEqual([]);
    expect(faultsOf({ items: [{}, {}, { id: "x".repeat(255) }] })).toEqual([]);
  });

  it.each<[string, Batch, string[]]>([
    ["none", {}, ["items: at least one is required"]],
    [
      "too many",
      { items: Array.from({ length: 10_001 }, () => ({})) },
      ["items: has 10001 entries, at most 10000 are allowed"],
    ],
    [
      "an id twice",
      { items: [...items, askFor("three", "a")] },
      ["items[2].id: is that of items[0] too; ids must be unique"],
    ],
    [
      "an id that is the index of another",
      { items: [askFor("one", "1"), askFor("two")] },
      ["items[1].id: is that of items[0] too; ids must be unique"],
    ],
    [
      "long ids and ids with control characters",
      { items: [askFor("one", "x".repeat(256)), askFor("two", "a\n")] },
      [
        "items[0].id: has 256 characters, at most 255 are allowed",
        "items[1].id: holds a control character",
      ],
    ],
    [
      "too much at once",
      { items, maxConcurrency: 257 },
      ["max_concurrency: must be 1 to 256, or 0 for the default"],
    ],
    [
      "less than nothing at once",
      { items, maxConcurrency: -1 },
      ["max_concurrency: must be 1 to 256, or 0 for the default"],
    ],
  ])("of %s is refused", (_, batch, faults) => {
    expect(faultsOf(batch)).toEqual(faults);
  });

  it("names 32 faults at most", () => {
    const twice = Array.from({ length: 200 }, () => ({ id: "a" }));
    expect(faultsOf({ items: twice })).toHaveLength(32);
  });

  it("obeys the limits of the configuration", () => {
    const limits = { ...defaultLimits, batchItems: 1, batchConcurrencyMax: 4 };
    expect(faultsOf({ items, maxConcurrency: 5 }, limits)).toEqual([
      "items: has 2 entries, at most 1 are allowed",
      "max_concurrency: must be 1 to 4, or 0 for the default",
    ]);
  });
});

describe("the options of all items", () => {
  it("are checked once, under their own name", () => {
    const defaultOptions = { timeout: durationFromMs(-1), retry: { maxAttempts: 4 } };
    expect(faultsOf({ items, defaultOptions })).toEqual([
      "default_options.timeout: must not be negative",
      "default_options.retry.max_attempts: must be 1 to 3, or 0 for the server's default",
    ]);
  });

  it("cannot be one id for all", () => {
    expect(faultsOf({ items, defaultOptions: { requestId: "one" } })).toEqual([
      "default_options.request_id: belongs to one item: set it in its options",
    ]);
  });

  it("may name a base URL whose key each item brings", () => {
    const baseUrl = "https://example.com/v1";
    expect(faultsOf({ items, defaultOptions: { baseUrl } })).toEqual([]);
    expect(faultsOf({ items, defaultOptions: { baseUrl: "file:///x" } })).toHaveLength(1);
  });
});
