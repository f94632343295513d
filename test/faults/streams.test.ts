// Proves how streams end that a provider breaks off, stalls, or sends oddly (S02 to S27): on each
// wire, over each protocol, against a running server: what was delivered, and what is told of it.
import { describe, expect, it } from "vitest";
import { Role, StopReason, UsageSource } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { errorEvent, type FaultWire, faultWires, textWires } from "../dispatch/wire-failures.ts";
import { always } from "../support/fault-proxy.ts";
import { until } from "../support/http.ts";
import { byEveryCall, byEveryStream } from "./by-every-way.ts";
import {
  errorOf,
  ms,
  type Outcome,
  once,
  openScene,
  type Place,
  type Question,
  responseOf,
  type Scene,
  simulatorOfFile,
} from "./fault-scene.ts";

const simulator = simulatorOfFile();

/** Runs the same stream by every protocol at a simulated provider that does as directed. */
async function streams(
  wire: FaultWire,
  directive: string,
  check: (outcome: Outcome, scene: Scene) => Promise<void> | void,
  { plan, ...question }: Question & Pick<Place, "plan"> = {},
): Promise<void> {
  const scene = await openScene(simulator(), [
    { wire, simulate: directive, ...(plan && { plan }) },
  ]);
  await byEveryStream(scene, async (way) => {
    await check(await scene.ask(way, { options: once, ...question }), scene);
  });
}

/** Words of the long text of which faults leave a part. */
const long = "text=60 chunks=20";

function isTold({ error, text, events }: Outcome, reason: string): void {
  expect(error?.reason).toBe(reason);
  expect(text).not.toBe("");
  expect(events[0]?.event.case).toBe("started");
  expect(events.some(({ event }) => event.case === "finished")).toBe(false);
  expect(error?.fields.metadata?.phase).toBe("stream");
  expect(error?.fields.progress?.outputChars).toBe(BigInt(text.length));
  expect(error?.fields.progress?.usage?.inputTokens).toBeGreaterThan(0n);
}

describe.each(faultWires)("%s", (wire) => {
  it("S02 an error as the first event is the error, and nothing is delivered", async () => {
    await streams(wire, "error-after=0", ({ error, events }) => {
      expect([error?.reason, events.length]).toEqual([errorEvent[wire], 0]);
    });
  });

  it("S03 an error after deltas leaves them, once", async () => {
    let whole = "";
    await streams(wire, long, (outcome) => {
      whole = responseOf(outcome).content?.message ?? "";
    });
    await streams(wire, `${long} error-after=12`, (outcome) => {
      isTold(outcome, errorEvent[wire]);
      expect(whole.startsWith(outcome.text)).toBe(true);
      expect(outcome.text.length).toBeLessThan(whole.length);
    });
  });

  it.each([
    ["S04 a clean end without a mark", "end-after=12"],
    ["S05 a reset", "reset-after=12"],
    ["S05 a cut", "cut-after=12"],
  ])("%s is a truncated stream", async (_, fault) => {
    await streams(wire, `${long} ${fault}`, (outcome) => {
      isTold(outcome, "STREAM_TRUNCATED");
      expect(outcome.error?.status).toBe("UNAVAILABLE");
    });
  });

  it("S06 a stall is an attempt's timeout at first, and a stream's later", async () => {
    const ends: string[] = [];
    await streams(
      wire,
      "stall-after=0",
      ({ error, events }) => {
        expect([error?.reason, events.length]).toEqual(["ATTEMPT_TIMEOUT", 0]);
        ends.push("first");
      },
      { options: { ...once, firstDeltaTimeout: ms(100) } },
    );
    await streams(
      wire,
      `${long} stall-after=8`,
      (outcome) => {
        isTold(outcome, "STREAM_STALLED");
        ends.push("idle");
      },
      { options: { ...once, idleTimeout: ms(100) } },
    );
    expect([...new Set(ends)]).toEqual(["first", "idle"]);
  });

  it("S07 pings alone are no progress", async () => {
    const options = { ...once, firstDeltaTimeout: ms(120) };
    await streams(
      wire,
      "ping-only slow=10ms",
      ({ error, tookMs }) => {
        expect(error?.reason).toBe("ATTEMPT_TIMEOUT");
        expect(tookMs).toBeGreaterThanOrEqual(115);
        expect(tookMs).toBeLessThan(3000);
      },
      { options },
    );
  });

  it("S08 a byte at a time is no progress until an event is whole", async () => {
    const options = { ...once, firstDeltaTimeout: ms(150), idleTimeout: ms(150) };
    await streams(
      wire,
      long,
      ({ error, tookMs }) => {
        expect(["ATTEMPT_TIMEOUT", "STREAM_STALLED"]).toContain(error?.reason);
        expect(tookMs).toBeLessThan(2500);
      },
      { options, plan: always({ kind: "drip", everyMs: 20 }) },
    );
  });

  it("S09 S10 any cut of bytes and any line end give the same text", async () => {
    const texts = new Set<string>();
    for (const oddity of ["", "pieces=random", "pieces=random eol=crlf", "pieces=random eol=cr"]) {
      const request = { contents: [{ role: Role.USER, message: "Grüße, 你好 👋🏽 é̂" }] };
      await streams(
        wire,
        oddity,
        (outcome) => {
          expect(responseOf(outcome).content?.message).toBe(outcome.text);
          texts.add(outcome.text);
        },
        { request },
      );
    }
    expect(texts.size).toBe(1);
    const [text = ""] = texts;
    expect(text).toContain("👋🏽");
    expect(text).not.toContain("\ufffd");
  });

  it("S11 an event without end is stopped at the limit", async () => {
    const scene = await openScene(
      simulator(),
      [{ wire, simulate: "huge-event=2MB" }],
      "limits: { frame_bytes: 256KiB }",
    );
    await byEveryStream(scene, async (way) => {
      const { error } = await scene.ask(way, { options: once });
      expect([error?.reason, error?.status]).toEqual(["PROVIDER_RESPONSE_TOO_LARGE", "INTERNAL"]);
    });
  });

  it("S13 S27 what cannot be read is not skipped", async () => {
    for (const fault of ["malformed", "status=200 body=html"]) {
      await streams(wire, fault, ({ error, text }) => {
        expect([error?.reason, error?.status, text]).toEqual([
          "PROVIDER_MALFORMED_RESPONSE",
          "INTERNAL",
          "",
        ]);
      });
    }
  });

  it("S18 a full length is an answer, with its usage", async () => {
    await streams(
      wire,
      "text=80",
      (outcome) => {
        const { stopReason, usage } = responseOf(outcome);
        expect(stopReason).toBe(StopReason.MAX_TOKENS);
        expect(usage?.outputTokens).toBeGreaterThan(0n);
        expect(usage?.source).toBe(UsageSource.REPORTED);
      },
      { request: { maxOutputTokens: 16 } },
    );
  });

  it("S20 a caller that leaves, at any phase, leaves no connection", async () => {
    const phases = ["stall-headers", "stall-after=0", `${long} stall-after=6`, `${long} slow=20ms`];
    for (const phase of phases) {
      const scene = await openScene(simulator(), [{ wire, simulate: phase }]);
      await byEveryStream(scene, async (way) => {
        const leaving = new AbortController();
        const asked = scene.ask(way, { signal: leaving.signal });
        await until(() => scene.requests(way)[0] === 1);
        leaving.abort();
        const leftAt = performance.now();
        const [connection] = scene.proxy(way, 0).connections;
        await connection?.closed;
        expect(performance.now() - leftAt).toBeLessThan(500);
        expect((await asked).received?.code).toBe(1);
        expect(scene.requests(way)).toEqual([1]);
      });
    }
  });

  it("S23 a deadline ends a stream, and what came before stays", async () => {
    await streams(
      wire,
      `${long} stall-after=6`,
      (outcome) => {
        const { reason, status, fields } = errorOf(outcome);
        expect([reason, status]).toEqual(["CALLER_DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"]);
        expect(outcome.text).not.toBe("");
        expect(fields.progress?.outputChars).toBe(BigInt(outcome.text.length));
        expect(outcome.tookMs).toBeGreaterThanOrEqual(695);
        expect(outcome.tookMs).toBeLessThan(3500);
      },
      { options: { timeout: ms(700) } },
    );
  });

  it("S24 JSON in place of a stream is one", async () => {
    await streams(wire, "text=12 json-instead-of-stream", (outcome) => {
      expect(outcome.text).not.toBe("");
      expect(responseOf(outcome).content?.message).toBe(outcome.text);
    });
  });
});

describe.each(textWires)("%s", (wire) => {
  it("S25 a stream in place of JSON is one answer", async () => {
    const scene = await openScene(simulator(), [
      { wire, simulate: "text=12 stream-instead-of-json" },
    ]);
    await byEveryCall(scene, async (way) => {
      expect((await scene.ask(way)).text).not.toBe("");
    });
  });
});

/** Wires that say why they stop before they say that the stream is over. */
const sayingTwice: readonly FaultWire[] = [
  "anthropic",
  "anthropic-azure",
  "anthropic-vertex",
  "anthropic-bedrock",
  "openai-chat",
  "openai-azure",
  "custom-openai-chat",
  "mistral",
  "custom-bedrock-converse",
];

describe.each(sayingTwice)("%s", (wire) => {
  it("S06 a stall after all is said is an answer", async () => {
    await streams(
      wire,
      "text=12 stall-after=1000",
      (outcome) => {
        const { content, warnings } = responseOf(outcome);
        expect(content?.message).toBe(outcome.text);
        expect(warnings.length).toBeGreaterThan(0);
      },
      { options: { ...once, idleTimeout: ms(150) } },
    );
  });
});
