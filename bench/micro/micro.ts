import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  CallRequestSchema,
  CallResponseSchema,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { StreamCallResponseSchema } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { Dialect } from "../../src/contract/adapter.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { Registry } from "../../src/dispatch/registry.ts";
import { SSEFramer } from "../../src/framing/sse-framer.ts";
import { openai } from "../../src/providers/openai/index.ts";
import { statusOf } from "../../src/rpc/error-status.ts";
import { frameOf, type MessageFormat } from "../../src/rpc/lane-messages.ts";
import { benchTarget } from "../bench-target.ts";
import { plainAnswers } from "../plain-answers.ts";
import { microseconds } from "../stopwatch.ts";

/** One operation and what it costs. */
export interface MicroResult {
  readonly title: string;
  readonly microseconds: number;
}

const chat = chatOf(openai.dialects);
const text = "The quick brown fox. ".repeat(25).slice(0, 500);
const answer = JSON.stringify(plainAnswers.chat?.(text));
const callRequest = create(CallRequestSchema, {
  request: {
    model: "gpt-5",
    contents: [
      { role: Role.SYSTEM, message: "Be brief." },
      { role: Role.USER, message: "How is the weather today, in one sentence?" },
    ],
    maxOutputTokens: 256,
  },
});
const request = callRequest.request;

/** The operations that a call is made of, each by itself: µs of CPU, garbage collection included. */
export function* micro(): Generator<MicroResult> {
  for (const [title, work] of Object.entries(operations())) {
    yield { title, microseconds: microseconds(work) };
  }
}

function operations(): Readonly<Record<string, () => unknown>> {
  if (request === undefined) throw new Error("the request has no request");
  const input = {
    ...{ request, adapter: "openai", model: "gpt-5", stream: false, requestId: "" },
    place: { region: "", project: "", apiVersion: "" },
  };
  const response = chat.decode(JSON.parse(answer), { adapter: "openai", model: "gpt-5" });
  const whole = create(CallResponseSchema, { response });
  const delta = create(StreamCallResponseSchema, {
    event: { case: "textDelta", value: { partIndex: 0, text: "ten bytes." } },
  });
  const wholeFormat = formatOf(CallResponseSchema);
  const deltaFormat = formatOf(StreamCallResponseSchema);
  const requestBytes = toBinary(CallRequestSchema, callRequest);
  const events = sseOf(200);
  let turn = 0;
  const registry = new Registry({
    adapters: [openai],
    targets: [benchTarget(openai, chat)],
    routes: Array.from({ length: 1_000 }, (_, index) => ({
      id: `route-${index}`,
      model: `other-${index}-.*-v[0-9]+`,
      targets: ["bench"],
    })),
  });
  const error = new ConnectorError("PROVIDER_RATE_LIMITED", "The provider asks for a pause.", {
    retryAfterMs: 1_000,
    metadata: { provider: "openai", model: "gpt-5" },
  });
  return {
    "encode a request (openai chat)": () => chat.encode(input),
    "parse and decode an answer of 500 bytes": () =>
      chat.decode(JSON.parse(answer), { adapter: "openai", model: "gpt-5" }),
    "cut 200 events of a stream (SSE)": () => new SSEFramer(1 << 20).push(events),
    "lead a known name past 1,000 patterns": () => registry.resolve("gpt-5"),
    "lead a new name past 1,000 patterns": () => {
      turn += 1;
      return registry.resolve(`gpt-5-${turn}`);
    },
    "status details of an error": () => statusOf(error),
    "protobuf-es: read a CallRequest": () => fromBinary(CallRequestSchema, requestBytes),
    "protobuf-es: write a CallResponse": () => toBinary(CallResponseSchema, whole),
    "the lane: write a CallResponse": () => frameOf(whole, wholeFormat),
    "protobuf-es: write a text delta": () => toBinary(StreamCallResponseSchema, delta),
    "the lane: write a text delta": () => frameOf(delta, deltaFormat),
  };
}

function formatOf(output: MessageFormat["output"]): MessageFormat {
  const bytesMax = 16 * 1024 * 1024;
  const limits = { requestBytesMax: bytesMax, responseBytesMax: bytesMax, recursionLimit: 100 };
  return { input: CallRequestSchema, output, kind: "unary", ...limits };
}

function chatOf({ chat: found }: Readonly<Record<string, Dialect>>): Dialect {
  if (found === undefined) throw new Error("openai speaks no chat");
  return found;
}

function sseOf(count: number): Buffer {
  const event = JSON.stringify({
    id: "chatcmpl-0123456789",
    object: "chat.completion.chunk",
    created: 1_793_000_000,
    model: "gpt-5",
    choices: [{ index: 0, delta: { content: "ten bytes." }, finish_reason: null }],
  });
  return Buffer.from(`data: ${event}\n\n`.repeat(count));
}
