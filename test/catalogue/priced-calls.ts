import { create, type JsonObject, type MessageInitShape } from "@bufbuild/protobuf";
import {
  CallRequestSchema,
  StreamCallRequestSchema,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import {
  type Cost,
  type LLMRequestSchema,
  type LLMResponse,
  Role,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { type Connectors, createConnectors } from "../../src/connectors.ts";
import type { Adapter, ProviderModels } from "../../src/contract/adapter.ts";
import { Secret } from "../../src/contract/secret.ts";
import type { Target } from "../../src/contract/target.ts";
import { adapters } from "../../src/providers/index.ts";
import { fakeTarget } from "../support/fake-adapter.ts";
import { chunkedHead, httpChunk, RawUpstream } from "../support/raw-upstream.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

/**
 * An answer of the Messages or the chat wire: the model it reports, and its usage as it is sent.
 */
export interface Answer {
  readonly model: string;
  readonly usage?: JsonObject;
  /** Blocks of the Messages wire. Default: one text. */
  readonly content?: readonly JsonObject[];
  /** Further members of the body. */
  readonly more?: JsonObject;
}

/** Where a call of a test goes, and what it asks. */
export interface PricedCall {
  readonly adapter: string;
  readonly model: string;
  readonly answer: Answer;
  readonly request?: MessageInitShape<typeof LLMRequestSchema>;
  readonly target?: Partial<Target>;
  readonly models?: readonly ProviderModels[];
  /** Day of the call. */
  readonly today?: string;
}

/** What a whole answer and the end of a stream say of the cost of the same call. */
export async function costsOf(call: PricedCall): Promise<{ unary: Cost; stream: Cost }> {
  const { connectors, close } = await openFor(call);
  try {
    const { unary, stream } = await answersOf(connectors, call);
    if (unary?.cost === undefined || stream?.cost === undefined) throw new Error("no cost");
    return { unary: unary.cost, stream: stream.cost };
  } finally {
    await close();
  }
}

/** The adapter of that name. */
export function adapterOf(name: string): Adapter {
  const adapter = adapters.find((each) => each.name === name);
  if (adapter === undefined) throw new Error(`no adapter ${name}`);
  return adapter;
}

async function openFor(call: PricedCall): Promise<{
  readonly connectors: Connectors;
  readonly close: () => Promise<void>;
}> {
  const upstream = await RawUpstream.listen(async (connection) => {
    for (;;) {
      const { path, body } = await connection.request();
      const isStream = JSON.parse(body).stream === true;
      const write = path.endsWith("/messages") ? messagesAnswer : chatAnswer;
      await connection.send(write(call.answer, isStream));
    }
  });
  const target = fakeTarget(adapterOf(call.adapter), {
    baseURL: upstream.url,
    apiKey: new Secret("sk-priced-call"),
    ...call.target,
  });
  const connectors = createConnectors({
    targets: [target],
    clock: new VirtualClock(Date.parse(`${call.today ?? "2026-11-23"}T12:00:00Z`)),
    ...(call.models && { models: call.models }),
  });
  return {
    connectors,
    close: async () => {
      await connectors.close();
      await upstream.close();
    },
  };
}

async function answersOf(
  { api }: Connectors,
  { adapter, model, request }: PricedCall,
): Promise<{ unary: LLMResponse | undefined; stream: LLMResponse | undefined }> {
  const context = {
    signal: new AbortController().signal,
    receivedMs: 0,
    deadlineMs: undefined,
    caller: "",
  };
  const contents = [{ role: Role.USER, message: "Hello" }];
  const init = {
    request: { model, maxOutputTokens: 1000, contents, ...request },
    options: { target: adapter },
  };
  const { response: unary } = await api.call(create(CallRequestSchema, init), context);
  let stream: LLMResponse | undefined;
  for await (const { event } of api.streamCall(create(StreamCallRequestSchema, init), context)) {
    if (event.case === "finished") stream = event.value.response;
  }
  return { unary, stream };
}

function whole(body: object): string {
  const text = JSON.stringify(body);
  return `HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

function streamed(events: readonly (readonly [name: string, data: object | string])[]): Buffer {
  const lines = events.map(([name, data]) => {
    const text = typeof data === "string" ? data : JSON.stringify(data);
    return `${name === "" ? "" : `event: ${name}\n`}data: ${text}\n\n`;
  });
  const head = Buffer.from(chunkedHead("content-type: text/event-stream\r\n"));
  return Buffer.concat([head, httpChunk(lines.join("")), httpChunk("")]);
}

function messagesAnswer(answer: Answer, isStream: boolean): string | Buffer {
  const { content = [{ type: "text", text: "Hello" }], usage = {} } = answer;
  const message = {
    ...{ id: "msg_1", type: "message", role: "assistant", model: answer.model },
    ...{ content, stop_reason: "end_turn", stop_sequence: null, usage, ...answer.more },
  };
  if (!isStream) return whole(message);
  const started = { ...message, content: [], stop_reason: null };
  const blocks = content.flatMap((block, index): [string, object][] => [
    ["content_block_start", { type: "content_block_start", index, content_block: block }],
    ["content_block_stop", { type: "content_block_stop", index }],
  ]);
  const delta = { stop_reason: "end_turn", stop_sequence: null };
  return streamed([
    ["message_start", { type: "message_start", message: started }],
    ...blocks,
    ["message_delta", { type: "message_delta", delta, usage }],
    ["message_stop", { type: "message_stop" }],
  ]);
}

function chatAnswer({ model, usage, more }: Answer, isStream: boolean): string | Buffer {
  const base = { id: "chat_1", created: 1_700_000_000, model, ...more };
  const message = { role: "assistant", content: "Hello" };
  const end = { index: 0, finish_reason: "stop" };
  if (!isStream) {
    return whole({ ...base, object: "chat.completion", usage, choices: [{ ...end, message }] });
  }
  const chunk = { ...base, object: "chat.completion.chunk" };
  return streamed([
    ["", { ...chunk, choices: [{ index: 0, delta: message, finish_reason: null }] }],
    ["", { ...chunk, choices: [{ ...end, delta: {} }] }],
    ["", { ...chunk, choices: [], usage: usage ?? null }],
    ["", "[DONE]"],
  ]);
}
