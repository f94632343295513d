// Proves how a stream is read: readers share the events in order, the whole answer takes none away,
// leaving ends what is waited for, and no end but a finished one looks like one.
import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  type StreamCallResponse,
  StreamCallResponseSchema,
} from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { ResponseStream } from "../../src/library/response-stream.ts";
import { textDelta } from "../support/fake-api.ts";
import { connectorError, rejection } from "../support/http.ts";

const finished = create(StreamCallResponseSchema, {
  event: {
    case: "finished",
    value: { response: { content: { message: "abc" }, usage: {}, cost: {}, route: {} } },
  },
});
const abc = [textDelta("a"), textDelta("b"), textDelta("c")];

/** A stream over events that come when they are asked for; what throws ends them. */
function streamOf(...events: readonly (StreamCallResponse | Error)[]): ResponseStream {
  async function* source(): AsyncGenerator<StreamCallResponse> {
    for (const event of events) {
      if (event instanceof Error) throw event;
      yield event;
    }
  }
  return new ResponseStream(source(), () => undefined);
}

async function namesIn(stream: AsyncIterable<StreamCallResponse>): Promise<string[]> {
  const names: string[] = [];
  for await (const { event } of stream) {
    names.push(event.case === "textDelta" ? event.value.text : `(${event.case})`);
  }
  return names;
}

describe("a stream", () => {
  it("keeps for a loop what was read for the final response", async () => {
    const stream = streamOf(...abc, finished);
    expect((await stream.finalResponse()).content.message).toBe("abc");
    expect(await namesIn(stream)).toEqual(["a", "b", "c", "(finished)"]);
    expect(await namesIn(stream)).toEqual([]);
  });

  it("gives each event to one of several loops, in order", async () => {
    const stream = streamOf(...abc, finished);
    const [first, second] = await Promise.all([namesIn(stream), namesIn(stream)]);
    expect([...first, ...second].toSorted()).toEqual(["(finished)", "a", "b", "c"]);
    expect(first).toEqual(first.toSorted((x, y) => place(x) - place(y)));
  });

  it("gives everything once to a loop while the final response reads along", async () => {
    const stream = streamOf(...abc, finished);
    const [names, answer] = await Promise.all([namesIn(stream), stream.finalResponse()]);
    expect(names).toEqual(["a", "b", "c", "(finished)"]);
    expect(answer.content.message).toBe("abc");
  });

  it("tells a failure to every reader, after what came before it", async () => {
    const failure = new ConnectorError("STREAM_TRUNCATED", "cut");
    const stream = streamOf(textDelta("a"), failure);
    expect(await rejection(stream.finalResponse())).toBe(failure);
    const loop = stream[Symbol.asyncIterator]();
    expect((await loop.next()).value?.event.case).toBe("textDelta");
    expect(await rejection(loop.next())).toBe(failure);
    expect(await rejection(namesIn(stream))).toBe(failure);
  });

  it("ends what is waited for when it is left", async () => {
    const { promise, reject } = Promise.withResolvers<never>();
    const source = {
      next: () => promise,
      return: () => promise.catch(() => ({ done: true as const, value: undefined })),
    };
    const stream = new ResponseStream(source, reject);
    const loop = stream[Symbol.asyncIterator]();
    const waiting = connectorError(loop.next());
    const final = connectorError(stream.finalResponse());
    expect(await loop.return?.()).toEqual({ done: true, value: undefined });
    expect((await waiting).reason).toBe("CALLER_CANCELLED");
    expect((await final).reason).toBe("CALLER_CANCELLED");
    expect(await loop.next()).toEqual({ done: true, value: undefined });
  });

  it("still has its answer when it is left at the last event", async () => {
    const stream = streamOf(...abc, finished);
    for await (const { event } of stream) if (event.case === "finished") break;
    expect((await stream.finalResponse()).content.message).toBe("abc");
  });

  it.each([
    ["without a last event", "STREAM_TRUNCATED", [textDelta("a")]],
    ["with an answer that is not whole", "INTERNAL_FAULT", [emptyFinish()]],
  ] as const)("does not end well %s", async (_, reason, events) => {
    const stream = streamOf(...events);
    expect((await connectorError(namesIn(stream))).reason).toBe(reason);
    expect((await connectorError(stream.finalResponse())).reason).toBe(reason);
  });

  it("leaves nobody alone with a failure that its loop has told", async () => {
    const stream = streamOf(new ConnectorError("STREAM_STALLED", "silence"));
    void stream.finalResponse();
    // An unhandled rejection would fail the run.
    expect((await connectorError(namesIn(stream))).reason).toBe("STREAM_STALLED");
  });
});

function emptyFinish(): StreamCallResponse {
  return create(StreamCallResponseSchema, { event: { case: "finished", value: {} } });
}

function place(name: string): number {
  return ["a", "b", "c", "(finished)"].indexOf(name);
}
