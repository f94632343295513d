import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { arrayOf, isObject, objectOf, textOf } from "../../dialects/json.ts";
import type { ChunkReader } from "../../dialects/openai-chat/decode.ts";

/**
 * Reads the sources of hosts that search the web for each answer: they stand beside the choices of a
 * body or a chunk, as `search_results` (objects) or `citations` (addresses), and become annotations of the
 * message, which the wire reads as citations.
 *
 * Streams repeat them in every chunk, or send them with the last one only: they are told once, when the
 * answer is finished.
 */
export function sourcesReader(): ChunkReader {
  let sources: readonly JsonObject[] = [];
  let isFinished = false;
  return (body) => {
    const { search_results: results, ...rest } = body;
    const found = sourcesOf(body);
    if (found.length > 0) sources = found;
    isFinished ||= arrayOf(body.choices).some(isFinishedChoice);
    if (!isFinished || sources.length === 0) return arrayOf(results).every(isObject) ? rest : body;
    const annotated = withAnnotations(arrayOf(body.choices), sources);
    sources = [];
    return { ...(arrayOf(results).every(isObject) ? rest : body), choices: annotated };
  };
}

function sourcesOf({ search_results: results, citations }: JsonObject): readonly JsonObject[] {
  const listed = arrayOf(results).filter(isObject);
  if (listed.length > 0) return listed.map((result) => ({ type: "search_result", ...result }));
  return arrayOf(citations).flatMap((url) =>
    typeof url === "string" && url !== "" ? [{ type: "citation", url }] : [],
  );
}

function isFinishedChoice(choice: JsonValue): boolean {
  return textOf(objectOf(choice).finish_reason) !== "";
}

/** Lays annotations on the first choice. A chunk without one gets one that holds nothing else. */
function withAnnotations(
  [first, ...others]: readonly JsonValue[],
  sources: readonly JsonObject[],
): JsonValue[] {
  const choice = objectOf(first ?? null);
  // A chunk may hold the whole message so far besides: only the delta is read then.
  const member = isObject(choice.delta) || !isObject(choice.message) ? "delta" : "message";
  const message = objectOf(choice[member]);
  const annotations = [...arrayOf(message.annotations), ...sources];
  return [{ ...choice, [member]: { ...message, annotations } }, ...others];
}
