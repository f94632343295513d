import { isObject, type JSONObject } from "../json.ts";
import { createRandom } from "../random.ts";
import type { Script, ScriptPart } from "../script.ts";
import { seal } from "../seal.ts";
import type { Call } from "../wire.ts";
import { isClaude } from "./models.ts";

/** A content block: whole, and as it is streamed. */
export interface ConverseBlock {
  readonly whole: JSONObject;
  /** What `contentBlockStart` says. Unset: the block begins with its first delta. */
  readonly start: JSONObject | undefined;
  readonly deltas: readonly JSONObject[];
}

/** The content blocks of an answer. */
export function toBlocks(script: Script, call: Call): ConverseBlock[] {
  const random = createRandom(call.seed, "tool use ids", call.key);
  const blocks = script.parts.flatMap((part, index): ConverseBlock[] => {
    if (part.kind === "tool-call") return [toolBlock(part, `tooluse_${random.text(22)}`)];
    const block = toBlock(part, `${call.key} ${index}`, call);
    return block ? [block] : [];
  });
  const unknown = { simulatedBlock: { note: "No client knows this block." } };
  const strange: ConverseBlock = { whole: unknown, start: undefined, deltas: [unknown] };
  return call.directive.unknownBlock ? [strange, ...blocks] : blocks;
}

function toBlock(part: ScriptPart, key: string, { seed, model }: Call): ConverseBlock | undefined {
  switch (part.kind) {
    case "thinking": {
      const text = part.deltas.join("");
      const signature = isClaude(model) ? seal(seed, "signature", text, key) : undefined;
      const deltas = part.deltas.map((piece) => ({ reasoningContent: { text: piece } }));
      return {
        whole: { reasoningContent: { reasoningText: { text, signature } } },
        start: undefined,
        deltas: signature ? [...deltas, { reasoningContent: { signature } }] : deltas,
      };
    }
    case "redacted-thinking": {
      const redactedContent = Buffer.from(seal(seed, "redacted", "", key)).toString("base64");
      const whole = { reasoningContent: { redactedContent } };
      return { whole, start: undefined, deltas: [whole] };
    }
    case "text":
    case "refusal":
      return textBlock(part);
    case "search":
    case "tool-call":
      return undefined;
  }
}

function textBlock(
  part: Extract<ScriptPart, { kind: "text" | "refusal" | "thinking" }>,
): ConverseBlock {
  const text = part.deltas.join("");
  const deltas = part.deltas.map((piece) => ({ text: piece }));
  const citation =
    part.kind === "text" && part.citation?.kind === "source" ? part.citation : undefined;
  if (!citation) return { whole: { text }, start: undefined, deltas };
  const cited = citation.source.citation;
  return {
    whole: { citationsContent: { content: [{ text }], citations: [cited] } },
    start: undefined,
    deltas: [...deltas, { citation: cited }],
  };
}

function toolBlock(
  { name, deltas }: Extract<ScriptPart, { kind: "tool-call" }>,
  toolUseId: string,
): ConverseBlock {
  return {
    whole: { toolUse: { toolUseId, name, input: parseObject(deltas.join("")) } },
    start: { toolUse: { toolUseId, name } },
    deltas: deltas.map((input) => ({ toolUse: { input } })),
  };
}

/** Arguments that were cut short leave none. */
function parseObject(json: string): JSONObject {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
