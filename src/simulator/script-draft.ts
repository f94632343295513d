import type { Directive } from "./directive.ts";
import type { JSONObject } from "./json.ts";
import type { OfferedTool, Prompt } from "./prompt.ts";
import { createRandom, type Random } from "./random.ts";
import { valueFor } from "./schema-value.ts";
import type { Citation, FoundPage, ScriptPart, Stop } from "./script.ts";
import { tokenPieces } from "./tokens.ts";

/**
 * A part of an answer before it is cut: by a stop sequence, by the limit of tokens, into deltas.
 */
export interface Draft {
  readonly kind: ScriptPart["kind"];
  /** The text, the arguments as JSON text, or the query. */
  readonly text: string;
  /** Name of the tool to call. */
  readonly name?: string;
  readonly citation?: Citation;
  readonly pages?: readonly FoundPage[];
}

const quoteCharacters = 80;
const vocabulary: readonly string[] =
  "a brief calm day every field green hill in just kind light morning near over plain quiet".split(
    " ",
  );
const openings: readonly string[] = ["Hello!", "Hi there!", "Good day!", "Sure."];

/** Decides what an answer holds, and why it ends if nothing cuts it short. */
export function draftParts(
  prompt: Prompt,
  directive: Directive,
  random: Random,
  seed: number,
): { parts: Draft[]; stop: Stop } {
  if (directive.refusal) {
    const text = "I cannot help with that. This refusal is simulated.";
    return { parts: [{ kind: "refusal", text }], stop: "refusal" };
  }
  const thoughts = draftThoughts(prompt, directive);
  const tools = chooseTools(prompt);
  if (tools.length > 0) {
    const names = tools.map((tool) => tool.name).join(" and ");
    const isTalk = prompt.talksBeforeTools && prompt.toolWish.kind === "auto";
    const talk: Draft[] = isTalk ? [{ kind: "text", text: `I will call ${names}.` }] : [];
    const calls = tools.map(
      (tool): Draft => ({
        kind: "tool-call",
        name: tool.name,
        text: argumentsFor(tool, createRandom(seed, "arguments", prompt.key, tool.name)),
      }),
    );
    return { parts: [...thoughts, ...talk, ...calls], stop: "tool-call" };
  }
  const searched = draftSearch(prompt);
  const text = answerText(prompt, directive, random);
  const cited = prompt.form.kind === "plain" ? draftCitations(prompt, searched) : [];
  return { parts: [...thoughts, ...searched, { kind: "text", text }, ...cited], stop: "end" };
}

function draftThoughts(prompt: Prompt, directive: Directive): Draft[] {
  if (directive.redactedThinking) return [{ kind: "redacted-thinking", text: "" }];
  if (!prompt.thinks) return [];
  const text = `The user wrote: "${quote(prompt.userText)}". I will say that this is simulated.`;
  return [{ kind: "thinking", text }];
}

/**
 * The tools to call: the one that is named, those that the user mentions, or the first if one must
 * be.
 */
function chooseTools(prompt: Prompt): OfferedTool[] {
  const { tools, toolWish } = prompt;
  if (toolWish.kind === "none") return [];
  if (toolWish.kind === "named") return tools.filter((tool) => tool.name === toolWish.name);
  const isForced = toolWish.kind === "required";
  if (prompt.toolResults.length > 0 && !isForced) return [];
  const mentioned = tools
    .map((tool) => ({ tool, at: mention(prompt.userText, tool.name) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)
    .map(({ tool }) => tool);
  const chosen = mentioned.length > 0 || !isForced ? mentioned : tools.slice(0, 1);
  return prompt.parallelTools ? chosen : chosen.slice(0, 1);
}

/** Where a name stands in a text as a word of its own, whatever its case; -1 where it does not. */
function mention(text: string, name: string): number {
  const where = text.toLowerCase();
  const what = name.toLowerCase();
  const isPartOfWord = (character: string): boolean => /[\w-]/.test(character);
  for (let at = where.indexOf(what); at >= 0; at = where.indexOf(what, at + 1)) {
    const end = at + what.length;
    if (!isPartOfWord(where.charAt(at - 1)) && !isPartOfWord(where.charAt(end))) return at;
  }
  return -1;
}

function argumentsFor(tool: OfferedTool, random: Random): string {
  const schema: JSONObject = { type: "object", ...tool.schema };
  return JSON.stringify(valueFor(schema, random));
}

function draftSearch(prompt: Prompt): Draft[] {
  const isWanted = mention(prompt.userText, "search") >= 0 || mention(prompt.userText, "web") >= 0;
  if (!prompt.searchOffered || !isWanted) return [];
  const pages = [1, 2].map((number) => ({
    url: `https://example.com/simulated/${number}`,
    title: `Simulated page ${number}`,
    text: `Page ${number} of a search that was only simulated.`,
  }));
  return [{ kind: "search", text: quote(prompt.userText), pages }];
}

function draftCitations(prompt: Prompt, searched: readonly Draft[]): Draft[] {
  const sources = prompt.sources.map(
    (source): Draft => ({
      kind: "text",
      text: ` The document says: ${source.quote}`,
      citation: { kind: "source", source },
    }),
  );
  const page = searched[0]?.pages?.[0];
  if (!page) return sources;
  const text = ` The web says: ${page.text}`;
  return [...sources, { kind: "text", text, citation: { kind: "page", page } }];
}

function answerText(prompt: Prompt, directive: Directive, random: Random): string {
  const { form } = prompt;
  if (form.kind === "schema") return JSON.stringify(valueFor(form.schema, random));
  if (form.kind === "json") {
    return JSON.stringify({ simulated: true, answer: quote(prompt.userText) });
  }
  const text =
    directive.words === undefined ? usualText(prompt, random) : someWords(directive.words, random);
  const missing = (directive.chunks ?? 0) - tokenPieces(text).length;
  return missing > 0 ? `${text} ${someWords(missing, random)}` : text;
}

function usualText(prompt: Prompt, random: Random): string {
  return [
    random.pick(openings),
    `This is a simulated answer from ${prompt.model}.`,
    ...prompt.toolResults.map((result) => `The tool returned: "${quote(result)}".`),
    ...(prompt.toolResults.length > 0 ? [] : [`You said: "${quote(prompt.userText)}".`]),
    ...prompt.attachments.map(({ noun, label, bytes }) => {
      const length = bytes === undefined ? "" : `, ${bytes} bytes`;
      return `I was given: ${noun} (${label}${length}).`;
    }),
  ].join(" ");
}

function someWords(count: number, random: Random): string {
  return Array.from({ length: count }, () => random.pick(vocabulary)).join(" ");
}

function quote(text: string): string {
  return Array.from(text.slice(0, quoteCharacters * 2))
    .slice(0, quoteCharacters)
    .join("");
}
