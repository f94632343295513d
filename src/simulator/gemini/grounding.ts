import type { JSONObject } from "../json.ts";
import type { Script } from "../script.ts";

/** What a web search found and which text rests on it. Undefined: nothing was searched. */
export function toGrounding(script: Script): JSONObject | undefined {
  const search = script.parts.find((part) => part.kind === "search");
  if (search?.kind !== "search") return undefined;
  const { pages, query } = search;
  let startIndex = 0;
  const supports: JSONObject[] = [];
  for (const part of script.parts) {
    if (part.kind !== "text") continue;
    const text = part.deltas.join("");
    const endIndex = startIndex + Buffer.byteLength(text);
    if (part.citation?.kind === "page") {
      const index = pages.indexOf(part.citation.page);
      const segment = { startIndex, endIndex, text };
      supports.push({ segment, groundingChunkIndices: [Math.max(index, 0)] });
    }
    startIndex = endIndex;
  }
  return {
    webSearchQueries: [query],
    searchEntryPoint: { renderedContent: "<div>A simulated search.</div>" },
    groundingChunks: pages.map(({ url, title }) => ({ web: { uri: url, title } })),
    groundingSupports: supports,
  };
}
