import { isDeepStrictEqual } from "node:util";
import { create } from "@bufbuild/protobuf";
import { LLMRequestSchema } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { decodedAnswer } from "./decoded-answer.ts";
import { parsedArguments } from "./expectation.ts";
import { isObject, type Plain } from "./plain.ts";
import { encoded, overTheWire, type RequestAPI, readRecorded } from "./request-judge.ts";
import { spokenBy, type TurnPair, turnsOf } from "./turn-pairs.ts";

/**
 * What of an answer does not go back as the recorded client sent it back: decodes the recorded
 * answer, appends its content to the request as a caller would, and encodes that. A client may
 * leave things out, so only what it sent is looked for, member by member and in its order.
 */
export function returnProblems(pair: TurnPair, api: RequestAPI): readonly string[] {
  const { request: asked, stream } = readRecorded(pair.earlier, api);
  const { content } = decodedAnswer(pair.earlier, api);
  if (content === undefined) return ["the answer has no content"];
  const request = overTheWire({
    request: { ...asked, contents: [...(asked.contents ?? []), content] },
    stream,
    needs: [],
  });
  const { body } = encoded(create(LLMRequestSchema, request), stream, api);
  const ours = spokenBy(turnsOf(api.canonical(JSON.parse(body))).slice(pair.start));
  const rest = ours.flatMap(blocksOf);
  return pair.sentBack.flatMap(blocksOf).flatMap((theirs) => {
    const place = rest.findIndex((block) => holds(block, theirs));
    if (place < 0)
      return [`not sent, or not in this place: ${JSON.stringify(theirs).slice(0, 200)}`];
    rest.splice(0, place + 1);
    return [];
  });
}

/** A turn in pieces: its content, its calls, what else it has; an item of Responses likewise. */
function blocksOf({ role: _, type, content, tool_calls: calls, ...rest }: Plain): readonly Plain[] {
  const others = type === "message" || type === undefined ? rest : { type, ...rest };
  const pieces = [content, calls].flatMap((list) => (Array.isArray(list) ? list : []));
  return [...pieces.filter(isObject), ...(Object.keys(others).length > 0 ? [others] : [])];
}

/** Whether all that is in `theirs` is in `ours`. JSON in texts is compared as what it means. */
function holds(ours: unknown, theirs: unknown): boolean {
  if (Array.isArray(theirs)) {
    return (
      Array.isArray(ours) &&
      ours.length === theirs.length &&
      theirs.every((value, index) => holds(ours[index], value))
    );
  }
  if (isObject(theirs)) {
    return isObject(ours) && Object.keys(theirs).every((name) => holds(ours[name], theirs[name]));
  }
  if (typeof ours === "string" && typeof theirs === "string" && ours !== theirs) {
    return isDeepStrictEqual(parsedArguments(ours), parsedArguments(theirs));
  }
  return ours === theirs;
}
