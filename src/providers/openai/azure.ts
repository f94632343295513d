import type { AuthScheme, Dialect, DialectSet } from "../../contract/adapter.ts";
import { azureGeography } from "../../dialects/azure-geography.ts";
import { azureOpenAIPath, isEarlyAzureVersion } from "../../dialects/azure-path.ts";
import { openAIChat } from "../../dialects/openai-chat/dialect.ts";
import { encodeChat } from "../../dialects/openai-chat/encode.ts";
import type { ChatHost } from "../../dialects/openai-chat/wire.ts";
import { openAIResponses } from "../../dialects/openai-responses/dialect.ts";

const chatHost: ChatHost = {
  path: "",
  maxTokensMember: "max_completion_tokens",
  stopSequencesMax: 4,
  toolIDCharactersMax: 40,
  labels: { endUserMember: "user", takesMetadata: true },
};

/** Chats before 2024-09-01 refuse members that they do not know. */
const earlyChatHost: ChatHost = {
  ...chatHost,
  maxTokensMember: "max_tokens",
  takesStreamOptions: false,
  labels: { endUserMember: "user", takesMetadata: false },
};

const auth: AuthScheme = { scheme: "header", name: "api-key" };

const chat: Dialect = Object.freeze<Dialect>({
  ...openAIChat,
  name: "chat",
  defaultBaseURL: "",
  geography: azureGeography,
  auth,
  credentials: "entra",
  requestIdHeader: "apim-request-id",
  encode: (input) => ({
    ...encodeChat(input, isEarlyAzureVersion(input.place) ? earlyChatHost : chatHost),
    path: azureOpenAIPath(input.place, input.model, "chat/completions"),
  }),
});

const { countTokens: _, ...countless } = openAIResponses;

const responses: Dialect = Object.freeze<Dialect>({
  ...countless,
  name: "responses",
  defaultBaseURL: "",
  geography: azureGeography,
  auth,
  credentials: "entra",
  requestIdHeader: "apim-request-id",
  encode: (input) => ({
    ...openAIResponses.encode(input),
    path: azureOpenAIPath(input.place, input.model, "responses"),
  }),
});

/** OpenAI's models at Azure, where a model is the name of a deployment. It counts no tokens. */
export const azureOpenAI: DialectSet = Object.freeze<DialectSet>({
  dialects: { chat, responses },
  defaultDialect: "chat",
});
