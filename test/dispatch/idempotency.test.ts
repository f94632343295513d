// Proves the rules of request ids, in virtual time: one id means one request (V28), one at a time
// (V29), an answer is given again and a failure is not, never to another caller (O23), and what is
// kept is bounded. Their form (V30) is a matter of validation.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { fc, it } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import {
  type CallRequest,
  CallRequestSchema,
  type CallResponse,
  CallResponseSchema,
  type StreamCallRequest,
  StreamCallRequestSchema,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { WarningKind } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { CallContext } from "../../src/contract/connector-api.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { pulledMessages } from "../../src/contract/iterated-messages.ts";
import { defaultLimits, type Limits } from "../../src/contract/limits.ts";
import { MessageStream } from "../../src/contract/message-stream.ts";
import { Idempotency } from "../../src/dispatch/idempotency.ts";
import { requestFingerprint } from "../../src/dispatch/request-fingerprint.ts";
import { finished, textDelta } from "../support/fake-api.ts";
import { errorOf } from "../support/simulated-connectors.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

type Init = MessageInitShape<typeof CallRequestSchema>;

/** A memory in virtual time, over calls that end when they are told. */
class Scene {
  readonly clock: VirtualClock = new VirtualClock();
  readonly memory: Idempotency;
  /** How many calls were run. */
  runs = 0;
  /** What the next calls answer. */
  answer = "hello";
  #gate: PromiseWithResolvers<void> | undefined;

  constructor(limits: Partial<Limits> = {}) {
    this.memory = new Idempotency({
      clock: this.clock,
      random: () => 0.5,
      limits: { ...defaultLimits, ...limits },
    });
  }

  /** Keeps the next calls under way until the returned function is called. */
  hold(): () => void {
    const gate = Promise.withResolvers<void>();
    this.#gate = gate;
    return () => {
      this.#gate = undefined;
      gate.resolve();
    };
  }

  call(request: CallRequest, caller = "a", error?: ConnectorError): Promise<CallResponse> {
    return this.memory.call(request, this.#context(caller), async () => {
      this.runs += 1;
      const number = this.runs;
      await this.#gate?.promise;
      if (error !== undefined) throw error;
      const content = { message: this.answer };
      return create(CallResponseSchema, { response: { id: `answer-${number}`, content } });
    });
  }

  async *stream(request: StreamCallRequest, caller = "a") {
    const open = () => pulledMessages(this.#events(request));
    yield* new MessageStream(this.memory.stream(request, this.#context(caller), open));
  }

  /** The id of the answer to a call. */
  async idOf(request: CallRequest, caller?: string): Promise<string | undefined> {
    return (await this.call(request, caller)).response?.id;
  }

  async *#events(request: StreamCallRequest) {
    this.runs += 1;
    yield textDelta("one");
    await this.#gate?.promise;
    yield finished(request);
  }

  #context(caller: string): CallContext {
    const { signal } = new AbortController();
    return { signal, receivedMs: this.clock.now(), deadlineMs: undefined, caller };
  }
}

function asked(message: string, options: Init["options"] = { requestId: "id-1" }): Init {
  return { request: { model: "m", contents: [{ message }] }, options };
}

function unary(message = "hi", options?: Init["options"]): CallRequest {
  return create(CallRequestSchema, asked(message, options));
}

function streamed(message = "hi", options?: Init["options"]): StreamCallRequest {
  return create(StreamCallRequestSchema, asked(message, options) as object);
}

async function all(stream: AsyncIterable<unknown>): Promise<number> {
  let events = 0;
  for await (const _ of stream) events += 1;
  return events;
}

describe("while a call with an id is under way", () => {
  it("the same one is refused, and told to wait as long as it has taken", async () => {
    const scene = new Scene();
    const go = scene.hold();
    const first = scene.call(unary());
    const waits = [];
    for (const spentMs of [0, 400, 60_000]) {
      scene.clock.advance(spentMs);
      const { reason, status, fields } = await errorOf(scene.call(unary()));
      expect([reason, status]).toEqual(["IDEMPOTENCY_IN_PROGRESS", "ABORTED"]);
      waits.push(fields.retryAfterMs);
    }
    expect(waits).toEqual([100, 400, 5_000]);
    go();
    expect((await first).response?.id).toBe("answer-1");
    expect(scene.runs).toBe(1);
  });

  it("another request with its id is a mismatch, and so is the same as a stream", async () => {
    const scene = new Scene();
    const go = scene.hold();
    const first = scene.call(unary());
    for (const other of [scene.call(unary("bye")), all(scene.stream(streamed()))]) {
      const { reason, status, fields } = await errorOf(other);
      expect([reason, status]).toEqual(["IDEMPOTENCY_MISMATCH", "INVALID_ARGUMENT"]);
      expect(fields.violations?.map(({ field }) => field)).toEqual(["options.request_id"]);
    }
    go();
    await first;
  });

  it("other callers, other keys, other ids and calls without an id run", async () => {
    const scene = new Scene();
    const go = scene.hold();
    const first = scene.call(unary());
    const others = [
      scene.call(unary(), "b"),
      scene.call(unary("hi", { requestId: "id-1", apiKey: "own" }), "a"),
      scene.call(unary("hi", { requestId: "id-2" })),
      scene.call(unary("hi", {})),
      scene.call(unary("hi", {})),
    ];
    go();
    await Promise.all([first, ...others]);
    expect(scene.runs).toBe(6);
  });
});

describe("after a call with an id", () => {
  it("the same one gets its answer again, with a warning, and nobody else does", async () => {
    const scene = new Scene();
    const first = await scene.call(unary());
    const again = await scene.call(unary());
    expect(scene.runs).toBe(1);
    const { warnings = [], ...response } = again.response ?? {};
    expect(warnings.map(({ field, kind }) => [field, kind])).toEqual([
      ["options.request_id", WarningKind.ANSWER],
    ]);
    expect({ ...response, warnings: [] }).toEqual(first.response);
    // What one was given is its own.
    again.response!.id = "changed";
    expect(await scene.idOf(unary())).toBe("answer-1");
    expect(await scene.idOf(unary(), "b")).toBe("answer-2");
    const withKey = unary("hi", { requestId: "id-1", apiKey: "own" });
    expect(await scene.idOf(withKey)).toBe("answer-3");
    expect(await scene.idOf(withKey)).toBe("answer-3");
  });

  it("how long the call may take makes no difference, all else does", async () => {
    const scene = new Scene();
    const time = { seconds: 7n };
    await scene.call(unary());
    const later = {
      requestId: "id-1",
      timeout: time,
      attemptTimeout: time,
      firstDeltaTimeout: time,
      idleTimeout: time,
    };
    expect(await scene.idOf(unary("hi", later))).toBe("answer-1");
    for (const change of [{ target: "t" }, { strict: true }, { headers: { a: "b" } }]) {
      const other = unary("hi", { requestId: "id-1", ...change });
      expect((await errorOf(scene.call(other))).reason).toBe("IDEMPOTENCY_MISMATCH");
    }
  });

  it("that failed, the same one runs again, and another is a mismatch", async () => {
    const scene = new Scene();
    const failure = new ConnectorError("PROVIDER_UNAVAILABLE", "down");
    expect(await errorOf(scene.call(unary(), "a", failure))).toBe(failure);
    expect((await errorOf(scene.call(unary("bye")))).reason).toBe("IDEMPOTENCY_MISMATCH");
    expect(await scene.idOf(unary())).toBe("answer-2");
    expect(await scene.idOf(unary())).toBe("answer-2");
  });

  it("the id is free when idempotency_ms have passed", async () => {
    const scene = new Scene({ idempotencyMs: 1_000 });
    await scene.call(unary());
    scene.clock.advance(999);
    expect((await errorOf(scene.call(unary("bye")))).reason).toBe("IDEMPOTENCY_MISMATCH");
    scene.clock.advance(1);
    expect(await scene.idOf(unary("bye"))).toBe("answer-2");
  });
});

describe("a stream with an id", () => {
  it("runs again after it ended, but not beside itself, and takes its id while it is read", async () => {
    const scene = new Scene();
    expect(await all(scene.stream(streamed()))).toBe(2);
    const go = scene.hold();
    const open = scene.stream(streamed());
    const unread = scene.stream(streamed());
    await open.next();
    expect((await errorOf(all(scene.stream(streamed())))).reason).toBe("IDEMPOTENCY_IN_PROGRESS");
    expect((await errorOf(scene.call(unary()))).reason).toBe("IDEMPOTENCY_MISMATCH");
    go();
    await open.return(undefined);
    expect(await all(unread)).toBe(2);
    expect(scene.runs).toBe(3);
  });
});

describe("what is kept", () => {
  const ids = (count: number) => Array.from({ length: count }, (_, index) => `id-${index}`);

  it("is at most so many ids, and so many bytes of answers; the oldest go", async () => {
    const limits = [{ idempotencyEntries: 3 }, { idempotencyStoreBytes: 3 * 1_050 }];
    for (const limit of limits) {
      const scene = new Scene(limit);
      scene.answer = "x".repeat(1_000);
      for (const requestId of ids(5)) await scene.call(unary("hi", { requestId }));
      for (const requestId of ids(5).slice(2)) await scene.call(unary("hi", { requestId }));
      expect(scene.runs).toBe(5);
      await scene.call(unary("hi", { requestId: "id-1" }));
      expect(scene.runs).toBe(6);
      await scene.call(unary("other", { requestId: "id-0" }));
      expect(scene.runs).toBe(7);
    }
  });

  it("is no answer over its limit, but its id", async () => {
    const scene = new Scene({ idempotencyAnswerBytes: 1_000 });
    scene.answer = "x".repeat(1_000);
    await scene.call(unary());
    expect((await errorOf(scene.call(unary("bye")))).reason).toBe("IDEMPOTENCY_MISMATCH");
    expect(await scene.idOf(unary())).toBe("answer-2");
  });
});

describe("the fingerprint of a request", () => {
  it("does not depend on the order in which a client writes the entries of a mapping", () => {
    const one = {
      request: { metadata: { a: "1", b: "2" }, providerOptions: { x: { p: 1, q: [2] } } },
    };
    const two = {
      request: { metadata: { b: "2", a: "1" }, providerOptions: { x: { q: [2], p: 1 } } },
    };
    const [first, second] = [one, two].map((each) =>
      requestFingerprint(create(CallRequestSchema, each)),
    );
    expect(first).toBe(second);
  });

  const texts = fc.array(fc.string(), { maxLength: 4 });

  it.prop([texts, texts])("is another for another text, wherever its pieces are cut", (a, b) => {
    const of = (contents: readonly string[]): string =>
      requestFingerprint(
        create(CallRequestSchema, {
          request: { contents: contents.map((message) => ({ message })), stopSequences: [] },
        }),
      );
    expect(of(a) === of(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
  });
});
