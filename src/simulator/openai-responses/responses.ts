import { type JSONObject, objectOr, objectsIn } from "../json.ts";
import { invalid } from "../openai/failures.ts";
import { countPrompt, type PromptTokens, sumTokens, toBlocks } from "../openai/prompt-tokens.ts";
import { createRandom } from "../random.ts";
import type { Script } from "../script.ts";
import { sseContentType, sseItem } from "../sse.ts";
import { faultyUsage } from "../usage-fault.ts";
import { wantsStream } from "../wants-stream.ts";
import type { Answer, Call, Failure, Route, StreamBody } from "../wire.ts";
import { writeScript } from "../write-script.ts";
import { type CheckedRequest, checkRequest, thinks } from "./check-request.ts";
import { createObfuscation, toEvents } from "./events.ts";
import { type Item, toItems } from "./items.ts";
import { readPrompt, userText } from "./read-prompt.ts";

/** `/v1/responses` and `/v1/responses/input_tokens`. */
export const responsesRoutes: readonly Route[] = [
  {
    wire: "openai-responses",
    method: "POST",
    path: /^\/v1\/responses$/,
    userText,
    answer: createResponse,
  },
  {
    wire: "openai-responses",
    method: "POST",
    path: /^\/v1\/responses\/input_tokens$/,
    userText,
    answer: countTokens,
  },
];

/** How an answer ends. */
interface Ending {
  readonly status: "completed" | "incomplete" | "failed";
  readonly reason: string | undefined;
}

function countTokens(call: Call): Answer {
  const { items } = checkRequest(call, "count");
  const input_tokens = sumTokens(promptBlocks(call.body, items));
  return { kind: "json", body: { object: "response.input_tokens", input_tokens } };
}

/** Answers `/v1/responses`, and the same wire elsewhere. Throws Refusal. */
export function createResponse(call: Call): Answer {
  const { body, directive, seed, key, state } = call;
  const request = checkRequest(call, "create");
  const blocks = promptBlocks(body, request.items);
  const tokens = countPrompt(call, `openai ${request.model}`, blocks, tooLong);
  const script = writeScript(readPrompt(call, request), directive, seed, 0);
  const items = toItems(script, call);
  const ending = toEnding(script, call);
  const id = `resp_${createRandom(seed, "response id", key).text(50, "0123456789abcdef")}`;
  const opening = openingResponse(id, request, call);
  const usage = faultyUsage(toUsage(tokens, script), directive);
  const closing = closingResponse(opening, items, ending, usage, call);
  if (body.store !== false) {
    const output = items.map((item) => item.whole);
    state.conversations.set(id, [...request.items, ...output]);
    for (const item of items) state.conversations.set(item.id, [item.whole]);
  }
  if (!wantsStream(call)) return { kind: "json", body: closing };
  const wantsObfuscation = objectOr(body.stream_options).include_obfuscation !== false;
  const stream: StreamBody = {
    contentType: sseContentType,
    items: toEvents({
      items,
      opening,
      closing,
      lastEvent: `response.${ending.status}`,
      hasUnknownEvent: directive.unknownEvent === true,
      obfuscation: wantsObfuscation ? createObfuscation(seed, key) : undefined,
    }),
    failure: (failure, sent) => failureEvents(failure, sent, opening),
    ping: { role: "other", text: ": keep-alive\n\n" },
  };
  return { kind: "stream", body: stream };
}

function tooLong(): Error {
  return invalid(
    "Your input exceeds the context window of this model. Please adjust your input and try again.",
    { param: "input", code: "context_length_exceeded" },
  );
}

function promptBlocks(body: JSONObject, items: readonly JSONObject[]) {
  const { instructions, tools } = body;
  const first = typeof instructions === "string" ? [{ instructions }] : [];
  return toBlocks([...objectsIn(tools), ...first, ...items]);
}

/** A failed stream says so twice: by an event of its own, and by the response. */
function failureEvents({ code, message, param }: Failure, sent: number, opening: JSONObject) {
  const error = { code: code ?? "server_error", message };
  return [
    sseItem("other", "error", {
      type: "error",
      ...error,
      param: param ?? null,
      sequence_number: sent,
    }),
    sseItem("other", "response.failed", {
      type: "response.failed",
      response: { ...opening, status: "failed", error },
      sequence_number: sent + 1,
    }),
  ];
}

/** The raw reason of a directive: a status, or why the answer is incomplete. */
function toEnding({ stop }: Script, { directive }: Call): Ending {
  const raw = directive.finish ?? (directive.unknownStopReason ? "simulated_reason" : undefined);
  if (raw === "completed") return { status: "completed", reason: undefined };
  if (raw === "failed") return { status: "failed", reason: undefined };
  const reason = raw ?? (stop === "limit" ? "max_output_tokens" : undefined);
  return { status: reason === undefined ? "completed" : "incomplete", reason };
}

function openingResponse(id: string, { model }: CheckedRequest, { body, nowMs }: Call): JSONObject {
  const reasoning = objectOr(body.reasoning);
  const usualEffort = thinks(body, model) ? "medium" : null;
  return {
    id,
    object: "response",
    created_at: Math.floor(nowMs / 1000),
    status: "in_progress",
    background: false,
    completed_at: null,
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    max_tool_calls: body.max_tool_calls ?? null,
    model,
    output: [],
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: body.previous_response_id ?? null,
    reasoning: {
      effort: reasoning.effort ?? usualEffort,
      summary: reasoning.summary ?? null,
    },
    service_tier: "default",
    store: body.store ?? true,
    temperature: body.temperature ?? 1,
    text: { format: { type: "text" }, verbosity: "medium", ...objectOr(body.text) },
    tool_choice: body.tool_choice ?? "auto",
    tools: objectsIn(body.tools).map(toolEcho),
    top_logprobs: body.top_logprobs ?? 0,
    top_p: body.top_p ?? 1,
    truncation: body.truncation ?? "disabled",
    usage: null,
    metadata: objectOr(body.metadata),
  };
}

function closingResponse(
  opening: JSONObject,
  items: readonly Item[],
  { status, reason }: Ending,
  usage: JSONObject | null | undefined,
  { nowMs }: Call,
): JSONObject {
  const error = { code: "server_error", message: "The answer failed, as a directive asked." };
  return {
    ...opening,
    status,
    completed_at: status === "completed" ? Math.floor(nowMs / 1000) : null,
    error: status === "failed" ? error : null,
    incomplete_details: reason === undefined ? null : { reason },
    output: items.map((item) => item.whole),
    usage,
  };
}

/** A tool as the provider repeats it, with what it would take for the fields that are not given. */
function toolEcho(tool: JSONObject): JSONObject {
  if (tool.type !== "function") return tool;
  const { strict = true, description = null, parameters = null } = tool;
  return { ...tool, description, parameters, strict: strict === true };
}

function toUsage({ inputTokens, cachedTokens }: PromptTokens, script: Script): JSONObject {
  const { outputTokens, thinkingTokens } = script;
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedTokens, cache_write_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: thinkingTokens },
    total_tokens: inputTokens + outputTokens,
  };
}
