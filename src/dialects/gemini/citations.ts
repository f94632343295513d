import { create, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { type Citation, CitationSchema } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
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
 * The citations of an answer: each passage of it (`segment`, counted in bytes of UTF-8) with each source
 * that supports it, then passages that recite others' works. `start` and `end` are the passage's.
 */
export function citationsOf(
  metadata: JsonObject,
  texts: readonly CitingText[],
): readonly PlacedCitation[] {
  const pieces = texts.map(({ part, text }) => ({ part, text, bytes: Buffer.from(text) }));
  if (pieces.length === 0) return [];
  const { groundingChunks, groundingSupports } = objectOf(metadata.groundingMetadata);
  const chunks = arrayOf(groundingChunks);
  const supported = arrayOf(groundingSupports).flatMap((support) => {
    const { segment, groundingChunkIndices } = objectOf(support);
    const part = partOf(objectOf(segment), pieces);
    return arrayOf(groundingChunkIndices).flatMap((index) => {
      const chunk = typeof index === "number" ? chunks[index] : undefined;
      return isObject(chunk)
        ? [{ part, citation: grounded(support, objectOf(segment), chunk) }]
        : [];
    });
  });
  const { citationSources, citations } = objectOf(metadata.citationMetadata);
  const recited = [...arrayOf(citationSources), ...arrayOf(citations)].filter(isObject);
  return [
    ...supported,
    ...recited.map((source) => ({ part: partOf(source, pieces), citation: recitation(source) })),
  ];
}

interface Piece extends CitingText {
  readonly bytes: Buffer;
}

/** The part whose bytes a passage is; where none has just these, the one that holds its words. */
function partOf(segment: JsonObject, pieces: readonly Piece[]): number {
  const words = textOf(segment.text);
  const start = numberOf(segment.startIndex);
  const exact = pieces.find(
    ({ bytes }) => bytes.toString("utf8", start, numberOf(segment.endIndex)) === words,
  );
  const holding = words === "" ? undefined : pieces.find(({ text }) => text.includes(words));
  return (exact ?? holding ?? pieces[0])?.part ?? 0;
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
    json: JSON.stringify({ groundingSupport: support, groundingChunk: chunk }),
  });
}

function recitation(source: JsonObject): Citation {
  return create(CitationSchema, {
    type: "citationSource",
    title: textOf(source.title),
    url: textOf(source.uri),
    ...rangeOf(source),
    json: JSON.stringify(source),
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
