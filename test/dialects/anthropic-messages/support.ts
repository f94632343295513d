// What the tests of the Messages wire share: requests in short, frames from text, fixtures.
import { readFileSync } from "node:fs";
import type { JsonObject } from "@bufbuild/protobuf";
import type { LLMResponse } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Frame } from "../../../src/contract/adapter.ts";
import { anthropicMessages } from "../../../src/dialects/anthropic-messages/dialect.ts";
import {
  completeResponse,
  type DecodedStream,
  decodeFrames,
  type Encoded,
  encodeRequest,
  type RequestInit,
} from "../../support/wire-under-test.ts";

/** The adapter that the tests speak for. */
export const adapter = "anthropic";

interface SendSettings {
  readonly model?: string;
  readonly stream?: boolean;
  readonly count?: boolean;
  readonly adapter?: string;
}

/** Encodes a request for 100 tokens and a model of a middle generation, or another. */
export function send(
  init: RequestInit = {},
  { count = false, ...input }: SendSettings = {},
): Encoded {
  const encode = count ? anthropicMessages.countTokens!.encode : anthropicMessages.encode;
  const model = "claude-sonnet-4-6";
  return encodeRequest(encode, { maxOutputTokens: 100, ...init }, { adapter, model, ...input });
}

/** Events of a stream as frames. */
export function framesOf(events: readonly (JsonObject | string)[]): Frame[] {
  return events.map((event) => {
    const data = typeof event === "string" ? event : JSON.stringify(event);
    const name = typeof event === "string" ? "" : String(event.type ?? "");
    return { event: name, data, id: "" };
  });
}

/** Runs a whole stream through a fresh decoder. */
export function decodeStream(frames: readonly Frame[]): DecodedStream {
  return decodeFrames(anthropicMessages, { adapter, model: "sent-model" }, frames);
}

/** The answer of a stream that must be complete. */
export function completeAnswer(frames: readonly Frame[]): LLMResponse {
  return completeResponse(decodeStream(frames));
}

/** Decodes a whole message. */
export function decodeWhole(body: JsonObject): LLMResponse {
  return anthropicMessages.decode(body, { adapter, model: "sent-model" });
}

const fixtures = new URL("../../../src/providers/anthropic/fixtures/", import.meta.url);

/** A fixture as text. */
export function fixture(name: string): string {
  return readFileSync(new URL(name, fixtures), "utf8");
}

/** The frames of a fixture `.sse`. */
export function fixtureFrames(name: string): Frame[] {
  return fixture(`${name}.sse`)
    .split("\n\n")
    .filter((block) => block !== "")
    .map((block) => {
      const [event = "", data = ""] = block.split("\n");
      return { event: event.slice("event: ".length), data: data.slice("data: ".length), id: "" };
    });
}
