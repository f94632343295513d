import type { JSONObject } from "../json.ts";
import { createRandom } from "../random.ts";
import type { Script, Stop } from "../script.ts";
import type { Call } from "../wire.ts";

/** An answer in the provider's words, before it is put together or streamed. */
export interface CohereAnswer {
  /** Content parts with their deltas. */
  readonly content: readonly {
    readonly type: "text" | "thinking";
    readonly deltas: readonly string[];
  }[];
  /** What the model says before it calls. */
  readonly plan: readonly string[];
  readonly calls: readonly {
    readonly id: string;
    readonly name: string;
    readonly deltas: readonly string[];
  }[];
  readonly citations: readonly JSONObject[];
  readonly finishReason: string;
}

const finishReasons: Readonly<Record<Stop, string>> = {
  end: "COMPLETE",
  limit: "MAX_TOKENS",
  "stop-sequence": "STOP_SEQUENCE",
  "tool-call": "TOOL_CALL",
  refusal: "COMPLETE",
};

/** Puts a script into the provider's words. Text before calls is their plan. */
export function toAnswer(script: Script, { seed, key, directive }: Call): CohereAnswer {
  const random = createRandom(seed, "tool call ids", key);
  const calls = script.parts.flatMap((part) =>
    part.kind === "tool-call"
      ? [{ id: `${part.name}_${random.text(12, letters)}`, name: part.name, deltas: part.deltas }]
      : [],
  );
  const texts = script.parts.flatMap((part) =>
    part.kind === "text" || part.kind === "refusal" ? part.deltas : [],
  );
  const thoughts = script.parts.flatMap((part) => (part.kind === "thinking" ? part.deltas : []));
  const isText = calls.length === 0 && texts.length > 0;
  return {
    content: [
      ...(thoughts.length > 0 ? [{ type: "thinking" as const, deltas: thoughts }] : []),
      ...(isText ? [{ type: "text" as const, deltas: texts }] : []),
    ],
    plan: calls.length > 0 ? texts : [],
    calls,
    citations: isText ? toCitations(script) : [],
    finishReason:
      directive.finish ??
      (directive.unknownStopReason ? "SIMULATED_FINISH_REASON" : finishReasons[script.stop]),
  };
}

const letters = "abcdefghijklmnopqrstuvwxyz0123456789";

/** Places in the text that rest on documents, counted in characters. */
function toCitations(script: Script): JSONObject[] {
  let start = 0;
  return script.parts.flatMap((part): JSONObject[] => {
    if (part.kind !== "text") return [];
    const text = part.deltas.join("");
    const begin = start;
    start += text.length;
    if (part.citation?.kind !== "source") return [];
    const sources = [part.citation.source.citation];
    return [{ start: begin, end: start, text, sources, type: "TEXT_CONTENT" }];
  });
}
