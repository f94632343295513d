import { type JSONObject, objectsIn } from "../json.ts";
import { sseItem } from "../sse.ts";
import type { Answer, StreamItem } from "../wire.ts";
import { filterResults } from "./failures.ts";

/** An answer of chat with what Azure's content filter says about prompt and answer. */
export function withFilterResults(answer: Answer): Answer {
  if (answer.kind === "json") {
    const choices = objectsIn(answer.body.choices).map(withResults);
    return { kind: "json", body: { ...answer.body, choices, ...promptResults() } };
  }
  return { kind: "stream", body: { ...answer.body, items: filteredItems(answer.body.items) } };
}

function promptResults(): JSONObject {
  const jailbreak = { filtered: false, detected: false };
  const content_filter_results = { ...filterResults(), jailbreak };
  return { prompt_filter_results: [{ prompt_index: 0, content_filter_results }] };
}

function withResults(choice: JSONObject): JSONObject {
  const isFiltered = choice.finish_reason === "content_filter";
  const hate = { filtered: true, severity: "high" };
  return {
    ...choice,
    content_filter_results: { ...filterResults(), ...(isFiltered && { hate }) },
  };
}

/** A first chunk tells of the prompt, and belongs to no completion yet. */
function* filteredItems(items: Iterable<StreamItem>): Generator<StreamItem> {
  const first = { choices: [], created: 0, id: "", model: "", object: "", ...promptResults() };
  yield sseItem("other", "", first);
  for (const item of items) {
    const data = item.text.slice("data: ".length);
    if (!data.startsWith("{")) {
      yield item;
      continue;
    }
    const chunk = JSON.parse(data) as JSONObject;
    const choices = objectsIn(chunk.choices).map(withResults);
    yield sseItem(item.role, "", chunk.choices ? { ...chunk, choices } : chunk);
  }
}
