import { type JSONObject, objectOr, textsIn } from "../json.ts";
import { createRandom, type Random } from "../random.ts";
import type { Script, ScriptPart } from "../script.ts";
import { seal } from "../seal.ts";
import type { Call } from "../wire.ts";

/** An output item: as it stands when it is complete, and the pieces it is streamed in. */
export interface Item {
  readonly kind: "thought" | "search" | "message" | "call" | "unknown";
  readonly id: string;
  readonly whole: JSONObject;
  /** Pieces of the text, of the refusal, of the summary of a thought, or of the arguments. */
  readonly pieces: readonly string[];
}

type Status = "completed" | "incomplete";
type TextPart = Extract<ScriptPart, { kind: "text" }>;

const hexDigits = "0123456789abcdef";

/** The output items of an answer. */
export function toItems(script: Script, call: Call): Item[] {
  const random = createRandom(call.seed, "item ids", call.key);
  const items: Item[] = [];
  const texts = script.parts.filter((part) => part.kind === "text");
  for (const [index, part] of script.parts.entries()) {
    const isCut = script.stop === "limit" && index === script.parts.length - 1;
    const status: Status = isCut ? "incomplete" : "completed";
    // All text stands in one message, where its last piece is.
    if (part.kind === "text" && part !== texts.at(-1)) continue;
    items.push(toItem(part, texts, status, call, random));
  }
  if (!call.directive.unknownBlock) return items;
  const id = itemId("sim", random);
  const whole = { id, type: "simulated_item", note: "No client knows this type of item." };
  return [{ kind: "unknown", id, whole, pieces: [] }, ...items];
}

function toItem(
  part: ScriptPart,
  texts: readonly TextPart[],
  status: Status,
  call: Call,
  random: Random,
): Item {
  switch (part.kind) {
    case "thinking":
      return thought(part.deltas, call, random);
    case "redacted-thinking":
      return thought([], call, random, true);
    case "text":
      return textMessage(texts, status, random);
    case "refusal": {
      const refusal = { type: "refusal", refusal: part.deltas.join("") };
      return message(refusal, part.deltas, status, random);
    }
    case "tool-call": {
      const id = itemId("fc", random);
      const call_id = `call_${random.text(24)}`;
      const { name, deltas } = part;
      const text = deltas.join("");
      const whole = { id, type: "function_call", status, arguments: text, call_id, name };
      return { kind: "call", id, whole, pieces: deltas };
    }
    case "search": {
      const id = itemId("ws", random);
      const action = { type: "search", query: part.query, queries: [part.query] };
      const whole = { id, type: "web_search_call", status: "completed", action };
      return { kind: "search", id, whole, pieces: [] };
    }
  }
}

/**
 * A thought: its summary where one is asked for, and itself, encrypted, where that is asked for.
 */
function thought(
  pieces: readonly string[],
  { body, seed, key }: Call,
  random: Random,
  isEncrypted = textsIn(body.include).includes("reasoning.encrypted_content"),
): Item {
  const id = itemId("rs", random);
  const wantsSummary = Boolean(objectOr(body.reasoning).summary);
  const shown = wantsSummary ? pieces : [];
  const summary = shown.length > 0 ? [{ type: "summary_text", text: shown.join("") }] : [];
  const encrypted_content = isEncrypted ? seal(seed, "reasoning", "", `${key} ${id}`) : undefined;
  const whole = { id, type: "reasoning", content: [], encrypted_content, summary };
  return { kind: "thought", id, whole, pieces: shown };
}

function textMessage(texts: readonly TextPart[], status: Status, random: Random): Item {
  let length = 0;
  const annotations = texts.flatMap((part): JSONObject[] => {
    const start_index = length;
    length += part.deltas.join("").length;
    if (part.citation?.kind !== "page") return [];
    const { url, title } = part.citation.page;
    return [{ type: "url_citation", start_index, end_index: length, title, url }];
  });
  const pieces = texts.flatMap((part) => part.deltas);
  const part = { type: "output_text", annotations, logprobs: [], text: pieces.join("") };
  return message(part, pieces, status, random);
}

function message(
  part: JSONObject,
  pieces: readonly string[],
  status: Status,
  random: Random,
): Item {
  const id = itemId("msg", random);
  const whole = { id, type: "message", status, content: [part], role: "assistant" };
  return { kind: "message", id, whole, pieces };
}

function itemId(prefix: string, random: Random): string {
  return `${prefix}_${random.text(50, hexDigits)}`;
}
