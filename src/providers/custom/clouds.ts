import type { AuthScheme, CloudHost, Dialect, DialectSet } from "../../contract/adapter.ts";
import { messagesTokenCounter } from "../../dialects/anthropic-messages/count-tokens.ts";
import { anthropicMessages } from "../../dialects/anthropic-messages/dialect.ts";
import { encodeMessages, encodeTokenCount } from "../../dialects/anthropic-messages/encode.ts";
import { messagesPaths } from "../../dialects/anthropic-messages/messages-host.ts";
import { azureGeography } from "../../dialects/azure-geography.ts";
import { azureOpenAIPath } from "../../dialects/azure-path.ts";
import { bedrockHost } from "../../dialects/bedrock-host.ts";
import { geminiOnVertex } from "../../dialects/gemini/dialect.ts";
import { chatDialect } from "../../dialects/openai-chat/dialect.ts";
import { service } from "./chat-hosts.ts";
import { responsesWire } from "./wires.ts";

const azureKey: AuthScheme = { scheme: "header", name: "api-key" };
const foundry = messagesPaths("/anthropic");

const azureChat: Dialect = chatDialect(service, "");
const azureResponses: Dialect = responsesWire("");

/** Deployments at Azure of models of any maker, over the wires that Azure itself serves. */
const azure: DialectSet = {
  dialects: {
    "openai-chat": {
      ...azureChat,
      geography: azureGeography,
      auth: azureKey,
      credentials: "entra",
      requestIdHeader: "apim-request-id",
      encode: (input) => ({
        ...azureChat.encode(input),
        path: azureOpenAIPath(input.place, input.model, "chat/completions"),
      }),
    },
    "openai-responses": {
      ...azureResponses,
      geography: azureGeography,
      auth: azureKey,
      credentials: "entra",
      requestIdHeader: "apim-request-id",
      encode: (input) => ({
        ...azureResponses.encode(input),
        path: azureOpenAIPath(input.place, input.model, "responses"),
      }),
    },
    "anthropic-messages": {
      ...anthropicMessages,
      defaultBaseURL: "",
      geography: azureGeography,
      auth: azureKey,
      credentials: "entra",
      encode: (input) => encodeMessages(input, foundry),
      countTokens: {
        ...messagesTokenCounter,
        encode: (input) => encodeTokenCount(input, foundry),
      },
    },
  },
  defaultDialect: "openai-chat",
};

/** Gemini's wire on Vertex AI: models of Google, and what a project has tuned of them. */
const vertex: DialectSet = { dialects: { gemini: geminiOnVertex }, defaultDialect: "gemini" };

/** The wires of models of any maker at clouds. */
export const clouds: Readonly<Record<CloudHost, DialectSet>> = Object.freeze({
  azure,
  vertex,
  bedrock: bedrockHost,
});
