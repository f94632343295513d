import { create, type JsonObject, type JsonValue, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type Citation,
  CitationSchema,
  MediaKind,
  type PartSchema,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { exactText } from "../../contract/exact-json.ts";
import { fromBase64 } from "../base64.ts";
import { arrayOf, isObject, objectOf, textOf, unknownMembers } from "../json.ts";

/** One item of content that came as an array. */
export type ContentItem =
  | { readonly kind: "text"; readonly text: string; readonly own: JsonObject | undefined }
  | { readonly kind: "refusal"; readonly text: string }
  | {
      readonly kind: "thinking";
      readonly text: string;
      readonly signature: string;
      /** The pieces it was given as, and the member of the item that holds them. */
      readonly pieces: readonly JsonValue[];
      readonly member: "thinking" | "summary";
      readonly own: JsonObject | undefined;
    }
  /** What the text before it cites. */
  | { readonly kind: "citation"; readonly citation: Citation }
  /** An image, or a block that only the provider knows. */
  | { readonly kind: "other" };

const textMembers: ReadonlySet<string> = new Set(["type", "text"]);
const thinkingMembers: ReadonlySet<string> = new Set(["type", "thinking", "signature"]);
const summaryMembers: ReadonlySet<string> = new Set(["type", "summary"]);

/** Reads an item by what it holds; a plain string is text. */
export function readContentItem(value: JsonValue): ContentItem {
  if (typeof value === "string") return { kind: "text", text: value, own: undefined };
  const item = objectOf(value);
  const { type, text, refusal, thinking } = item;
  if (typeof text === "string" && (type === "text" || type === undefined)) {
    return { kind: "text", text, own: unknownMembers(item, textMembers) };
  }
  if (type === "refusal" && typeof refusal === "string") return { kind: "refusal", text: refusal };
  if (type === "thinking" && thinking !== undefined) {
    // Closed is what thinking is where nothing is said.
    const { closed, ...said } = item;
    const own = unknownMembers(closed === false ? item : said, thinkingMembers);
    const [text, signature] = [wordsOf(thinking), textOf(item.signature)];
    return {
      kind: "thinking",
      text,
      signature,
      pieces: arrayOf(thinking),
      member: "thinking",
      own,
    };
  }
  if (type === "reasoning" && Array.isArray(item.summary)) return summaryOf(item, item.summary);
  if (type === "reference" || type === "tool_reference") {
    return { kind: "citation", citation: citationOf(item) };
  }
  return { kind: "other" };
}

/** Databricks has thinking as a list of summaries, each with its own signature. */
function summaryOf(item: JsonObject, pieces: readonly JsonValue[]): ContentItem {
  const signature = pieces.map((piece) => textOf(objectOf(piece).signature)).join("");
  const own = unknownMembers(item, summaryMembers);
  const text = wordsOf([...pieces]);
  return { kind: "thinking", text, signature, pieces, member: "summary", own };
}

/** Sources by the caller's own ids (`reference`), or those that a tool of the provider found. */
function citationOf(item: JsonObject): Citation {
  return create(CitationSchema, {
    type: textOf(item.type),
    title: textOf(item.title),
    url: textOf(item.url),
    sourceId: arrayOf(item.reference_ids).join(","),
    json: exactText(item),
  });
}

/** Thinking is text, or a list of texts. */
function wordsOf(thinking: JsonValue | null): string {
  if (typeof thinking === "string") return thinking;
  return arrayOf(thinking)
    .map((item) => textOf(isObject(item) ? item.text : item))
    .join("");
}

/** An image that the model made, as a part. Undefined for anything else. */
export function imagePart(item: JsonObject): MessageInitShape<typeof PartSchema> | undefined {
  const image = item.image_url;
  const url = textOf(isObject(image) ? image.url : image);
  if ((item.type ?? "image_url") !== "image_url" || url === "") return undefined;
  const [, mimeType, base64] = /^data:([^;,]*)[^,]*;base64,(.*)$/s.exec(url) ?? [];
  const kind = MediaKind.IMAGE;
  if (base64 === undefined) {
    return { kind: { case: "media", value: { kind, source: { case: "url", value: url } } } };
  }
  const source = { case: "data" as const, value: fromBase64(base64) };
  return { kind: { case: "media", value: { kind, mimeType: mimeType ?? "", source } } };
}
