import type { JSONObject, JSONValue } from "../json.ts";
import type { Prompt } from "../prompt.ts";
import { createRandom } from "../random.ts";
import type { Script } from "../script.ts";
import type { Call } from "../wire.ts";
import { garbageMark } from "../write-script.ts";

/** One of the answers: whole, and as the deltas it is streamed in. */
export interface Choice {
  readonly message: JSONObject;
  readonly logprobs: JSONObject | null;
  readonly finishReason: string;
  readonly chunks: readonly ChoiceChunk[];
}

/** A delta of a choice. */
export interface ChoiceChunk {
  readonly delta: JSONObject;
  readonly logprobs: JSONObject | null;
  /** Whether it holds a piece of the answer. */
  readonly isPiece: boolean;
}

interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly pieces: readonly string[];
}

/**
 * Puts an answer into the provider's words.
 *
 * @param thoughtMember Member of messages and deltas that holds thoughts. Unset: they stay hidden.
 */
export function toChoice(
  script: Script,
  prompt: Prompt,
  call: Call,
  index: number,
  thoughtMember: string | undefined,
): Choice {
  const random = createRandom(call.seed, "tool call ids", call.key, index);
  const pieces = script.parts.flatMap((part) => (part.kind === "text" ? part.deltas : []));
  const thoughts = script.parts.flatMap((part) =>
    part.kind === "thinking" && thoughtMember !== undefined ? part.deltas : [],
  );
  const think = (text: string): JSONObject => ({ [thoughtMember ?? ""]: text });
  const refusals = script.parts.flatMap((part) => (part.kind === "refusal" ? part.deltas : []));
  const calls = script.parts.flatMap((part): ToolCall[] =>
    part.kind === "tool-call"
      ? [{ id: `call_${random.text(24)}`, name: part.name, pieces: part.deltas }]
      : [],
  );
  const hasText = refusals.length === 0 && calls.length === 0;
  const annotations = toAnnotations(script);
  const extra = call.directive.unknownBlock ? { simulated_block: { note: "unknown" } } : {};
  const toolCalls = calls.map(({ id, name, pieces: fragments }) => ({
    id,
    type: "function",
    function: { name, arguments: fragments.join("") },
  }));
  const logprobsOf = call.body.logprobs === true ? toLogprobs(call.body) : () => null;
  return {
    message: {
      role: "assistant",
      content: hasText ? pieces.join("") : null,
      ...(thoughts.length > 0 && think(thoughts.join(""))),
      ...(calls.length > 0 && { tool_calls: toolCalls }),
      refusal: refusals.length > 0 ? refusals.join("") : null,
      annotations,
      ...extra,
    },
    logprobs: logprobsOf(hasText ? pieces : []),
    finishReason: finishReason(script, prompt, call),
    chunks: [
      chunk({ role: "assistant", content: hasText ? "" : null, refusal: null, ...extra }),
      ...thoughts.map((thought) => piece({ content: null, ...think(thought) }, null)),
      ...(hasText ? pieces : []).map((content) => piece({ content }, logprobsOf([content]))),
      ...refusals.map((refusal) => piece({ refusal }, null)),
      ...calls.flatMap(toolChunks),
      ...(annotations.length > 0 ? [chunk({ annotations })] : []),
    ],
  };
}

/** A call to a tool that was named ends with "stop", as the provider's does. */
function finishReason(script: Script, { toolWish }: Prompt, { directive }: Call): string {
  if (directive.finish !== undefined) return directive.finish;
  if (directive.unknownStopReason) return "simulated_finish_reason";
  if (script.stop === "limit") return "length";
  return script.stop === "tool-call" && toolWish.kind !== "named" ? "tool_calls" : "stop";
}

function chunk(delta: JSONObject): ChoiceChunk {
  return { delta, logprobs: null, isPiece: false };
}

function piece(delta: JSONObject, logprobs: JSONObject | null): ChoiceChunk {
  return { delta, logprobs, isPiece: true };
}

function toolChunks({ id, name, pieces }: ToolCall, index: number): ChoiceChunk[] {
  const first = { index, id, type: "function", function: { name, arguments: "" } };
  return [
    piece({ tool_calls: [first] }, null),
    ...pieces.map((fragment) =>
      piece({ tool_calls: [{ index, function: { arguments: fragment } }] }, null),
    ),
  ];
}

/** What pages of the web the text points to, by its characters. */
function toAnnotations(script: Script): JSONObject[] {
  let length = 0;
  return script.parts.flatMap((part): JSONObject[] => {
    if (part.kind !== "text") return [];
    const start_index = length;
    length += part.deltas.join("").length;
    if (part.citation?.kind !== "page") return [];
    const { url, title } = part.citation.page;
    const url_citation = { start_index, end_index: length, title, url };
    return [{ type: "url_citation", url_citation }];
  });
}

function toLogprobs(body: JSONObject): (tokens: readonly string[]) => JSONObject {
  const alternatives = Number(body.top_logprobs ?? 0);
  return (tokens) => ({
    content: tokens.map((token) => {
      const bytes: JSONValue = [...Buffer.from(token.replace(garbageMark, ""))];
      const one = { token, logprob: -0.125, bytes };
      return { ...one, top_logprobs: alternatives > 0 ? [one] : [] };
    }),
    refusal: null,
  });
}
