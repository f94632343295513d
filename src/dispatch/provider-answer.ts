import type { JsonObject } from "@bufbuild/protobuf";
import type { LLMResponse } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { CredentialScheme, Dialect, Framing } from "../contract/adapter.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import { hopHeader, loopStatus } from "../contract/hop.ts";
import type { Limits } from "../contract/limits.ts";
import type { Target } from "../contract/target.ts";
import { parseBoundedJSON } from "../framing/bounded-json.ts";
import { createFramer } from "../framing/framer.ts";
import { readText } from "../framing/read-text.ts";
import type { HttpResponse } from "../http/http-client.ts";
import type { AttemptRecord } from "./attempt-record.ts";
import type { CallEnvironment } from "./call-environment.ts";
import type { AttemptPlan } from "./call-plan.ts";
import { isObject } from "./json-object.ts";
import { guarded, type ProviderRequest } from "./provider-request.ts";

/**
 * Sends a request and notes how far it comes. Returns when the head of a success is there; throws
 * the classified error of any other answer.
 */
export async function openAnswer(
  request: ProviderRequest,
  plan: AttemptPlan,
  record: AttemptRecord,
  environment: CallEnvironment,
): Promise<HttpResponse> {
  const { http, limits, credentials: clouds } = environment;
  const { credentials, region } = plan.target;
  const scheme = neededScheme(plan);
  const authorized = scheme
    ? await clouds.authorize(request.http, scheme, { credentials, region })
    : request.http;
  record.sent();
  const response = await http.send(authorized);
  const { status, headers } = response;
  record.answered(status, headers);
  if (status >= 200 && status < 300) return response;
  if (status === loopStatus && headers[hopHeader] !== undefined) throw routingLoop(plan.target);
  const body = await readText(response.body, limits.errorBodyBytes, "cut");
  throw guarded(() => plan.target.dialect.toError({ status, headers, body }));
}

/** A target without a key is asked with its cloud's credentials. Unset: none are needed. */
function neededScheme({ target, callerKey }: AttemptPlan): CredentialScheme | undefined {
  const hasKey = callerKey !== undefined || target.apiKey !== undefined;
  return hasKey ? undefined : target.dialect.credentials;
}

/** Reads a whole answer: one JSON object, or a stream that a provider sent unasked. */
export async function readAnswer(
  response: HttpResponse,
  plan: AttemptPlan,
  limits: Limits,
): Promise<LLMResponse> {
  const text = await wholeText(response.body, limits);
  return decodeText(text, response, plan, limits);
}

/** Reads a whole answer as one JSON object, without a decoder: for questions besides calls. */
export async function readObject(
  response: HttpResponse,
  dialect: Dialect,
  limits: Limits,
): Promise<JsonObject> {
  const text = await wholeText(response.body, limits);
  return answerObject(text, response, dialect, limits);
}

/** Decodes the text of a whole answer, whichever of the two forms it has. */
export function decodeText(
  text: string,
  response: HttpResponse,
  plan: AttemptPlan,
  limits: Limits,
): LLMResponse {
  const { dialect, adapter } = plan.target;
  const context = { adapter: adapter.name, model: plan.model };
  const framing = streamFraming(text, dialect.framing);
  if (framing !== undefined) return aggregate(text, framing, plan, limits);
  const body = answerObject(text, response, dialect, limits);
  return guarded(() => dialect.decode(body, context));
}

/**
 * The whole body of an answer. One that breaks off is a body that cannot be read: its status said
 * that there is an answer. Throws PROVIDER_MALFORMED_RESPONSE or PROVIDER_RESPONSE_TOO_LARGE.
 */
export async function wholeText(body: AsyncIterable<Uint8Array>, limits: Limits): Promise<string> {
  try {
    return await readText(body, limits.providerResponseBytes, "throw");
  } catch (thrown) {
    if (thrown instanceof ConnectorError && thrown.reason === "PROVIDER_CONNECTION_LOST") {
      throw malformed("the provider's answer was cut off");
    }
    throw thrown;
  }
}

function answerObject(
  text: string,
  response: HttpResponse,
  dialect: Dialect,
  limits: Limits,
): JsonObject {
  const body = parseBoundedJSON(text, limits.jsonDepth);
  if (!isObject(body)) throw malformed("the provider's answer is no JSON object");
  if (holdsError(body)) {
    const { status, headers } = response;
    throw guarded(() => dialect.toError({ status, headers, body: text }));
  }
  return body;
}

/** Whether a body inside a 200 is an error and nothing else (an answer's own `error: …` aside). */
function holdsError(body: JsonObject): boolean {
  const error = body.error;
  const isAnswer = ["choices", "output", "content", "candidates", "message", "status"].some(
    (member) => body[member] !== undefined && body[member] !== null,
  );
  return error !== undefined && error !== null && error !== "" && !isAnswer;
}

/**
 * How a whole text that is a stream is cut: server-sent events start with a field or a comment, a
 * list of them with a bracket, and JSON lines are objects on more than one line. Undefined: it is
 * no stream.
 */
function streamFraming(text: string, framing: Framing): Framing | undefined {
  if (framing === "ndjson") return /\}[\t\r ]*\n\s*\{/.test(text) ? "ndjson" : undefined;
  if (framing !== "sse") return undefined;
  if (/^\ufeff?\s*(?:data|event|id|retry)?:/.test(text)) return "sse";
  return /^\ufeff?\s*\[/.test(text) ? "json-array" : undefined;
}

function aggregate(text: string, framing: Framing, plan: AttemptPlan, limits: Limits): LLMResponse {
  const { dialect, adapter } = plan.target;
  const framer = createFramer(framing, limits);
  const decoder = guarded(() =>
    dialect.createDecoder({ adapter: adapter.name, model: plan.model }),
  );
  for (const frame of [...framer.push(Buffer.from(text)), ...framer.end()]) {
    if (!decoder.done) guarded(() => decoder.push(frame));
  }
  const { end } = guarded(() => decoder.end());
  if (end.kind === "truncated") {
    if (framing === "json-array") throw malformed("the provider's answer is a list, and no answer");
    throw new ConnectorError("STREAM_TRUNCATED", "the provider's answer ended before its end");
  }
  return end.response;
}

function routingLoop({ name }: Target): ConnectorError {
  const description = `target "${name}" leads to a Connectors server: correct its base_url`;
  return new ConnectorError("ROUTING_LOOP", description, {
    precondition: { type: "ROUTING_LOOP", description },
  });
}

function malformed(message: string): ConnectorError {
  return new ConnectorError("PROVIDER_MALFORMED_RESPONSE", message);
}
