import type { JSONObject } from "../json.ts";
import { createRandom } from "../random.ts";
import type { Script, Stop } from "../script.ts";
import type { Call } from "../wire.ts";

/** One of the answers: whole, and as the deltas it is streamed in. */
export interface Choice {
  readonly message: JSONObject;
  readonly deltas: readonly JSONObject[];
  /** The delta that comes with the reason to stop: all calls at once, or nothing more. */
  readonly lastDelta: JSONObject;
  readonly finishReason: string;
}

const finishReasons: Readonly<Record<Stop, string>> = {
  end: "stop",
  limit: "length",
  "stop-sequence": "stop",
  "tool-call": "tool_calls",
  refusal: "stop",
};

/** Puts an answer into the provider's words. Thoughts make the content a list of chunks. */
export function toChoice(script: Script, call: Call, index: number): Choice {
  const { directive } = call;
  const random = createRandom(call.seed, "tool call ids", call.key, index);
  const calls = script.parts.flatMap((part): JSONObject[] =>
    part.kind === "tool-call"
      ? [{ id: random.text(9), type: "function", function: toFunction(part.name, part.deltas) }]
      : [],
  );
  const toolCalls = calls.map((one, at) => ({ ...one, index: at }));
  const chunks = script.parts.flatMap((part): JSONObject[] => {
    if (part.kind === "thinking") return [thinkingChunk(part.deltas.join(""))];
    const isText = part.kind === "text" || part.kind === "refusal";
    return isText ? [{ type: "text", text: part.deltas.join("") }] : [];
  });
  const unknown: JSONObject[] = directive.unknownBlock
    ? [{ type: "simulated_chunk", note: "unknown" }]
    : [];
  const all = [...unknown, ...chunks];
  const isPlain = all.every(({ type }) => type === "text");
  return {
    message: {
      role: "assistant",
      tool_calls: toolCalls.length > 0 ? toolCalls : null,
      content: isPlain ? all.map(({ text }) => text).join("") : all,
    },
    deltas: [...unknown.map((one) => ({ content: [one] })), ...toDeltas(script)],
    lastDelta: toolCalls.length > 0 ? { tool_calls: toolCalls } : { content: "" },
    finishReason:
      directive.finish ??
      (directive.unknownStopReason ? "simulated_finish_reason" : finishReasons[script.stop]),
  };
}

function toFunction(name: string, deltas: readonly string[]): JSONObject {
  return { name, arguments: deltas.join("") };
}

function toDeltas(script: Script): JSONObject[] {
  return script.parts.flatMap((part): JSONObject[] => {
    if (part.kind === "thinking") {
      return part.deltas.map((text) => ({ content: [thinkingChunk(text)] }));
    }
    const isText = part.kind === "text" || part.kind === "refusal";
    return isText ? part.deltas.map((content) => ({ content })) : [];
  });
}

function thinkingChunk(text: string): JSONObject {
  return { type: "thinking", thinking: [{ type: "text", text }] };
}
