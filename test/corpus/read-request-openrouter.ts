import type { Plain } from "./plain.ts";
import { isObject, objectOf, objectsOf, stringOf } from "./plain.ts";
import { readOpenAIChatRequest } from "./read-request-openai-chat.ts";
import type { PartInit, ReadRequest } from "./request-draft.ts";

const adapter = "llama";

/** Reads a body of OpenRouter's: what it has beyond OpenAI's is thinking and marks for caches. */
export function readOpenRouterRequest(body: Plain): ReadRequest {
  const { reasoning, messages, ...rest } = body;
  const { effort, max_tokens: budget, exclude, ...unusual } = objectOf(reasoning);
  const kept = Object.keys(unusual).length > 0 ? { reasoning: unusual } : {};
  const read = readOpenAIChatRequest(
    { ...rest, ...kept, messages: objectsOf(messages).map(withMarkInside) },
    adapter,
    "reasoning",
  );
  const { request } = read;
  for (const turn of request.contents ?? []) {
    for (const part of (turn as { parts?: PartInit[] }).parts ?? []) hintInstead(part);
  }
  for (const tool of request.tools ?? []) hintInstead(tool);
  if (isObject(reasoning)) {
    request.thinking = {
      effort: stringOf(effort),
      ...(typeof budget === "number" && { budgetTokens: BigInt(budget) }),
      ...(typeof exclude === "boolean" && { include: !exclude }),
    };
  }
  return read;
}

/** A mark on a message is one on the end of its content; a result is marked as a whole. */
export function withMarkInside(message: Plain): Plain {
  const { cache_control: mark, content, ...rest } = message;
  if (mark === undefined || message.role === "tool") return message;
  const pieces = typeof content === "string" ? [{ type: "text", text: content }] : content;
  const list = objectsOf(pieces);
  const last = { ...list.at(-1), cache_control: mark };
  return { ...rest, content: [...list.slice(0, -1), last] };
}

interface Hinted {
  providerOptions?: Record<string, unknown>;
  cache?: unknown;
}

/** A mark among the adapter's own fields, as the hint that the contract has for it. */
function hintInstead(part: object): void {
  const hinted: Hinted = part;
  const { cache_control: mark, ...rest } = objectOf(hinted.providerOptions?.[adapter]);
  if (!isObject(mark)) return;
  const seconds = mark.ttl === "1h" ? 3600n : 300n;
  hinted.cache = mark.ttl === undefined ? {} : { ttl: { seconds } };
  if (Object.keys(rest).length > 0) hinted.providerOptions = { [adapter]: rest };
  else delete hinted.providerOptions;
}
