import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import {
  type Content,
  type Media,
  type Part,
  Role,
  type ToolCall,
  type ToolResult,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { contentParts } from "../content-parts.ts";
import { arrayOf, isObject, mergeInto, objectOf, textOf } from "../json.ts";
import { requestField, unsupportedField } from "../request-field.ts";
import { spokenWords } from "../spoken-words.ts";
import { type EncodeContext, ownOptions } from "./encode-context.ts";
import { encodeMedia } from "./encode-media.ts";
import { itemMember, type MessageItem } from "./wire.ts";

/**
 * The conversation as the items of `input`, in its order.
 *
 * System turns are messages of the role `system` where they stand, and never `instructions`: those
 * hold one plain text, before everything else. What the model said goes back as the items it came
 * in, by the members that `itemParts` kept, so that the provider knows its own reasoning and calls
 * again.
 */
export function encodeInput(
  contents: readonly Content[],
  context: EncodeContext,
): readonly JsonValue[] {
  const input = new InputItems(context);
  for (const [index, content] of contents.entries()) input.add(content, `contents[${index}]`);
  return input.items;
}

const roles: ReadonlyMap<Role, string> = new Map<Role, string>([
  [Role.SYSTEM, "system"],
  [Role.ASSISTANT, "assistant"],
]);

/** Types of blocks that are pieces of a message; every other block is an item of its own. */
const pieceTypes = /^(?:(?:input|output)_(?:text|image|file|audio)|refusal)$/;

class InputItems {
  readonly items: JsonValue[] = [];
  readonly #context: EncodeContext;
  readonly #customCalls = new Set<string>();
  /** The message that is being filled, and the item it goes back as. */
  #message: MessageItem | undefined;
  #messageKey = "";

  constructor(context: EncodeContext) {
    this.#context = context;
  }

  add(content: Content, field: string): void {
    const { role, name } = content;
    const parts = contentParts(content, field);
    this.#message = undefined;
    if (name !== "") {
      this.#context.warnings.dropped(`${field}.name`, "this wire has no names of speakers");
    }
    if (role === Role.TOOL && !parts.every(({ part }) => isItem(part))) {
      this.#context.warnings.changed(field, "sent as the user's: a tool's turn holds its results");
    }
    for (const placed of parts) this.#addPart(role, placed.part, placed.field);
  }

  #addPart(role: Role, part: Part, field: string): void {
    const { kind } = part;
    if (part.cache !== undefined) noteCache(field, this.#context);
    const { [itemMember]: kept, ...own } = ownOptions(part.providerOptions, this.#context);
    const item = objectOf(kept);
    switch (kind.case) {
      case "text": {
        const text: JsonObject = { type: textType(role), text: kind.value.text };
        const annotations = this.#annotations(part, isObject(kept), field);
        if (annotations !== undefined) text.annotations = annotations;
        this.#addPiece(role, item, mergeInto(text, own));
        break;
      }
      case "refusal":
        if (role !== Role.ASSISTANT)
          throw unsupportedField(field, "only the model's turns can refuse");
        this.#addPiece(role, item, mergeInto({ type: "refusal", refusal: kind.value.text }, own));
        break;
      case "media":
        if (role === Role.ASSISTANT) this.#addTranscript(kind.value, field);
        else {
          this.#addPiece(role, {}, mergeInto(encodeMedia(kind.value, field, this.#context), own));
        }
        break;
      case "toolCall":
        this.#addItem(mergeInto(this.#call(kind.value, item), own));
        break;
      case "toolResult":
        this.#addItem(mergeInto(this.#result(kind.value, field), own));
        break;
      case "thinking":
        this.#addThinking(part, item, own, field);
        break;
      case "provider":
        this.#addBlock(role, part, kept, field);
        break;
      default:
        throw unsupportedField(field, "holds nothing that can be sent");
    }
  }

  /** A piece of a message. Pieces of one item of the answer go back as one message. */
  #addPiece(role: Role, item: JsonObject, piece: JsonObject | string): void {
    const key = JSON.stringify(item);
    if (this.#message === undefined || this.#messageKey !== key) {
      const message: MessageItem = {
        type: "message",
        role: roles.get(role) ?? "user",
        content: [],
      };
      this.#addItem(mergeInto(message, item));
      // A message that came without content has a part only to carry its members.
      if (Array.isArray(item.content)) return;
      this.#message = message;
      this.#messageKey = key;
    }
    this.#message.content.push(piece);
  }

  /** Media that a model made cannot go back, but what was said in it can. */
  #addTranscript(media: Media, field: string): void {
    const { warnings } = this.#context;
    const text = spokenWords(media, field, "the model's turns take no media back", warnings);
    if (text !== undefined) this.#addPiece(Role.ASSISTANT, {}, { type: "output_text", text });
  }

  #addItem(item: JsonValue): void {
    this.#message = undefined;
    this.items.push(item);
  }

  /** Annotations of this provider's own text; of any other text's citations it knows nothing. */
  #annotations(part: Part, isOwn: boolean, field: string): string[] | undefined {
    if (part.kind.case !== "text") return undefined;
    const { citations } = part.kind.value;
    const { raw, warnings } = this.#context;
    if (isOwn) {
      return citations.map(({ json }, index) =>
        raw.hold(json, requestField(`${field}.text.citations[${index}].json`)),
      );
    }
    if (citations.length > 0) {
      warnings.dropped(`${field}.text.citations`, "the provider takes back its own only");
    }
    return undefined;
  }

  #call({ id, name, arguments: written }: ToolCall, item: JsonObject): JsonObject {
    const callID = this.#context.toolIDs.map(id);
    if (item.type === "custom_tool_call") {
      this.#customCalls.add(id);
      return mergeInto({ type: "custom_tool_call", call_id: callID, name, input: written }, item);
    }
    return mergeInto(
      { type: "function_call", call_id: callID, name, arguments: written || "{}" },
      item,
    );
  }

  #result({ toolCallId: id, parts, isError }: ToolResult, field: string): JsonObject {
    const path = `${field}.tool_result`;
    if (isError) {
      this.#context.warnings.dropped(`${path}.is_error`, "this wire has no mark for a failed tool");
    }
    return {
      type: this.#customCalls.has(id) ? "custom_tool_call_output" : "function_call_output",
      call_id: this.#context.toolIDs.map(id),
      output: this.#output(parts, path),
    };
  }

  /** One plain text as it is, anything else as a list. */
  #output(parts: readonly Part[], path: string): JsonValue {
    const pieces = parts.map((part, index) => this.#outputPiece(part, `${path}.parts[${index}]`));
    const sent = pieces.filter((piece) => piece !== undefined);
    const [first] = sent;
    if (first === undefined) return "";
    const isPlain = sent.length === 1 && isObject(first) && Object.keys(first).length === 2;
    return isPlain && first.type === "input_text" ? textOf(first.text) : sent;
  }

  #outputPiece(part: Part, field: string): JsonValue | undefined {
    const { kind, cache } = part;
    const context = this.#context;
    if (cache !== undefined) noteCache(field, context);
    const own = ownOptions(part.providerOptions, context);
    switch (kind.case) {
      case "text":
        return mergeInto({ type: "input_text", text: kind.value.text }, own);
      case "media":
        return mergeInto(encodeMedia(kind.value, field, context), own);
      case "provider":
        return this.#ownBlock(part, field);
      default:
        throw unsupportedField(field, "a result holds text, images and documents only");
    }
  }

  #addThinking(part: Part, item: JsonObject, own: JsonObject, field: string): void {
    if (part.kind.case !== "thinking") return;
    const { text, signature, adapter } = part.kind.value;
    const { warnings } = this.#context;
    if (adapter !== this.#context.adapter) {
      warnings.dropped(field, `only ${adapter || "the provider that made it"} takes this thinking`);
      return;
    }
    const isInContent = arrayOf(item.content).length > 0;
    // Open models show their own words, and need no more to know them again.
    if (textOf(item.id) === "" && signature === "" && !isInContent) {
      warnings.dropped(field, "thinking goes back by its id or its sealed form, and has neither");
      return;
    }
    const summary = text === "" || isInContent ? [] : [{ type: "summary_text", text }];
    const reasoning: JsonObject = { type: "reasoning", summary };
    if (signature !== "") reasoning.encrypted_content = signature;
    this.#addItem(mergeInto(mergeInto(reasoning, item), own));
  }

  #addBlock(role: Role, part: Part, kept: JsonValue | undefined, field: string): void {
    const block = this.#ownBlock(part, field);
    if (block === undefined || part.kind.case !== "provider") return;
    const isPiece = isObject(kept) || pieceTypes.test(part.kind.value.type);
    if (isPiece) this.#addPiece(role, objectOf(kept), block);
    else this.#addItem(block);
  }

  /** A block as it came. Undefined, with a warning, for another provider's. */
  #ownBlock(part: Part, field: string): string | undefined {
    if (part.kind.case !== "provider") return undefined;
    const { adapter, json } = part.kind.value;
    const { raw, warnings } = this.#context;
    if (adapter === this.#context.adapter)
      return raw.hold(json, requestField(`${field}.provider.json`));
    warnings.dropped(field, `only ${adapter} knows this block`);
    return undefined;
  }
}

/** Whether a part of a tool's turn is an item of its own, as results are, not words to a model. */
function isItem({ kind }: Part): boolean {
  if (kind.case === "provider") return !pieceTypes.test(kind.value.type);
  return kind.case === "toolResult";
}

function textType(role: Role): string {
  return role === Role.ASSISTANT ? "output_text" : "input_text";
}

/** Marks of the prompt cache exist for the newest models only, and go in the part's own options. */
function noteCache(field: string, { warnings }: EncodeContext): void {
  warnings.dropped(`${field}.cache`, "the provider caches prompts by itself");
}
