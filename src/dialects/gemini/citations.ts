import { create, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { type Citation, CitationSchema } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { exactText } from "../../contract/exact-json.ts";
import { arrayOf, isObject, objectOf, textOf } from "../json.ts";

/** Kinds of sources as the provider names them; the last is a passage that is recited. */
export const citationTypes: ReadonlySet<string> = new Set([
  ...["web", "retrievedContext", "maps", "image", "citationSource"],
]);

/** A text of the answer, by the index of its part. */
export interface CitingText {
  readonly part: number;
  readonly text: string;
}

/** A citation and the part that it belongs to. */
export interface PlacedCitation {
  readonly part: number;
  readonly citation: Citation;
}

/**
 * Most citations of one answer, and most characters of JSON in them: many may repeat one large
 * source.
 */
const citationsMax = 1_000;
const charactersMax = 1024 * 1024;

/**
 * The citations of an answer: each passage of it (`segment`, counted in bytes of UTF-8) with each
 * source that supports it, then passages that recite others' works. `start` and `end` are the
 * passage's. Beyond 1000 of them, or 1 MiB of their JSON, there are none: the metadata has them
 * all.
 */
export function citationsOf(
  metadata: JsonObject,
  texts: readonly CitingText[],
): readonly PlacedCitation[] {
  const pieces = texts.map(({ part, text }) => ({ part, bytes: Buffer.from(text) }));
  const taken: PlacedCitation[] = [];
  let characters = 0;
  if (pieces.length === 0) return taken;
  for (const { segment, citation } of allCitations(metadata)) {
    characters += citation.json.length;
    if (taken.length >= citationsMax || characters > charactersMax) break;
    taken.push({ part: partOf(segment, pieces), citation });
  }
  return taken;
}

function* allCitations(
  metadata: JsonObject,
): Generator<{ readonly segment: JsonObject; readonly citation: Citation }> {
  const { groundingChunks, groundingSupports } = objectOf(metadata.groundingMetadata);
  const chunks = arrayOf(groundingChunks);
  for (const support of arrayOf(groundingSupports)) {
    const { segment, groundingChunkIndices } = objectOf(support);
    for (const index of arrayOf(groundingChunkIndices)) {
      const chunk = typeof index === "number" ? chunks[index] : undefined;
      if (!isObject(chunk)) continue;
      yield {
        segment: objectOf(segment),
        citation: grounded(support, objectOf(segment), chunk),
      };
    }
  }
  const { citationSources, citations } = objectOf(metadata.citationMetadata);
  for (const source of [...arrayOf(citationSources), ...arrayOf(citations)]) {
    if (isObject(source)) yield { segment: source, citation: recitation(source) };
  }
}

interface Piece {
  readonly part: number;
  readonly bytes: Buffer;
}

/** The part whose bytes a passage is; where none has just these, the one that it names. */
function partOf(segment: JsonObject, pieces: readonly Piece[]): number {
  const words = Buffer.from(textOf(segment.text));
  const start = numberOf(segment.startIndex);
  const end = numberOf(segment.endIndex);
  const exact = pieces.find(
    ({ bytes }) =>
      words.length > 0 && end - start === words.length && bytes.subarray(start, end).equals(words),
  );
  const named = pieces.find(({ part }) => part === numberOf(segment.partIndex));
  return (exact ?? named ?? pieces[0])?.part ?? 0;
}

function grounded(support: JsonValue, segment: JsonObject, chunk: JsonObject): Citation {
  const [type = ""] = Object.keys(chunk).filter((name) => isObject(chunk[name]));
  const source = objectOf(chunk[type]);
  return create(CitationSchema, {
    type,
    citedText: textOf(source.text),
    title: textOf(source.title),
    url: textOf(source.uri) || textOf(source.sourceUri),
    sourceId:
      textOf(source.documentName) || textOf(source.fileSearchStore) || textOf(source.placeId),
    ...rangeOf(segment),
    json: exactText({ groundingSupport: support, groundingChunk: chunk }),
  });
}

function recitation(source: JsonObject): Citation {
  return create(CitationSchema, {
    type: "citationSource",
    title: textOf(source.title),
    url: textOf(source.uri),
    ...rangeOf(source),
    json: exactText(source),
  });
}

/** A range; where only the end is told, it starts at 0. */
function rangeOf({ startIndex, endIndex }: JsonObject): { start?: bigint; end?: bigint } {
  if (!Number.isSafeInteger(endIndex)) return {};
  return { start: BigInt(numberOf(startIndex)), end: BigInt(numberOf(endIndex)) };
}

function numberOf(value: JsonValue | undefined): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
