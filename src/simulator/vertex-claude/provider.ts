import {
  failureBody as claudeBody,
  failure as claudeFailure,
  word as claudeWord,
} from "../anthropic/failures.ts";
import { countTokens, createMessage } from "../anthropic/messages.ts";
import { isServed } from "../anthropic/models.ts";
import { anthropic } from "../anthropic/provider.ts";
import { userText } from "../anthropic/read-prompt.ts";
import { failure, failureBody } from "../gemini/failures.ts";
import { vertexWord } from "../gemini/provider.ts";
import { textOr } from "../json.ts";
import {
  type Answer,
  type Call,
  type Failure,
  type Problem,
  type Provider,
  Refusal,
  type Route,
} from "../wire.ts";

const models = "/v1(?:beta1)?/projects/[^/]+/locations/[^/]+/publishers/anthropic/models";
const counter = "count-tokens";
/** The cloud's own version of bodies, or a date of Anthropic's as its SDK sends them. */
const version = /^(?:vertex-2023-10-16|\d{4}-\d{2}-\d{2})$/;
/** Statuses that come from Claude itself; others are the cloud's. */
const claudeStatuses: readonly number[] = [400, 413, 529];

const predictRoute: Route = {
  wire: "vertex-anthropic",
  method: "POST",
  path: new RegExp(`^${models}/(?!${counter}:)[^/]+:(?:rawPredict|streamRawPredict)$`),
  pathModel: (path) => decodeURIComponent(path.replace(/^.*\/models\//, "").replace(/:\w+$/, "")),
  userText,
  answer: predict,
};

const countRoute: Route = {
  wire: "vertex-anthropic",
  method: "POST",
  path: new RegExp(`^${models}/${counter}:rawPredict$`),
  userText,
  answer: (call) => countTokens(asClaude(call, textOr(call.body.model))),
};

function predict(call: Call): Answer {
  if (call.body.model !== undefined) {
    throw new Refusal(claudeFailure(400, "model: Extra inputs are not permitted"));
  }
  const answer = createMessage(asClaude(call, call.model), "vrtx_");
  if (answer.kind === "json") return answer;
  const { body } = answer;
  const byClaude = ({ status, message }: Failure): Failure => claudeFailure(status, message);
  return {
    kind: "stream",
    body: { ...body, failure: (problem, sent) => body.failure(byClaude(problem), sent) },
  };
}

/** The same request as Claude's own wire has it. Dates stand behind "@" in names of models here. */
function asClaude(call: Call, model: string): Call {
  const { anthropic_version, ...rest } = call.body;
  if (anthropic_version === undefined) {
    throw new Refusal(claudeFailure(400, "anthropic_version: Field required"));
  }
  if (!version.test(textOr(anthropic_version))) {
    throw new Refusal(claudeFailure(400, "anthropic_version: Input should be 'vertex-2023-10-16'"));
  }
  if (!isServed(model)) {
    const resource = call.path.replace(/^\/v1(?:beta1)?\//, "").replace(/:\w+$/, "");
    throw new Refusal(failure(404, `Publisher Model \`${resource}\` was not found.`));
  }
  const body = { ...rest, model: model.replace("@", "-") };
  return { ...call, body, headers: { ...call.headers, "anthropic-version": "2023-06-01" } };
}

/** Keys, quotas and paths are the cloud's; the rest is Claude's. */
function word(problem: Problem): Failure {
  switch (problem.kind) {
    case "directive":
    case "bad-json":
    case "content-type":
    case "too-large":
    case "blocked":
    case "stream":
      return claudeWord(problem);
    case "status":
      return claudeStatuses.includes(problem.status) ? claudeWord(problem) : vertexWord(problem);
    default:
      return vertexWord(problem);
  }
}

/** Claude on Vertex AI. */
export const vertexClaude: Provider = {
  ...anthropic,
  name: "vertex",
  routes: [countRoute, predictRoute],
  claims: (_headers, path) => path.includes("/publishers/anthropic/"),
  key: (headers) => /^bearer (.*)$/i.exec(headers.authorization ?? "")?.[1] ?? "",
  word,
  failureBody: (problem, requestId) =>
    /^[A-Z_]+$/.test(problem.type) ? failureBody(problem) : claudeBody(problem, requestId),
};
