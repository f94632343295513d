import type { Dialect, DialectSet } from "../../contract/adapter.ts";
import { messagesTokenCounter } from "../../dialects/anthropic-messages/count-tokens.ts";
import { anthropicMessages } from "../../dialects/anthropic-messages/dialect.ts";
import { encodeMessages, encodeTokenCount } from "../../dialects/anthropic-messages/encode.ts";
import {
  type MessagesHost,
  messagesPaths,
} from "../../dialects/anthropic-messages/messages-host.ts";
import { azureGeography } from "../../dialects/azure-geography.ts";

/** Microsoft Foundry, where a model is the name of a deployment. */
const foundry: MessagesHost = messagesPaths("/anthropic");

const messages: Dialect = Object.freeze<Dialect>({
  ...anthropicMessages,
  name: "messages",
  defaultBaseURL: "",
  geography: azureGeography,
  auth: { scheme: "header", name: "api-key" },
  credentials: "entra",
  encode: (input) => encodeMessages(input, foundry),
  countTokens: {
    ...messagesTokenCounter,
    encode: (input) => encodeTokenCount(input, foundry),
  },
});

/** Claude at Azure: Microsoft Foundry, `https://{resource}.services.ai.azure.com`. */
export const azureClaude: DialectSet = Object.freeze<DialectSet>({
  dialects: { messages },
  defaultDialect: "messages",
});
