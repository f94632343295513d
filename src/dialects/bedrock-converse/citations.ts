import { create, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { type Citation, CitationSchema } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { exactText } from "../../contract/exact-json.ts";
import { arrayOf, isObject, objectOf, textOf } from "../json.ts";

/** A source as Converse cites it. Its type is the kind of its location, such as "documentChar". */
export function citationOf(value: JsonValue): Citation {
  const citation = objectOf(value);
  const location = objectOf(citation.location);
  const type = Object.keys(location)[0] ?? "";
  const place = objectOf(location[type]);
  const start = countOf(place.start);
  const end = countOf(place.end);
  return create(CitationSchema, {
    type,
    citedText: joinedTexts(citation.sourceContent),
    title: textOf(citation.title),
    url: textOf(place.url),
    sourceId: textOf(citation.source),
    ...(start !== undefined && { start }),
    ...(end !== undefined && { end }),
    json: exactText(value),
  });
}

/** Whether the JSON of a citation is one of Converse's, and not another provider's. */
export function isOwnCitation(citation: JsonObject): boolean {
  return isObject(citation.location) || Array.isArray(citation.sourceContent);
}

/** The texts of a list of `{text}`, joined. */
export function joinedTexts(list: JsonValue | undefined): string {
  return arrayOf(list)
    .map((item) => textOf(objectOf(item).text))
    .join("");
}

function countOf(value: JsonValue | undefined): bigint | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : undefined;
}
