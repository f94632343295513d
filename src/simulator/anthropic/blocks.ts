import { isObject, type JSONObject, objectOr } from "../json.ts";
import { createRandom, type Random } from "../random.ts";
import type { Citation, FoundPage, Script, ScriptPart } from "../script.ts";
import { seal } from "../seal.ts";
import type { Call } from "../wire.ts";

/** A content block: whole, and as it is streamed. */
export interface Block {
  readonly whole: JSONObject;
  /** The block in `content_block_start`. */
  readonly start: JSONObject;
  /** The `delta` of each `content_block_delta`. */
  readonly deltas: readonly JSONObject[];
}

const unknownBlock: Block = stiffBlock({
  type: "simulated_block",
  note: "No client knows this type of block.",
});

/** The content blocks of an answer. `mark` is what a cloud puts into ids. */
export function toBlocks(script: Script, call: Call, mark: string): Block[] {
  const random = createRandom(call.seed, "block ids", call.key);
  const blocks = script.parts.flatMap((part, index) => toBlock(part, index, call, random, mark));
  return call.directive.unknownBlock ? [unknownBlock, ...blocks] : blocks;
}

function toBlock(
  part: ScriptPart,
  index: number,
  call: Call,
  random: Random,
  mark: string,
): Block[] {
  switch (part.kind) {
    case "thinking":
      return [thinkingBlock(part.deltas, index, call)];
    case "redacted-thinking": {
      const data = seal(call.seed, "redacted", "", `${call.key} ${index}`);
      return [stiffBlock({ type: "redacted_thinking", data })];
    }
    case "text":
      return [textBlock(part.deltas, part.citation, call.seed)];
    case "tool-call":
      return [toolBlock(part.name, part.deltas, `toolu_${mark}01${random.text(22)}`)];
    case "search":
      return searchBlocks(
        part.query,
        part.pages,
        `srvtoolu_${mark}01${random.text(22)}`,
        call.seed,
      );
    case "refusal":
      return [];
  }
}

/** A block that is streamed in one piece. */
function stiffBlock(whole: JSONObject): Block {
  return { whole, start: whole, deltas: [] };
}

/** Thoughts and their signature; the signature alone where the caller wants no thoughts. */
function thinkingBlock(pieces: readonly string[], index: number, call: Call): Block {
  const isOmitted = objectOr(call.body.thinking).display === "omitted";
  const shown = isOmitted ? [] : pieces;
  const thinking = shown.join("");
  const signature = seal(call.seed, "signature", thinking, `${call.key} ${index}`);
  return {
    whole: { type: "thinking", thinking, signature },
    start: { type: "thinking", thinking: "", signature: "" },
    deltas: [
      ...shown.map((piece) => ({ type: "thinking_delta", thinking: piece })),
      { type: "signature_delta", signature },
    ],
  };
}

function textBlock(pieces: readonly string[], citation: Citation | undefined, seed: number): Block {
  const deltas = pieces.map((text) => ({ type: "text_delta", text }));
  const whole = { type: "text", text: pieces.join("") };
  const start = { type: "text", text: "" };
  if (!citation) return { whole, start, deltas };
  const cited = toCitation(citation, seed);
  return {
    whole: { citations: [cited], ...whole },
    start: { citations: [], ...start },
    deltas: [{ type: "citations_delta", citation: cited }, ...deltas],
  };
}

function toCitation(citation: Citation, seed: number): JSONObject {
  if (citation.kind === "source") return citation.source.citation;
  const { url, title, text } = citation.page;
  const encrypted_index = seal(seed, "search", url, "index");
  return { type: "web_search_result_location", cited_text: text, url, title, encrypted_index };
}

/** A call. Its arguments come in fragments; for no arguments the only fragment is empty. */
function toolBlock(name: string, pieces: readonly string[], id: string): Block {
  const json = pieces.join("");
  const about = { type: "tool_use", id, name };
  const caller = { type: "direct" };
  const fragments = json === "{}" ? [""] : ["", ...pieces];
  return {
    whole: { ...about, input: parseObject(json), caller },
    start: { ...about, input: {}, caller },
    deltas: fragments.map((partial_json) => ({ type: "input_json_delta", partial_json })),
  };
}

/** Arguments that were cut short leave no input in a whole answer. */
function parseObject(json: string): JSONObject {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function searchBlocks(
  query: string,
  pages: readonly FoundPage[],
  id: string,
  seed: number,
): Block[] {
  const about = { type: "server_tool_use", id, name: "web_search" };
  const content = pages.map(({ url, title }) => ({
    type: "web_search_result",
    title,
    url,
    encrypted_content: seal(seed, "search", url, "content"),
    page_age: null,
  }));
  const caller = { type: "direct" };
  return [
    {
      whole: { ...about, input: { query } },
      start: { ...about, input: {} },
      deltas: [{ type: "input_json_delta", partial_json: JSON.stringify({ query }) }],
    },
    stiffBlock({ type: "web_search_tool_result", tool_use_id: id, content, caller }),
  ];
}
