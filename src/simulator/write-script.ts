import type { Directive } from "./directive.ts";
import type { Prompt } from "./prompt.ts";
import { createRandom, type Random } from "./random.ts";
import type { Script, ScriptPart } from "./script.ts";
import { type Draft, draftParts } from "./script-draft.ts";
import { tokenPieces } from "./tokens.ts";

/** Stands in the text for bytes that are not UTF-8, until the text becomes bytes. */
export const garbageMark = "\u{F8FF}";

const tokensOfRedactedThinking = 24;

/**
 * Writes the answer to a prompt. The same prompt, directive, seed and variant give the same answer.
 *
 * @param variant Which of several answers to the same prompt, from 0.
 */
export function writeScript(
  prompt: Prompt,
  directive: Directive,
  seed: number,
  variant: number,
): Script {
  const random = createRandom(seed, "script", prompt.key, variant);
  const draft = draftParts(prompt, directive, random, seed);
  const stopped = stopAtSequence(draft.parts, prompt.stopSequences);
  const limited = limitTokens(stopped.parts, prompt.outputTokensMax);
  const stop = limited.cut
    ? "limit"
    : stopped.sequence === undefined
      ? draft.stop
      : "stop-sequence";
  const parts = finishParts(limited.parts, directive, random);
  return {
    parts,
    stop,
    stopSequence: stop === "stop-sequence" ? stopped.sequence : undefined,
    outputTokens: limited.tokens,
    thinkingTokens: limited.thinkingTokens,
  };
}

/** Ends the text before the first stop sequence in it; nothing comes after. */
function stopAtSequence(
  drafts: readonly Draft[],
  sequences: readonly string[],
): { parts: readonly Draft[]; sequence: string | undefined } {
  for (const [index, draft] of drafts.entries()) {
    if (draft.kind !== "text") continue;
    const hits = sequences
      .map((sequence) => ({ sequence, at: draft.text.indexOf(sequence) }))
      .filter(({ sequence, at }) => at >= 0 && sequence !== "")
      .sort((a, b) => a.at - b.at);
    const [first] = hits;
    if (!first) continue;
    const cut = { ...draft, text: draft.text.slice(0, first.at) };
    const kept = cut.text === "" ? [] : [cut];
    return { parts: [...drafts.slice(0, index), ...kept], sequence: first.sequence };
  }
  return { parts: drafts, sequence: undefined };
}

/** A part with the tokens it may keep. */
interface Measured extends Draft {
  readonly pieces: readonly string[];
}

interface Limited {
  readonly parts: readonly Measured[];
  readonly cut: boolean;
  readonly tokens: number;
  readonly thinkingTokens: number;
}

/** Cuts the parts where the tokens run out. What would have no token left is not begun. */
function limitTokens(drafts: readonly Draft[], max: number | undefined): Limited {
  const parts: Measured[] = [];
  let tokens = 0;
  let thinkingTokens = 0;
  let cut = false;
  for (const draft of drafts) {
    const pieces = draft.kind === "search" ? [] : tokenPieces(draft.text);
    const cost = draft.kind === "redacted-thinking" ? tokensOfRedactedThinking : pieces.length;
    const spent = Math.min(cost, (max ?? Number.POSITIVE_INFINITY) - tokens);
    if (spent > 0 || cost === 0) parts.push({ ...draft, pieces: pieces.slice(0, spent) });
    tokens += spent;
    if (draft.kind === "thinking" || draft.kind === "redacted-thinking") thinkingTokens += spent;
    cut = spent < cost;
    if (cut) break;
  }
  return { parts, cut, tokens, thinkingTokens };
}

function finishParts(
  drafts: readonly Measured[],
  directive: Directive,
  random: Random,
): ScriptPart[] {
  const main = drafts.find((draft) => draft.kind === "text");
  return drafts.map((draft) => {
    const deltas =
      draft === main ? mainDeltas(draft.pieces, directive, random) : group(draft.pieces, random);
    return finishPart(draft, deltas);
  });
}

function finishPart(draft: Measured, deltas: readonly string[]): ScriptPart {
  switch (draft.kind) {
    case "thinking":
    case "refusal":
      return { kind: draft.kind, deltas };
    case "redacted-thinking":
      return { kind: "redacted-thinking" };
    case "tool-call":
      return { kind: "tool-call", name: draft.name ?? "", deltas };
    case "search":
      return { kind: "search", query: draft.text, pages: draft.pages ?? [] };
    case "text":
      return { kind: "text", deltas, citation: draft.citation };
  }
}

/** Joins pieces to deltas of one to three tokens, as they come from a model under load. */
function group(pieces: readonly string[], random: Random): string[] {
  const deltas: string[] = [];
  for (let at = 0; at < pieces.length; ) {
    const end = at + 1 + random.integer(3);
    deltas.push(pieces.slice(at, end).join(""));
    at = end;
  }
  return deltas;
}

/** The deltas of the main text as a directive wants them: so many, so long, or not quite text. */
function mainDeltas(pieces: readonly string[], directive: Directive, random: Random): string[] {
  const { chunks, hugeBytes, garbageUTF8 } = directive;
  const deltas = chunks === undefined ? group(pieces, random) : intoChunks(pieces, chunks);
  if (garbageUTF8) deltas[0] = `${deltas[0] ?? ""}${garbageMark}`;
  if (hugeBytes !== undefined) deltas.unshift("x".repeat(hugeBytes));
  return deltas;
}

/** As many deltas as are asked for, or as there are pieces. The last ones are the longer ones. */
function intoChunks(pieces: readonly string[], chunks: number): string[] {
  const count = Math.min(chunks, pieces.length);
  return Array.from({ length: count }, (_, index) => {
    const start = Math.floor((index * pieces.length) / count);
    const end = Math.floor(((index + 1) * pieces.length) / count);
    return pieces.slice(start, end).join("");
  });
}
