import { isObject, type JSONObject, objectOr } from "../json.ts";
import { createRandom } from "../random.ts";
import type { Script } from "../script.ts";
import type { Call } from "../wire.ts";
import { traitsOf } from "./models.ts";
import { signPart } from "./signature.ts";

/** The content of a candidate: whole, and as the parts of the chunks it is streamed in. */
export interface AnswerParts {
  readonly whole: readonly JSONObject[];
  /** Parts of each chunk but the last. */
  readonly chunks: readonly (readonly JSONObject[])[];
  /** Parts of the chunk that ends the stream. */
  readonly last: readonly JSONObject[];
  readonly callsTools: boolean;
}

/**
 * Puts an answer into parts. Models that think sign the first call of a step; those of the third
 * generation sign their last part too.
 */
export function toParts(
  script: Script,
  request: JSONObject,
  call: Call,
  hasIds: boolean,
): AnswerParts {
  const { seed, key, model, directive } = call;
  const { generation, canThink } = traitsOf(model);
  const shows =
    objectOr(objectOr(request.generationConfig).thinkingConfig).includeThoughts === true;
  const random = createRandom(seed, "call ids", key);
  const whole: JSONObject[] = [];
  const chunks: JSONObject[][] = [];
  const add = (part: JSONObject, pieces: readonly JSONObject[]): void => {
    whole.push(part);
    chunks.push(...pieces.map((piece) => [piece]));
  };
  let calls = 0;
  if (directive.unknownBlock) {
    const part = { simulatedPart: { note: "No client knows this part." } };
    add(part, [part]);
  }
  for (const part of script.parts) {
    if (part.kind === "thinking" && shows) {
      const toPart = (text: string): JSONObject => ({ text, thought: true });
      add(toPart(part.deltas.join("")), part.deltas.map(toPart));
    } else if (part.kind === "text") {
      add(
        { text: part.deltas.join("") },
        part.deltas.map((text) => ({ text })),
      );
    } else if (part.kind === "tool-call") {
      const id = random.text(8, "abcdefghijklmnopqrstuvwxyz0123456789");
      const args = parseObject(part.deltas.join(""));
      const plain = { functionCall: { ...(hasIds && { id }), name: part.name, args } };
      const signed = canThink && calls === 0 ? signPart(plain, seed, `${key} call`) : plain;
      add(signed, [signed]);
      calls += 1;
    }
  }
  const signsEnd = generation >= 3 && calls === 0 && whole.length > 0;
  const end = { text: "" };
  const lastWhole = whole.at(-1);
  if (signsEnd && lastWhole) whole.splice(-1, 1, signPart(lastWhole, seed, `${key} end`));
  return {
    whole,
    chunks,
    last: [signsEnd ? signPart(end, seed, `${key} end`) : end],
    callsTools: calls > 0,
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
