// Proves that a stream whose caller wants that goes on where its provider breaks off: nothing is
// delivered twice, parts and indexes stay whole, usage, attempts and progress count every segment,
// and nothing changes for a caller who does not want it.
import { describe, expect, it } from "vitest";
import { UsageSource, WarningKind } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { ResumePolicy } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { StreamEvent } from "../../src/contract/adapter.ts";
import type { Target } from "../../src/contract/target.ts";
import { continueWords } from "../../src/dispatch/continuation-request.ts";
import { adapters } from "../../src/providers/index.ts";
import { AttemptScene, type Outcome } from "../support/attempt-scene.ts";
import { chunk, ending, type Piece, refuses, streams, word } from "../support/fake-providers.ts";
import { wordsOf } from "../support/parts.ts";

const resume = { resume: ResumePolicy.CONTINUE };
const lost: Piece = { end: "lost" };
type Values = { [E in StreamEvent as E["case"]]: E["value"] };

/** Kinds of the events, in order. */
function kinds({ events }: Outcome): readonly (string | undefined)[] {
  return events.map(({ case: kind }) => kind);
}

/** The events of one kind. */
function only<C extends keyof Values>({ events }: Outcome, kind: C): readonly Values[C][] {
  return events.flatMap((event) => (event.case === kind ? [event.value as Values[C]] : []));
}

/** Text, thinking and arguments that deltas gave to each part, by its index. */
function told({ events }: Outcome): readonly string[] {
  const parts: string[] = [];
  for (const { case: kind, value } of events) {
    if (kind === "partStarted") parts[value.partIndex] = "";
    if (kind === "textDelta" || kind === "thinkingDelta") parts[value.partIndex] += value.text;
    if (kind === "toolCallDelta") parts[value.partIndex] += value.arguments;
  }
  return parts;
}

/** The same of the whole answer. */
function heldBy({ response }: Outcome): readonly string[] {
  return (response?.content?.parts ?? []).map(wordsOf);
}

/** What the wire of Anthropic is asked with, at the same fake providers. */
function anthropic(): Partial<Target> {
  const adapter = adapters.find(({ name }) => name === "anthropic");
  const dialect = adapter?.dialects[adapter.defaultDialect];
  if (adapter === undefined || dialect === undefined) throw new Error("no wire");
  return { adapter, dialect };
}

function event(type: string, rest: object): Piece {
  return { afterMs: 1, text: `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n` };
}

const messageStart = event("message_start", {
  message: {
    id: "m",
    role: "assistant",
    content: [],
    usage: { input_tokens: 7, output_tokens: 1 },
  },
});
const blockStart = (index: number, block: object): Piece =>
  event("content_block_start", { index, content_block: block });
const blockDelta = (index: number, delta: object): Piece =>
  event("content_block_delta", { index, delta });
const blockStop = (index: number): Piece => event("content_block_stop", { index });
const messageEnd: readonly Piece[] = [
  event("message_delta", { delta: { stop_reason: "end_turn" }, usage: { output_tokens: 5 } }),
  event("message_stop", {}),
];

describe("a stream that breaks off", () => {
  it("goes on at another target, announced, without a word twice", async () => {
    const scene = new AttemptScene({
      one: [streams(word("Hello "), word("wor"), lost)],
      two: [streams(word("ld"), ...ending("length"))],
    });
    const outcome = await scene.stream({ stream: resume });
    expect(kinds(outcome)).toEqual([
      ...["started", "partStarted", "textDelta", "textDelta", "partFinished"],
      ...["segmentRestarted", "partStarted", "textDelta", "partFinished", "finished"],
    ]);
    expect(only(outcome, "segmentRestarted")).toMatchObject([
      { segment: 1, target: "two", reason: "STREAM_TRUNCATED" },
    ]);
    expect(told(outcome)).toEqual(["Hello wor", "ld"]);
    expect(heldBy(outcome)).toEqual(["Hello wor", "ld"]);
    const { response } = outcome;
    expect(response?.content?.message).toBe("Hello world");
    expect(response?.rawStopReason).toBe("length");
    expect(response?.cost?.known).toBe(false);
    expect(response?.warnings).toMatchObject([
      { field: "stream_options.resume", kind: WarningKind.CHANGED },
    ]);
    const { target, attempts = [] } = response?.route ?? {};
    expect(target).toBe("two");
    expect(attempts.map(({ target, reason }) => [target, reason])).toEqual([
      ["one", "STREAM_TRUNCATED"],
      ["two", ""],
    ]);
    // 5 tokens of input and 9 characters of output were lost with the first segment.
    expect(attempts[0]?.usage).toMatchObject({ inputTokens: 5n, outputTokens: 3n });
    expect(response?.usage?.source).toBe(UsageSource.ESTIMATED);
    expect(response?.usage?.outputTokens).toBe(4n);
    expect(scene.sent[1]?.body.messages).toEqual([
      { role: "user", content: "Hello" },
      { role: "assistant", content: "Hello wor" },
      { role: "user", content: continueWords },
    ]);
  });

  it("ends with its error where nobody asked to go on", async () => {
    for (const stream of [{}, { resume: ResumePolicy.NEVER }]) {
      const scene = new AttemptScene({ one: [streams(word("Hello"), lost)], two: [streams()] });
      const outcome = await scene.stream({ stream });
      expect(outcome.error?.reason).toBe("STREAM_TRUNCATED");
      expect(outcome.error?.fields.metadata).not.toHaveProperty("not_retried");
      expect(kinds(outcome)).toEqual(["started", "partStarted", "textDelta"]);
      expect(scene.places).toEqual(["one"]);
    }
  });

  it("has the sum of what its providers reported", async () => {
    const usage = { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13 };
    const scene = new AttemptScene({
      one: [streams(word("Hello "), chunk({}, { usage }), lost)],
      two: [streams(word("world"), ...ending("stop", { ...usage, prompt_tokens: 40 }))],
    });
    const outcome = await scene.stream({ stream: resume });
    const sum = { inputTokens: 50n, outputTokens: 6n, source: UsageSource.REPORTED };
    expect(outcome.response?.usage).toMatchObject(sum);
    expect(only(outcome, "usage").at(0)).toMatchObject({ inputTokens: 10n, outputTokens: 3n });
    expect(only(outcome, "usage").at(-1)).toMatchObject(sum);
    expect(outcome.response?.route?.attempts[0]?.usage).toMatchObject({ inputTokens: 10n });
  });

  it("goes on at the same target where there is no other, after a pause", async () => {
    const scene = new AttemptScene({
      one: [streams(word("Hello "), lost), streams(word("world"), ...ending())],
    });
    const { response } = await scene.stream({ stream: resume });
    expect(response?.content?.message).toBe("Hello world");
    // It broke off after 20 ms; half of 50 ms are waited.
    expect(scene.starts).toEqual([0, 45]);
  });

  it("goes on at most twice, others first, and never outside its fence", async () => {
    const broken = streams(word("a"), lost);
    const scripts = { one: [broken], two: [broken], far: [broken], three: [broken] };
    const targets = {
      one: { region: "eu-1" },
      two: { region: "eu-2" },
      far: { region: "us-1" },
      three: { region: "eu-3" },
    };
    const scene = new AttemptScene(scripts, { targets });
    const fence = { region: { allowed: ["eu-*"] } };
    const { error, ...outcome } = await scene.stream({ stream: resume, options: fence });
    expect(scene.places).toEqual(["one", "two", "three"]);
    expect(error?.reason).toBe("STREAM_TRUNCATED");
    expect(error?.fields.metadata).toMatchObject({ not_retried: "ATTEMPTS", attempts: "3" });
    expect(error?.fields.progress).toMatchObject({ deltas: 3n, outputChars: 3n });
    const used = error?.fields.attempts?.map(({ usage }) => usage?.inputTokens ?? 0n) ?? [];
    expect(used).toHaveLength(3);
    expect(error?.fields.progress?.usage?.inputTokens).toBe(used.reduce((a, b) => a + b));
    expect(told({ ...outcome, error })).toEqual(["a", "a", "a"]);
  });

  it("counts attempts before its first delta as well", async () => {
    const scene = new AttemptScene({
      one: [refuses(503)],
      two: [streams(word("a"), lost)],
      three: [streams(word("b"), lost)],
      four: [streams(word("c"), ...ending())],
    });
    const { error } = await scene.stream({ stream: resume });
    expect(scene.places).toEqual(["one", "two", "three"]);
    expect(error?.fields.progress?.deltas).toBe(2n);
  });

  it("tries others for the rest, and says what the last of them said", async () => {
    const scene = new AttemptScene({
      one: [streams(word("a"), lost)],
      two: [refuses(503)],
      three: [refuses(500)],
    });
    const { error, ...outcome } = await scene.stream({ stream: resume });
    expect([error?.reason, error?.fields.progress?.deltas]).toEqual(["PROVIDER_INTERNAL", 1n]);
    expect(error?.fields.attempts?.map(({ reason }) => reason)).toEqual([
      ...["STREAM_TRUNCATED", "PROVIDER_UNAVAILABLE", "PROVIDER_INTERNAL"],
    ]);
    expect(kinds({ ...outcome, error }).at(-1)).toBe("textDelta");
  });

  it("is not asked again when its target has no retry left", async () => {
    const scene = new AttemptScene(
      { one: [streams(word("a"), lost)] },
      { resilience: { budgetFloorPerSecond: 0, budgetRatio: 0 } },
    );
    const { error } = await scene.stream({ stream: resume });
    expect(error?.reason).toBe("STREAM_TRUNCATED");
    expect(error?.fields.metadata?.not_retried).toBe("RETRY_BUDGET_EXHAUSTED");
    expect(scene.places).toEqual(["one"]);
  });

  it("ends where another attempt cannot help", async () => {
    const failure = { error: { type: "invalid_request_error", message: "no" } };
    const failed: Piece = { text: `data: ${JSON.stringify(failure)}\n\n` };
    const scene = new AttemptScene({ one: [streams(word("a"), failed)], two: [streams()] });
    const { error } = await scene.stream({ stream: resume });
    expect(error?.reason).toBe("PROVIDER_INVALID_REQUEST");
    expect(error?.fields.metadata?.not_retried).toBe("NOT_RETRYABLE");
    expect(scene.places).toEqual(["one"]);
  });

  it("ends where the answer must be one JSON document", async () => {
    const scripts = {
      one: [streams(word('{"a":'), lost)],
      two: [streams(word("{}"), ...ending())],
    };
    const request = {
      responseFormat: { format: { case: "jsonObject" as const, value: {} } },
    };
    const scene = new AttemptScene(scripts);
    const { error } = await scene.stream({ stream: resume, request });
    expect(error?.fields.metadata?.not_retried).toBe("NOT_RETRYABLE");
    expect(scene.places).toEqual(["one"]);
  });

  it("goes on in strict mode too, since that was asked for", async () => {
    const scene = new AttemptScene({
      one: [streams(word("Hello "), lost)],
      two: [streams(word("world"), ...ending())],
    });
    const { response } = await scene.stream({ stream: resume, options: { strict: true } });
    expect(response?.content?.message).toBe("Hello world");
  });
});

describe("a part that was open", () => {
  it("of thinking is closed, and the answer begins anew", async () => {
    const scene = new AttemptScene(
      {
        one: [
          streams(
            messageStart,
            blockStart(0, { type: "thinking", thinking: "", signature: "" }),
            blockDelta(0, { type: "thinking_delta", thinking: "well, " }),
            lost,
          ),
        ],
        two: [streams(word("Hello"), ...ending())],
      },
      { targets: { one: anthropic() } },
    );
    const outcome = await scene.stream({ stream: resume });
    expect(only(outcome, "partFinished")[0]?.part?.kind).toMatchObject({
      case: "thinking",
      value: { text: "well, ", adapter: "anthropic", signature: "" },
    });
    expect(told(outcome)).toEqual(["well, ", "Hello"]);
    expect(heldBy(outcome)).toEqual(["well, ", "Hello"]);
    expect(scene.sent[1]?.body.messages).toEqual([{ role: "user", content: "Hello" }]);
    // Nothing was changed so that it could go on; but the first request had lacked something.
    expect(outcome.response?.warnings).toMatchObject([{ field: "max_output_tokens" }]);
    expect(outcome.response?.content?.message).toBe("Hello");
  });

  it("of a tool call is closed as it came, and marked as incomplete", async () => {
    const call = { index: 0, id: "call-1", function: { name: "look", arguments: '{"a":' } };
    const scene = new AttemptScene({
      one: [streams(word("I look"), chunk({ tool_calls: [call] }), lost)],
      two: [streams(word(" it up."), ...ending())],
    });
    const outcome = await scene.stream({ stream: resume });
    const value = { id: "call-1", name: "look", arguments: '{"a":', validJson: false };
    expect(outcome.response?.content?.parts[1]?.kind).toMatchObject({ case: "toolCall", value });
    expect(told(outcome)).toEqual(["I look", '{"a":', " it up."]);
    expect(heldBy(outcome)).toEqual(told(outcome));
    expect(outcome.response?.content?.message).toBe("I look it up.");
  });

  it("of a tool call counts in the progress of a failure", async () => {
    const call = { index: 0, id: "call-1", function: { name: "look", arguments: "{" } };
    const broken = streams(chunk({ tool_calls: [call] }), lost);
    const scene = new AttemptScene({ one: [broken], two: [broken], three: [broken] });
    const { error } = await scene.stream({ stream: resume });
    expect(error?.fields.progress).toMatchObject({ deltas: 6n, toolCallsOpen: 3 });
  });

  it("keeps the stream from going on after a complete tool call", async () => {
    const block = { type: "tool_use", id: "call-1", name: "look", input: {} };
    const scene = new AttemptScene(
      {
        one: [
          streams(
            messageStart,
            blockStart(0, block),
            blockDelta(0, { type: "input_json_delta", partial_json: '{"a":1}' }),
            blockStop(0),
            blockStart(1, { type: "text", text: "" }),
            blockDelta(1, { type: "text_delta", text: "so" }),
            lost,
          ),
        ],
        two: [streams(word("no"), ...ending())],
      },
      { targets: { one: anthropic() } },
    );
    const { error } = await scene.stream({ stream: resume });
    expect(error?.reason).toBe("STREAM_TRUNCATED");
    expect(error?.fields.metadata?.not_retried).toBe("NOT_RETRYABLE");
    expect(scene.places).toEqual(["one"]);
  });

  it("and one that was complete keep their indexes", async () => {
    const scene = new AttemptScene(
      {
        one: [streams(word("a"), lost)],
        two: [
          streams(
            messageStart,
            blockStart(0, { type: "text", text: "" }),
            blockDelta(0, { type: "text_delta", text: "b" }),
            blockStop(0),
            blockStart(1, { type: "text", text: "" }),
            blockDelta(1, { type: "text_delta", text: "c" }),
            blockStop(1),
            ...messageEnd,
          ),
        ],
      },
      { targets: { two: anthropic() } },
    );
    const outcome = await scene.stream({ stream: resume });
    expect(only(outcome, "partStarted").map(({ partIndex }) => partIndex)).toEqual([0, 1, 2]);
    expect(only(outcome, "partFinished").map(({ partIndex }) => partIndex)).toEqual([0, 1, 2]);
    expect(heldBy(outcome)).toEqual(["a", "b", "c"]);
  });
});
