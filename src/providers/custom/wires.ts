import type { Dialect, Preset } from "../../contract/adapter.ts";
import { anthropicMessages } from "../../dialects/anthropic-messages/dialect.ts";
import { ChatStreamDecoder, decodeChat } from "../../dialects/openai-chat/decode.ts";
import { chatDialect } from "../../dialects/openai-chat/dialect.ts";
import type { ChatHost } from "../../dialects/openai-chat/wire.ts";
import { openAIResponses } from "../../dialects/openai-responses/dialect.ts";
import { sourcesReader, withSources } from "./search-sources.ts";

/** The chat wire of a host that tells the sources of its answers beside them. */
export function searchingChatWire(host: ChatHost, baseURL: string): Dialect {
  return {
    ...chatDialect(host, baseURL),
    decode: (body, context) => decodeChat(withSources(body), context),
    createDecoder: (context) => new ChatStreamDecoder(context, sourcesReader()),
  };
}

/** The Responses wire at an address. Only OpenAI counts tokens at it. */
export function responsesWire(baseURL: string): Dialect {
  const { countTokens: _, ...wire } = openAIResponses;
  return { ...wire, name: "openai-responses", defaultBaseURL: baseURL };
}

/** The Messages wire at an address that is followed by `/v1/messages`. */
export function messagesWire(baseURL: string): Dialect {
  return { ...anthropicMessages, name: "anthropic-messages", defaultBaseURL: baseURL };
}

/** A preset, whose first wire is that of targets that name none. */
export function presetOf(
  name: string,
  keyVariables: readonly string[],
  wires: readonly [Dialect, ...Dialect[]],
): Preset {
  const dialects = Object.fromEntries(wires.map((wire) => [wire.name, Object.freeze(wire)]));
  return Object.freeze({ name, keyVariables, dialects, defaultDialect: wires[0].name });
}
