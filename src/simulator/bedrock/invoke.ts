import { checkRequest } from "../anthropic/check-request.ts";
import { createMessage } from "../anthropic/messages.ts";
import { readCacheBlocks as readClaudeBlocks } from "../anthropic/read-prompt.ts";
import { isObject, type JSONObject, objectOr, textOr, textsIn } from "../json.ts";
import { createRandom } from "../random.ts";
import { findIssue } from "../shape.ts";
import { wantsStream } from "../wants-stream.ts";
import { type Answer, type Call, Refusal, type StreamBody, type StreamItem } from "../wire.ts";
import { checkConversation } from "./check-request.ts";
import { eventItem, eventStreamType, packItem } from "./event-stream.ts";
import { failure, invalid, issueRefusal, streamException } from "./failures.ts";
import { checkCountable, checkModel, claudeName, isClaude } from "./models.ts";
import { readCacheBlocks } from "./read-prompt.ts";
import { countRequest } from "./request-shape.ts";

/** Versions of bodies: the service's own, or a date of Anthropic's as its SDK sends them. */
const version = /^(?:bedrock-2023-05-31|\d{4}-\d{2}-\d{2})$/;
const padding = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/** Answers `/invoke` and `/invoke-with-response-stream` for bodies of Claude. */
export function invoke(call: Call, isStream: boolean): Answer {
  checkModel(call);
  if (!isClaude(call.model)) {
    throw invalid("Only bodies of Claude are simulated for this operation. Use Converse.");
  }
  const { body } = call;
  if (body.stream !== undefined) throw invalid("stream: Extra inputs are not permitted");
  const plain = asClaude(call, body, isStream);
  const answer = byClaude(() => createMessage(plain, "bdrk_"));
  if (answer.kind === "json") return answer;
  return { kind: "stream", body: streamBody(call, answer.body) };
}

/** Answers `/count-tokens`. */
export function countTokens(call: Call): Answer {
  const issue = findIssue(call.body, countRequest);
  if (issue) throw issueRefusal(issue);
  checkCountable(call);
  const { invokeModel, converse } = objectOr(call.body.input);
  if (isObject(converse)) {
    checkConversation(converse, call.model, call.seed);
    return sumOf(readCacheBlocks(converse));
  }
  const text = Buffer.from(textOr(objectOr(invokeModel).body), "base64").toString("utf8");
  const body = parseObject(text);
  if (!body) throw invalid("The body of input.invokeModel is not valid JSON.");
  const plain = asClaude(call, body, false);
  byClaude(() => checkRequest(plain, "create"));
  return sumOf(readClaudeBlocks(body));
}

function sumOf(blocks: readonly { readonly tokens: number }[]): Answer {
  const inputTokens = blocks.reduce((sum, { tokens }) => sum + tokens, 0);
  return { kind: "json", body: { inputTokens } };
}

/** The same request as Claude's own wire has it. */
function asClaude(call: Call, body: JSONObject, isStream: boolean): Call {
  const { anthropic_version, anthropic_beta, model, ...rest } = body;
  if (anthropic_version === undefined) throw invalid("anthropic_version: Field required");
  if (!version.test(textOr(anthropic_version))) {
    throw invalid("anthropic_version: Input should be 'bedrock-2023-05-31'");
  }
  if (model !== undefined) throw invalid("model: Extra inputs are not permitted");
  const betas = textsIn(anthropic_beta).join(",");
  const wantsEvents = wantsStream(call, isStream);
  const { jsonInsteadOfStream: _json, streamInsteadOfJSON: _stream, ...directive } = call.directive;
  return {
    ...call,
    directive,
    body: { ...rest, model: claudeName(call.model), stream: wantsEvents },
    headers: {
      ...call.headers,
      "anthropic-version": "2023-06-01",
      ...(betas !== "" && { "anthropic-beta": betas }),
    },
  };
}

/** What Claude refuses is a validation that failed. */
function byClaude<T>(answer: () => T): T {
  try {
    return answer();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { status, message } = error.failure;
    throw new Refusal(status === 400 ? failure(400, message) : failure(status));
  }
}

/** Claude's events, each in base64 in a chunk. Pings are left out, as the service does. */
function streamBody(call: Call, body: StreamBody): StreamBody {
  const random = createRandom(call.seed, "chunk padding", call.key);
  return {
    contentType: eventStreamType,
    items: chunks(body.items),
    failure: streamException,
    ping: eventItem("other", "chunk", JSON.stringify({ type: "ping" })),
    itemEnd: "",
    pack: (item, payload) => {
      if (item.event?.startsWith("exception")) return packItem(item, payload);
      const p = padding.slice(0, 2 + random.integer(padding.length - 2));
      const text = JSON.stringify({ bytes: payload.toString("base64"), p });
      return packItem(item, Buffer.from(text));
    },
  };
}

function* chunks(items: Iterable<StreamItem>): Generator<StreamItem> {
  for (const { role, text } of items) {
    const data = text.slice(text.indexOf("data: ") + "data: ".length).trimEnd();
    if (text.startsWith("event: ping")) continue;
    yield eventItem(role, "chunk", role === "end" ? withMetrics(data) : data);
  }
}

function withMetrics(data: string): string {
  const metrics = { invocationLatency: 420, firstByteLatency: 120 };
  const event = JSON.parse(data) as JSONObject;
  return JSON.stringify({ ...event, "amazon-bedrock-invocationMetrics": metrics });
}

function parseObject(text: string): JSONObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
