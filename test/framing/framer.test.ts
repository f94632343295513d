// Proves that each framing has its framer, with the limit of the configuration.
import { expect, it } from "vitest";
import { defaultLimits } from "../../src/contract/limits.ts";
import { createFramer } from "../../src/framing/framer.ts";
import { encodeEvent } from "../support/aws-event-stream.ts";
import { cutInto, framesOf, thrownBy } from "../support/framing.ts";

it.each([
  ["sse", 'data: {"a":1}\n\n'],
  ["ndjson", '{"a":1}\n'],
  ["json-array", '[{"a":1}]'],
] as const)("%s", (framing, text) => {
  const framer = createFramer(framing, defaultLimits);
  expect(framesOf(framer, cutInto(text, []))).toEqual([{ event: "", data: '{"a":1}', id: "" }]);
  const narrow = createFramer(framing, { ...defaultLimits, frameBytes: 3 });
  const error = thrownBy(() => narrow.push(Buffer.from(text)));
  expect(error.reason).toBe("PROVIDER_RESPONSE_TOO_LARGE");
  expect(error.fields.metadata).toEqual({ limit: "frame_bytes", limit_bytes: "3" });
});

it("aws-event-stream", () => {
  const bytes = encodeEvent("metadata", { a: 1 });
  const framer = createFramer("aws-event-stream", defaultLimits);
  expect(framesOf(framer, [bytes])).toEqual([{ event: "metadata", data: '{"a":1}', id: "" }]);
  const narrow = createFramer("aws-event-stream", { ...defaultLimits, frameBytes: 3 });
  const error = thrownBy(() => narrow.push(bytes));
  expect(error.reason).toBe("PROVIDER_RESPONSE_TOO_LARGE");
});
