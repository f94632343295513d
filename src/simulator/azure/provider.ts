import { failureBody as claudeBody, word as claudeWord } from "../anthropic/failures.ts";
import { countTokens, createMessage } from "../anthropic/messages.ts";
import { isServed as isClaude } from "../anthropic/models.ts";
import { anthropic } from "../anthropic/provider.ts";
import { userText as claudeText } from "../anthropic/read-prompt.ts";
import { type JSONObject, textOr } from "../json.ts";
import { invalid } from "../openai/failures.ts";
import { isServed } from "../openai/models.ts";
import { openai } from "../openai/provider.ts";
import { createCompletion, openaiServer } from "../openai-chat/chat.ts";
import { userText as chatText } from "../openai-chat/read-prompt.ts";
import { userText as responsesText } from "../openai-responses/read-prompt.ts";
import { createResponse } from "../openai-responses/responses.ts";
import {
  type Answer,
  type Call,
  type Failure,
  type HeaderContext,
  type Provider,
  Refusal,
  type Route,
} from "../wire.ts";
import { withFilterResults } from "./content-filter.ts";
import { azureFailure, failureBody, noDeployment, word } from "./failures.ts";

/** The model of a deployment whose name is no model's. */
const usualModel = "gpt-4.1";
const usualClaude = "claude-sonnet-4-5";
/** Names of deployments that there are none of. */
const absent = /^(?:no-such|nonexistent|unknown|does-not-exist)/;
/** The first version that takes `max_completion_tokens` and `stream_options`. */
const newMembersVersion = "2024-09-01";
const newMembers: readonly string[] = ["max_completion_tokens", "stream_options"];
const dated = /^\d{4}-\d{2}-\d{2}(?:-preview)?$/;

const routes: readonly Route[] = [
  {
    wire: "azure-chat",
    method: "POST",
    path: /^\/openai\/deployments\/[^/]+\/chat\/completions$/,
    pathModel: (path) => decodeURIComponent(path.split("/")[3] ?? ""),
    userText: chatText,
    answer: (call) => chat(call, datedVersion(call), call.model),
  },
  {
    wire: "azure-chat",
    method: "POST",
    path: /^\/openai\/v1\/chat\/completions$/,
    userText: chatText,
    answer: (call) => chat(call, freeVersion(call), call.model),
  },
  {
    wire: "azure-responses",
    method: "POST",
    path: /^\/openai\/v1\/responses$/,
    userText: responsesText,
    answer: (call) => {
      freeVersion(call);
      return responses(call);
    },
  },
  {
    wire: "azure-responses",
    method: "POST",
    path: /^\/openai\/responses$/,
    userText: responsesText,
    answer: (call) => {
      datedVersion(call);
      return responses(call);
    },
  },
];

/** The older paths name a dated version of the API. Throws Refusal. */
function datedVersion({ query }: Call): string {
  const version = query.get("api-version") ?? "";
  if (!dated.test(version)) throw new Refusal(azureFailure(404));
  return version;
}

/** The v1 paths need no version, and take no dated one. Throws Refusal. */
function freeVersion({ query }: Call): string {
  const version = query.get("api-version") ?? "v1";
  if (["v1", "preview", "latest"].includes(version)) return version;
  throw new Refusal(azureFailure(400, "BadRequest", "API version not supported"));
}

function chat(call: Call, version: string, deployment: string): Answer {
  const isEarly = dated.test(version) && version < newMembersVersion;
  const strange = newMembers.find((name) => isEarly && call.body[name] !== undefined);
  if (strange !== undefined) throw invalid(`Unrecognized request argument supplied: ${strange}`);
  const body = { ...call.body, model: modelOf(deployment) };
  return withFilterResults(createCompletion({ ...call, body }, openaiServer));
}

function responses(call: Call): Answer {
  return createResponse({ ...call, body: { ...call.body, model: modelOf(call.model) } });
}

function modelOf(deployment: string): string {
  if (deployment === "" || absent.test(deployment)) throw noDeployment();
  return isServed(deployment) ? deployment : usualModel;
}

function keyOf(headers: Readonly<Record<string, string>>): string {
  return headers["api-key"] ?? /^bearer (.*)$/i.exec(headers.authorization ?? "")?.[1] ?? "";
}

function headers({ requestId, status, inputTokens }: HeaderContext): Record<string, string> {
  return {
    "apim-request-id": requestId,
    "x-request-id": requestId,
    "x-ms-region": "West Europe",
    ...(status < 400 && {
      "x-ms-rai-invoked": "true",
      "x-ratelimit-limit-requests": "250",
      "x-ratelimit-remaining-requests": "249",
      "x-ratelimit-limit-tokens": "250000",
      "x-ratelimit-remaining-tokens": String(Math.max(250_000 - inputTokens, 0)),
    }),
  };
}

/** OpenAI's models at Azure. A model is the name of a deployment. */
export const azure: Provider = {
  ...openai,
  name: "azure",
  routes,
  claims: (_headers, path) => path.startsWith("/openai/"),
  key: keyOf,
  requestId: (random) =>
    [8, 4, 4, 4, 12].map((length) => random.text(length, "0123456789abcdef")).join("-"),
  headers,
  word,
  failureBody,
};

/** Claude at Azure (Microsoft Foundry). */
export const azureClaude: Provider = {
  ...anthropic,
  name: "azure",
  routes: [
    claudeRoute(/^\/anthropic\/v1\/messages$/, (call) => createMessage(call)),
    claudeRoute(/^\/anthropic\/v1\/messages\/count_tokens$/, countTokens),
  ],
  claims: (_headers, path) => path.startsWith("/anthropic/"),
  key: (headers) => headers["x-api-key"] ?? keyOf(headers),
  word: (problem) => (problem.kind === "no-key" ? azureFailure(401) : claudeWord(problem)),
  failureBody: (failure: Failure, requestId) =>
    failure.type === "" ? failureBody(failure) : claudeBody(failure, requestId),
};

function claudeRoute(path: RegExp, answer: Route["answer"]): Route {
  return {
    wire: "azure-anthropic",
    method: "POST",
    path,
    userText: claudeText,
    answer: (call) => answer({ ...call, body: withClaude(call.body) }),
  };
}

function withClaude(body: JSONObject): JSONObject {
  const deployment = textOr(body.model);
  if (absent.test(deployment)) throw noDeployment();
  const isNamed = deployment === "" || isClaude(deployment);
  return isNamed ? body : { ...body, model: usualClaude };
}
