// Proves that an answer is the same however it is asked for: `finished.response` equals what Call
// gives, field for field (timings, ids of attempts and create_time aside), on every protocol and
// every wire of a provider; and that the events of a stream add up to it.
import { type JsonObject, type JsonValue, toJson } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import { beforeAll, describe, expect, it } from "vitest";
import type { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import {
  type LLMResponse,
  LLMResponseSchema,
  type Part,
  PartSchema,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { wordsOf } from "../support/parts.ts";
import { clientOver, wires } from "../support/rpc-client.ts";
import { type Prompt, prompts } from "./prompts.ts";
import { simulatedServer, targets } from "./simulated-server.ts";

const server = simulatedServer();
const chosen = wires.filter(({ name }) =>
  ["gRPC", "gRPC-Web, HTTP/1.1", "Connect in JSON, HTTP/1.1"].includes(name),
);

let clients: readonly Client<typeof ConnectorService>[];
beforeAll(() => {
  clients = chosen.map((wire) => clientOver(wire, server.url));
});

/** Prompts whose answer, as the provider sends it, says more or other things in a stream. */
const otherInStreams: Readonly<Record<string, readonly string[]>> = {
  "an unknown event": ["providerMetadata"],
  "usage that is negative": ["providerMetadata"],
  "a stream in place of JSON": ["providerMetadata", "usage"],
};

/** An answer as JSON, without what two answers may differ in. */
function comparable(name: string, response: LLMResponse | undefined): JsonValue {
  if (response === undefined) throw new Error("there is no response");
  const json = toJson(LLMResponseSchema, response) as JsonObject;
  delete json.createTime;
  // The provider's own time, told beside its answer by the Responses wire.
  delete (json.providerMetadata as JsonObject | undefined)?.completed_at;
  for (const field of otherInStreams[name] ?? []) delete json[field];
  const attempts = response.route?.attempts.map(({ target, reason, httpStatus }) => {
    return { target, reason, httpStatus };
  });
  return { ...json, route: { ...(json.route as JsonObject), attempts: attempts ?? [] } };
}

/** The parts that the events of a stream add up to, as JSON. */
function partsOf(events: readonly StreamCallResponse[]): JsonValue {
  const parts: Part[] = [];
  for (const { event } of events) {
    if (event.case !== "partFinished" || event.value.part === undefined) continue;
    expect(parts[event.value.partIndex], "a part is finished once").toBeUndefined();
    parts[event.value.partIndex] = event.value.part;
  }
  return parts.map((part) => toJson(PartSchema, part));
}

/** The text of each part as its deltas tell it, and the arguments of each tool call. */
function deltasOf(events: readonly StreamCallResponse[]): readonly string[] {
  const texts: string[] = [];
  for (const { event } of events) {
    switch (event.case) {
      case "partStarted":
        expect(event.value.partIndex, "indexes are dense").toBe(texts.length);
        texts.push("");
        break;
      case "textDelta":
      case "thinkingDelta":
        expect(event.value.text).not.toBe("");
        texts[event.value.partIndex] += event.value.text;
        break;
      case "toolCallDelta":
        texts[event.value.partIndex] += event.value.arguments;
        break;
      default:
    }
  }
  return texts;
}

describe.each(targets)("%s", (target) => {
  const table = Object.entries(prompts).filter(
    ([, { providerOptions }]) => !providerOptions || target === "openai-chat",
  );
  it.each(table)("%s", async (name, prompt: Prompt) => {
    const openai = prompt.thinking ? "gpt-5" : "gpt-4.1";
    const model = target === "anthropic" ? "claude-sonnet-4-5" : openai;
    const request = { request: { maxOutputTokens: 4096, ...prompt, model }, options: { target } };
    const answers: JsonValue[] = [];
    for (const client of clients) {
      const { response } = await client.call(request);
      answers.push(comparable(name, response));
      const events: StreamCallResponse[] = [];
      for await (const event of client.streamCall(request)) events.push(event);
      const last = events.at(-1)?.event;
      if (last?.case !== "finished") throw new Error(`the stream ended with ${last?.case}`);
      const streamed = last.value.response;
      answers.push(comparable(name, streamed));
      expect(events[0]?.event.case).toBe("started");
      const parts = streamed?.content?.parts ?? [];
      expect(partsOf(events)).toEqual(parts.map((part) => toJson(PartSchema, part)));
      expect(deltasOf(events)).toEqual(parts.map(wordsOf));
      expect(streamed?.content?.message).toBe(
        parts.map(({ kind }) => (kind.case === "text" ? kind.value.text : "")).join(""),
      );
    }
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });
});
