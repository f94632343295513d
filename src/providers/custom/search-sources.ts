import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { arrayOf, isObject, objectOf, textOf } from "../../dialects/json.ts";
import type { ChunkReader } from "../../dialects/openai-chat/decode.ts";

/**
 * A whole body of a host that searches the web for its answers. Their sources stand beside the
 * choices, as `search_results` (objects) or `citations` (addresses), and become annotations of the
 * message, which the wire reads as citations.
 */
export function withSources(body: JsonObject): JsonObject {
  const sources = sourcesOf(body);
  const rest = withoutResults(body);
  return sources.length === 0 ? rest : annotated(rest, "message", sources);
}

/**
 * The same for the chunks of a stream, which repeat the sources in every chunk, or send them with
 * the last one only: they are told once, when the answer is finished.
 */
export function sourcesReader(): ChunkReader {
  let sources: readonly JsonObject[] = [];
  let isFinished = false;
  let areTold = false;
  return (chunk) => {
    const found = sourcesOf(chunk);
    if (found.length > 0) sources = found;
    isFinished ||= arrayOf(chunk.choices).some(hasFinished);
    const rest = withoutResults(chunk);
    if (!isFinished || areTold || sources.length === 0) return rest;
    areTold = true;
    return annotated(rest, "delta", sources);
  };
}

function sourcesOf({ search_results: results, citations }: JsonObject): readonly JsonObject[] {
  const listed = arrayOf(results).filter(isObject);
  if (listed.length > 0) return listed.map((result) => ({ type: "search_result", ...result }));
  return arrayOf(citations).flatMap((url) =>
    typeof url === "string" && url !== "" ? [{ type: "citation", url }] : [],
  );
}

/** Without the results that citations hold whole; the plain list of addresses stays. */
function withoutResults(body: JsonObject): JsonObject {
  const { search_results: results, ...rest } = body;
  return arrayOf(results).every(isObject) ? rest : body;
}

function hasFinished(choice: JsonValue): boolean {
  return textOf(objectOf(choice).finish_reason) !== "";
}

/** Lays annotations on the first choice. A chunk without one gets one that holds nothing else. */
function annotated(
  body: JsonObject,
  member: "message" | "delta",
  sources: readonly JsonObject[],
): JsonObject {
  const [first, ...others] = arrayOf(body.choices);
  const choice = objectOf(first);
  const message = objectOf(choice[member]);
  const annotations = [...arrayOf(message.annotations), ...sources];
  const whole = { ...choice, [member]: { ...message, annotations } };
  return { ...body, choices: [whole, ...others] };
}
