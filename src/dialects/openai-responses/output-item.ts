import { create, type JsonObject, type JsonValue, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type Citation,
  CitationSchema,
  type Part,
  PartSchema,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { ConnectorError } from "../../contract/connector-error.ts";
import { exactText } from "../../contract/exact-json.ts";
import { arrayOf, isObject, storable, textOf, unknownMembers } from "../json.ts";
import { itemMember } from "./wire.ts";

/** Which of its two texts a reasoning item shows: its own words, or their summary. */
export type ReasoningText = "content" | "summary";

/** What is known of an item besides its own members. */
export interface ItemContext {
  /** Name of the adapter: the key in `provider_options`. */
  readonly adapter: string;
  /** Place of the item in the answer, from 0: for the id of a call that has none. */
  readonly position: number;
  /** Which text of reasoning was told in deltas. Unset: its own words where it has any. */
  readonly reasoningText?: ReasoningText | undefined;
  /** The response's own list of the tools that were offered. Unset: not known. */
  readonly tools?: readonly JsonValue[] | undefined;
}

/** Between two texts of one reasoning item. */
export const reasoningSeparator = "\n\n";

/**
 * An item of the output as parts: a message as one part for each piece of its content, everything
 * else as one part. What has no field goes to the part's `provider_options`, and items that only
 * the provider knows are kept whole, so that `encodeInput` can send every item back as it came.
 */
export function itemParts(item: JsonObject, context: ItemContext): readonly Part[] {
  switch (item.type) {
    case "message":
      return messageParts(item, context.adapter);
    case "reasoning":
      return [reasoningPart(item, context)];
    case "function_call":
      return [functionCallPart(item, context)];
    case "custom_tool_call":
      return [
        isRunByProvider(item, context.tools)
          ? blockPart(item, context.adapter)
          : customCallPart(item, context),
      ];
    default:
      return [blockPart(item, context.adapter)];
  }
}

/**
 * The members of a message that its parts keep under `item`, for all of them to go back together:
 * its id, status and phase, and what nobody knows yet.
 */
export function messageMembersOf(message: JsonObject): JsonObject {
  const item: JsonObject = { ...unknownMembers(message, messageMembers) };
  if (typeof message.role === "string" && message.role !== "assistant") item.role = message.role;
  return item;
}

/** An empty text that stands for a message without content, so that its members can go back. */
export function emptyMessagePart(message: JsonObject, adapter: string): Part {
  return textPart({}, { ...messageMembersOf(message), content: [] }, adapter);
}

/** The id by which a call of a tool is answered. Made up from its place where the item has none. */
export function callIDOf(item: JsonObject, position: number): string {
  return textOf(item.call_id) || textOf(item.id) || `call_${position}`;
}

/** Tools that may bring custom tools with them, whose names the list of tools does not have. */
const bringingTypes: ReadonlySet<unknown> = new Set(["namespace", "tool_search"]);

/**
 * Whether a call of a custom tool is the provider's own doing: some have tools of theirs call
 * others, and tell it so (xAI's search of X). None of the tools that were offered has its name
 * then.
 */
export function isRunByProvider(
  call: JsonObject,
  tools: readonly JsonValue[] | undefined = [],
): boolean {
  const offered = tools.filter(isObject);
  if (offered.length === 0 || textOf(call.name) === "") return false;
  return !offered.some(
    ({ type, name }) => bringingTypes.has(type) || (type === "custom" && name === call.name),
  );
}

/** An annotation of a text as a citation, with itself as JSON. */
export function citationOf(annotation: JsonObject): Citation {
  const { start_index: start, end_index: end } = annotation;
  return create(CitationSchema, {
    type: textOf(annotation.type),
    title: textOf(annotation.title) || textOf(annotation.filename),
    url: textOf(annotation.url),
    sourceId: textOf(annotation.file_id),
    ...(Number.isSafeInteger(start) && { start: BigInt(start as number) }),
    ...(Number.isSafeInteger(end) && { end: BigInt(end as number) }),
    json: exactText(annotation),
  });
}

/** A value that must be an object. Throws PROVIDER_MALFORMED_RESPONSE, naming what it should be. */
export function objectIn(value: JsonValue | undefined, what: string): JsonObject {
  if (isObject(value)) return value;
  throw new ConnectorError("PROVIDER_MALFORMED_RESPONSE", `the provider sent ${what} as no object`);
}

const messageMembers: ReadonlySet<string> = new Set(["type", "role", "content"]);
const textMembers: ReadonlySet<string> = new Set(["type", "text", "annotations"]);
const refusalMembers: ReadonlySet<string> = new Set(["type", "refusal"]);
const callMembers: ReadonlySet<string> = new Set(["type", "call_id", "name", "arguments"]);
const customCallMembers: ReadonlySet<string> = new Set(["type", "call_id", "name", "input"]);
const reasoningMembers: ReadonlySet<string> = new Set([
  "type",
  "summary",
  "content",
  "encrypted_content",
]);

type PartKind = NonNullable<MessageInitShape<typeof PartSchema>["kind"]>;

function messageParts(message: JsonObject, adapter: string): readonly Part[] {
  const item = messageMembersOf(message);
  // Some servers send the content as plain text.
  if (typeof message.content === "string") {
    return [textPart({ type: "output_text", text: message.content }, item, adapter)];
  }
  return arrayOf(message.content).map((value) => {
    const content = objectIn(value, "a piece of a message");
    switch (content.type) {
      case "output_text":
      case "text":
        return textPart(content, item, adapter);
      case "refusal":
        return refusalPart(content, item, adapter);
      default:
        return blockPart(content, adapter, item);
    }
  });
}

function textPart(content: JsonObject, item: JsonObject, adapter: string): Part {
  const annotations = arrayOf(content.annotations);
  const options = { ...unknownMembers(content, textMembers) };
  // Logprobs that nobody asked for come as an empty list.
  if (arrayOf(options.logprobs).length === 0) delete options.logprobs;
  if (!annotations.every(isObject)) options.annotations = storable([...annotations]);
  const citations = annotations.filter(isObject).map(citationOf);
  const value = { text: textOf(content.text), citations };
  return partOf({ case: "text", value }, adapter, options, item);
}

function refusalPart(content: JsonObject, item: JsonObject, adapter: string): Part {
  const value = { text: textOf(content.refusal) };
  const options = { ...unknownMembers(content, refusalMembers) };
  return partOf({ case: "refusal", value }, adapter, options, item);
}

function reasoningPart(reasoning: JsonObject, context: ItemContext): Part {
  const { adapter, reasoningText } = context;
  const summary = arrayOf(reasoning.summary);
  const content = arrayOf(reasoning.content);
  const ownWords = joined(content);
  const text =
    reasoningText === "summary" || (reasoningText === undefined && ownWords === "")
      ? joined(summary)
      : ownWords;
  const item = { ...unknownMembers(reasoning, reasoningMembers) };
  // A summary of one plain text is made from the part again; anything else must be kept.
  if (content.length > 0) item.content = storable([...content]);
  if (content.length > 0 ? summary.length > 0 : !isPlainSummary(summary)) {
    item.summary = storable([...summary]);
  }
  const sealed = reasoning.encrypted_content ?? "";
  if (typeof sealed !== "string") item.encrypted_content = storable(sealed);
  const value = { text, signature: textOf(sealed), adapter };
  return partOf({ case: "thinking", value }, adapter, {}, item);
}

/** Its texts; a piece of another kind has none, and is kept with the item. */
function joined(pieces: readonly JsonValue[]): string {
  return pieces
    .flatMap((piece) => (isObject(piece) && typeof piece.text === "string" ? piece.text : []))
    .join(reasoningSeparator);
}

function isPlainSummary(summary: readonly JsonValue[]): boolean {
  const [first, ...more] = summary;
  if (first === undefined) return true;
  if (more.length > 0 || !isObject(first) || first.type !== "summary_text") return false;
  return typeof first.text === "string" && first.text !== "" && Object.keys(first).length === 2;
}

function functionCallPart(call: JsonObject, { adapter, position }: ItemContext): Part {
  const written = call.arguments ?? "";
  const text = typeof written === "string" ? written : exactText(written);
  const value = {
    id: callIDOf(call, position),
    name: textOf(call.name),
    arguments: text.trim() === "" ? "" : text,
  };
  const item = { ...unknownMembers(call, callMembers) };
  return partOf({ case: "toolCall", value }, adapter, {}, item);
}

/** A call whose input is any text. The item's type in the options tells it from a function's. */
function customCallPart(call: JsonObject, { adapter, position }: ItemContext): Part {
  const input = textOf(call.input);
  const item: JsonObject = { ...unknownMembers(call, customCallMembers), type: "custom_tool_call" };
  // A blank input would be told as "{}", which is another text.
  if (input.trim() === "") item.input = input;
  const value = { id: callIDOf(call, position), name: textOf(call.name), arguments: input };
  return partOf({ case: "toolCall", value }, adapter, {}, item);
}

function blockPart(block: JsonObject, adapter: string, item: JsonObject = {}): Part {
  const value = { adapter, type: textOf(block.type), json: exactText(block) };
  return partOf({ case: "provider", value }, adapter, {}, item);
}

/** A part; `own` and `item` are kept in the adapter's entry of its `provider_options`. */
function partOf(kind: PartKind, adapter: string, own: JsonObject, item: JsonObject): Part {
  const options = Object.keys(item).length === 0 ? own : { ...own, [itemMember]: item };
  if (Object.keys(options).length === 0) return create(PartSchema, { kind });
  return create(PartSchema, { kind, providerOptions: { [adapter]: options } });
}
