// Proves that answers of Converse are read alike whole and as streams: texts, citations, thinking,
// calls, images, blocks of the provider's own, stop reasons, usage; and when a stream is complete,
// logically whole, or cut.
import type { JsonObject } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { MediaKind, Role, StopReason } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { parseJSON } from "../../../src/contract/exact-json.ts";
import { bedrockConverse } from "../../../src/dialects/bedrock-converse/dialect.ts";
import { thrownBy } from "../../support/framing.ts";
import {
  adapter,
  close,
  decodeStream,
  delta,
  type Event,
  framesOf,
  metadata,
  open,
  send,
  start,
  stop,
  streamed,
  whole,
} from "./support.ts";

const web = { location: { web: { url: "https://a.example", domain: "a.example" } } };
const chars = {
  title: "Policy",
  source: "doc",
  sourceContent: [{ text: "20 " }, { text: "days" }],
  location: { documentChar: { documentIndex: 0, start: 3, end: 9 } },
};

/** A block as a whole, the events that stand for it, and the part that both are. */
const cases: [title: string, block: JsonObject, events: Event[], kind: object][] = [
  [
    "text",
    { text: "Grüße" },
    [delta({ text: "Gr" }), delta({ text: "üße" }), close()],
    { case: "text", value: { text: "Grüße" } },
  ],
  [
    "a text whose beginning is told",
    { text: "Hi" },
    [open({ text: "H" }), delta({ text: "i" }), close()],
    { case: "text", value: { text: "Hi" } },
  ],
  [
    "a text with citations",
    { citationsContent: { content: [{ text: "20 " }, { text: "days" }], citations: [chars] } },
    [delta({ citation: chars }), delta({ text: "20 days" }), close()],
    {
      case: "text",
      value: {
        text: "20 days",
        citations: [
          {
            type: "documentChar",
            citedText: "20 days",
            title: "Policy",
            sourceId: "doc",
            start: 3n,
            end: 9n,
            json: JSON.stringify(chars),
          },
        ],
      },
    },
  ],
  [
    "citations alone",
    { citationsContent: { citations: [web] } },
    [delta({ citation: web }), close()],
    {
      case: "text",
      value: {
        text: "",
        citations: [{ type: "web", url: "https://a.example", json: JSON.stringify(web) }],
      },
    },
  ],
  [
    "thinking",
    { reasoningContent: { reasoningText: { text: "hm so", signature: "sig" } } },
    [
      delta({ reasoningContent: { text: "hm" } }),
      delta({ reasoningContent: { text: " so" } }),
      delta({ reasoningContent: { signature: "sig" } }),
      close(),
    ],
    { case: "thinking", value: { adapter, text: "hm so", signature: "sig" } },
  ],
  [
    "sealed thinking",
    { reasoningContent: { redactedContent: "YWJjZA==" } },
    [
      delta({ reasoningContent: { redactedContent: "YWI=" } }),
      delta({ reasoningContent: { redactedContent: "Y2Q=" } }),
      close(),
    ],
    { case: "thinking", value: { adapter, redacted: new Uint8Array(Buffer.from("abcd")) } },
  ],
  [
    "a call",
    { toolUse: { toolUseId: "t1", name: "look", input: { city: "Rome" }, type: "tool_use" } },
    [
      open({ toolUse: { toolUseId: "t1", name: "look", type: "tool_use" } }),
      delta({ toolUse: { input: '{"city":' } }),
      delta({ toolUse: { input: '"Rome"}' } }),
      close(),
    ],
    {
      case: "toolCall",
      value: { id: "t1", name: "look", arguments: '{"city":"Rome"}', validJson: true },
    },
  ],
  [
    "a call without arguments or id",
    { toolUse: { name: "look" } },
    [open({ toolUse: { name: "look" } }), delta({ toolUse: { input: "" } }), close()],
    { case: "toolCall", value: { id: "call_1", name: "look", arguments: "{}", validJson: true } },
  ],
  [
    "an image",
    { image: { format: "png", source: { bytes: "YWJjZA==" } } },
    [
      open({ image: { format: "png" } }),
      delta({ image: { source: { bytes: "YWI=" } } }),
      delta({ image: { source: { bytes: "Y2Q=" } } }),
      close(),
    ],
    {
      case: "media",
      value: {
        kind: MediaKind.IMAGE,
        mimeType: "image/png",
        source: { case: "data", value: new Uint8Array(Buffer.from("abcd")) },
      },
    },
  ],
];

/** Blocks that only the provider knows, and the events that stand for them. */
const foreign: [title: string, block: JsonObject, events: Event[]][] = [
  [
    "a call that the provider makes itself",
    {
      toolUse: {
        toolUseId: "t",
        name: "nova_grounding",
        type: "server_tool_use",
        input: { q: "x" },
      },
    },
    [
      open({ toolUse: { toolUseId: "t", name: "nova_grounding", type: "server_tool_use" } }),
      delta({ toolUse: { input: '{"q"' } }),
      delta({ toolUse: { input: ':"x"}' } }),
      close(),
    ],
  ],
  [
    "its result",
    {
      toolResult: {
        toolUseId: "t",
        type: "nova_grounding_result",
        status: "success",
        content: [{ text: "one two" }, { json: { a: 1 } }, { text: "three" }],
      },
    },
    [
      open({ toolResult: { toolUseId: "t", type: "nova_grounding_result", status: "success" } }),
      delta({ toolResult: [{ text: "one" }] }),
      delta({ toolResult: [{ text: " two" }, { json: { a: 1 } }] }),
      delta({ toolResult: [{ text: "three" }] }),
      close(),
    ],
  ],
  [
    "an image that could not be made",
    { image: { format: "png", error: { message: "blocked" } } },
    [
      open({ image: { format: "png" } }),
      delta({ image: { error: { message: "blocked" } } }),
      close(),
    ],
  ],
  [
    "a kind of tomorrow",
    { hologram: "ab" },
    [delta({ hologram: "a" }), delta({ hologram: "b" }), close()],
  ],
];

describe("a block, whole and streamed", () => {
  it.each(cases)("%s", (_title, block, events, kind) => {
    const answer = whole([block]);
    expect(answer.content?.parts).toHaveLength(1);
    expect(answer.content?.parts[0]?.kind).toMatchObject(kind);
    expect(streamed(...events)).toEqual(answer);
  });

  it.each(foreign)("%s is kept, and goes back as it came", (_title, block, events) => {
    const answer = whole([block]);
    const [part] = answer.content?.parts ?? [];
    if (part?.kind.case !== "provider") throw new Error("no block of the provider's");
    expect(part.kind.value).toMatchObject({ adapter, type: Object.keys(block)[0] });
    expect(JSON.parse(part.kind.value.json)).toEqual(block);
    const again = streamed(...events).content?.parts[0];
    if (again?.kind.case !== "provider") throw new Error("no block of the provider's");
    expect(JSON.parse(again.kind.value.json)).toEqual(block);
    const { body } = send({
      contents: [{ role: Role.USER, message: "Hi" }, answer.content ?? { role: Role.ASSISTANT }],
    });
    expect((body.messages as { content: unknown[] }[])[1]?.content).toEqual([block]);
  });

  it("keeps what of it has no place, and sends that back as well", () => {
    const block = {
      toolUse: { toolUseId: "t", name: "look", input: {}, mood: "gay" },
      beside: { a: 1 },
    };
    const { content } = whole([block]);
    expect(content?.parts[0]?.kind.case).toBe("toolCall");
    const { body } = send({ contents: [{ role: Role.USER, message: "Hi" }, content ?? {}] });
    expect((body.messages as { content: unknown[] }[])[1]?.content).toEqual([block]);
  });
});

it("keeps all digits of numbers in arguments", () => {
  const text = '{"toolUse":{"toolUseId":"t","name":"look","input":{"id":12345678901234567890}}}';
  const [part] = whole([parseJSON(text) as JsonObject]).content?.parts ?? [];
  expect(part?.kind.value).toMatchObject({ arguments: '{"id":12345678901234567890}' });
});

describe("the rest of an answer", () => {
  it.each([
    ["end_turn", StopReason.END_TURN],
    ["tool_use", StopReason.TOOL_USE],
    ["max_tokens", StopReason.MAX_TOKENS],
    ["stop_sequence", StopReason.STOP_SEQUENCE],
    ["guardrail_intervened", StopReason.CONTENT_FILTER],
    ["content_filtered", StopReason.CONTENT_FILTER],
    ["malformed_tool_use", StopReason.MALFORMED_TOOL_CALL],
    ["malformed_model_output", StopReason.OTHER],
    ["model_context_window_exceeded", StopReason.CONTEXT_LENGTH],
    ["someday", StopReason.OTHER],
    ["toString", StopReason.OTHER],
    ["", StopReason.UNSPECIFIED],
  ])("stops for %j", (stopReason, expected) => {
    const answer = whole([], { stopReason });
    expect([answer.stopReason, answer.rawStopReason]).toEqual([expected, stopReason]);
  });

  it("counts cached tokens as input, and keeps what else is counted", () => {
    const usage = {
      inputTokens: 11,
      outputTokens: 236,
      totalTokens: 1285,
      cacheReadInputTokens: 10,
      cacheReadInputTokenCount: 10,
      cacheWriteInputTokens: 1028,
      serverToolUsage: { searches: 2 },
      cacheDetails: [{ ttl: "1h", inputTokens: 1028 }],
    };
    const answer = whole([], { usage });
    expect(answer.usage).toMatchObject({
      inputTokens: 1049n,
      outputTokens: 236n,
      cacheReadTokens: 10n,
      cacheWriteTokens: 1028n,
      serverToolUses: { searches: 2n },
    });
    expect(answer.providerMetadata).toEqual({
      metrics: { latencyMs: 7 },
      usage: { cacheDetails: [{ ttl: "1h", inputTokens: 1028 }] },
    });
    expect(whole([], { usage: { inputTokens: -1, outputTokens: 2 } }).usage).toBeUndefined();
  });

  it("keeps traces, tiers and a router's model, whole and streamed", () => {
    const rest = {
      trace: { promptRouter: { invokedModelId: "arn:aws:bedrock:a" }, guardrail: { x: [1] } },
      serviceTier: { type: "flex" },
      performanceConfig: { latency: "optimized" },
    };
    const answer = whole([{ text: "Hi" }], rest);
    expect(answer.model).toBe("arn:aws:bedrock:a");
    expect(answer.providerMetadata).toEqual({ metrics: { latencyMs: 7 }, ...rest });
    const frames = framesOf([start, delta({ text: "Hi" }), close(), stop(), metadata(rest)]);
    const { end } = decodeStream(frames);
    expect(end).toEqual({ kind: "complete", response: answer });
    expect(whole([]).model).toBe("sent-model");
  });

  it.each([{ stop_sequence: "END" }, { delta: { stop_sequence: "END" } }])(
    "names the stop sequence where the caller asked for it: %j",
    (additionalModelResponseFields) => {
      expect(whole([], { additionalModelResponseFields }).stopSequence).toBe("END");
    },
  );

  it("keeps events, and members of events, that nobody knows", () => {
    const answer = streamed(
      ["weather", { sun: true }],
      ["contentBlockDelta", { contentBlockIndex: 0, delta: { text: "Hi", mood: 1 }, q: 2 }],
      close(),
    );
    expect(answer.content?.message).toBe("Hi");
    expect(answer.providerMetadata?.unknown_events).toEqual([
      { weather: { sun: true } },
      { contentBlockDelta: { contentBlockIndex: 0, delta: { mood: 1 } } },
      { contentBlockDelta: { q: 2 } },
    ]);
  });

  it.each([{}, { output: {} }, { message: "Hi" }, { output: { message: [] } }])(
    "is malformed: %j",
    (body) => {
      const decode = () => bedrockConverse.decode(body, { adapter, model: "m" });
      expect(thrownBy(decode).reason).toBe("PROVIDER_MALFORMED_RESPONSE");
    },
  );
});

describe("a stream", () => {
  const events = [start, delta({ text: "Hi" }), close(), stop(), metadata()];

  it("is complete with its metadata, logically whole with its stop, and else cut", () => {
    const ends = events.map((_, index) => decodeStream(framesOf(events.slice(0, index))).end.kind);
    expect(ends).toEqual(["truncated", "truncated", "truncated", "truncated", "logical"]);
    expect(decodeStream(framesOf(events)).end.kind).toBe("complete");
  });

  it("is over when it is complete", () => {
    const decoder = bedrockConverse.createDecoder({ adapter, model: "m" });
    for (const frame of framesOf(events)) decoder.push(frame);
    expect(decoder.done).toBe(true);
    expect(decoder.push({ event: "exception:throttlingException", data: "{}", id: "" })).toEqual(
      [],
    );
  });

  it("tells what is open while it runs", () => {
    const decoder = bedrockConverse.createDecoder({ adapter, model: "m" });
    for (const frame of framesOf([start, open({ toolUse: { toolUseId: "t", name: "look" } })])) {
      decoder.push(frame);
    }
    expect(decoder.progress()).toEqual({ id: "", model: "", usage: undefined, toolCallsOpen: 1 });
  });

  it.each<[string, Event[]]>([
    ["arguments of an unnamed tool", [delta({ toolUse: { input: "{}" } })]],
    ["text for a call", [open({ toolUse: { name: "look" } }), delta({ text: "x" })]],
    ["arguments for a text", [delta({ text: "x" }), delta({ toolUse: { input: "{}" } })]],
    ["more of a block that has ended", [delta({ text: "x" }), close(), delta({ text: "y" })]],
  ])("is malformed with %s", (_title, wrong) => {
    const error = thrownBy(() => decodeStream(framesOf([start, ...wrong])));
    expect(error.reason).toBe("PROVIDER_MALFORMED_RESPONSE");
  });

  it("may turn from thinking to text under one index", () => {
    const thought = delta({ reasoningContent: { text: "So." } });
    const { content } = streamed(thought, delta({ text: "Hi" }), close());
    expect(content?.parts.map(({ kind }) => kind.case)).toEqual(["thinking", "text"]);
    expect(content?.message).toBe("Hi");
  });

  it("is malformed where it stops before it has begun, or is no JSON", () => {
    expect(thrownBy(() => decodeStream(framesOf([stop()]))).reason).toBe(
      "PROVIDER_MALFORMED_RESPONSE",
    );
    const broken = { event: "messageStart", data: "{", id: "" };
    expect(thrownBy(() => decodeStream([broken])).reason).toBe("PROVIDER_MALFORMED_RESPONSE");
  });

  it("delivers a cut call as it came", () => {
    const { end } = decodeStream(
      framesOf([
        start,
        open({ toolUse: { toolUseId: "t", name: "look" } }),
        delta({ toolUse: { input: '{"a":' } }),
        stop("max_tokens"),
        metadata(),
      ]),
    );
    if (end.kind !== "complete") throw new Error(end.kind);
    expect(end.response.content?.parts[0]?.kind.value).toMatchObject({
      arguments: '{"a":',
      validJson: false,
    });
  });
});
