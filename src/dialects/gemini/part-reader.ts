import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { MediaKind } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { exactText } from "../../contract/exact-json.ts";
import { fromBase64 } from "../base64.ts";
import { isObject, textOf, unknownMembers } from "../json.ts";
import type { ResponseBuilder } from "../response-builder.ts";
import { CallReader } from "./call-reader.ts";
import type { CitingText } from "./citations.ts";
import { isThought } from "./wire.ts";

const textMembers: ReadonlySet<string> = new Set(["text", "thought"]);
const thoughtMembers: ReadonlySet<string> = new Set(["text", "thought", "thoughtSignature"]);
const dataMembers: ReadonlySet<string> = new Set(["mimeType", "data", "displayName"]);
const fileMembers: ReadonlySet<string> = new Set(["mimeType", "fileUri", "displayName"]);

/** Members that stand on a part and do not say what it is. */
const marks: ReadonlySet<string> = new Set([
  ...["thought", "thoughtSignature", "partMetadata", "videoMetadata", "mediaResolution"],
]);

/**
 * Turns the parts of an answer into parts of the contract, in their order. A text goes on from
 * chunk to chunk of a stream, but one with a signature, or anything else on it, stays a part of its
 * own: it must go back with that.
 */
export class PartReader {
  readonly #builder: ResponseBuilder;
  readonly #adapter: string;
  readonly #calls: CallReader;
  readonly #texts: number[] = [];
  #open: { readonly part: number; readonly isThought: boolean } | undefined;

  constructor(builder: ResponseBuilder, adapter: string) {
    this.#builder = builder;
    this.#adapter = adapter;
    this.#calls = new CallReader(builder, adapter);
  }

  /** Takes the parts of a chunk. `responseID` is the answer's, as far as it is known. */
  take(parts: readonly JsonValue[], responseID: string): void {
    let isFirst = true;
    for (const part of parts) {
      if (!isObject(part)) this.#addBlock({ value: part }, "");
      else if (!saysNothing(part)) this.#takePart(part, isFirst, responseID);
      else continue;
      isFirst = false;
    }
  }

  /** Ends what waits for the end. Texts stay open, for their citations. */
  finish(): void {
    this.#calls.finish();
    this.#endThought();
  }

  /** Number of calls whose arguments are not complete. */
  get callsOpen(): number {
    return this.#calls.open;
  }

  /** The texts so far. */
  texts(): readonly CitingText[] {
    return this.#texts.map((part) => ({ part, text: this.#builder.textSoFar(part) }));
  }

  #takePart(part: JsonObject, isFirst: boolean, responseID: string): void {
    const { text, inlineData, fileData, functionCall } = part;
    if (typeof text === "string" || hasMarksOnly(part)) {
      this.#takeText(part, isFirst);
      return;
    }
    this.#endThought();
    this.#open = undefined;
    if (isObject(inlineData) && typeof inlineData.data === "string") {
      this.#addData(part, inlineData, inlineData.data);
    } else if (isObject(fileData) && typeof fileData.fileUri === "string") {
      this.#addFile(part, fileData, fileData.fileUri);
    } else if (!isObject(functionCall) || !this.#calls.take(part, functionCall, responseID)) {
      this.#addBlock(part, typeOf(part));
    }
  }

  #takeText(part: JsonObject, isFirst: boolean): void {
    const thought = isThought(part);
    const rest = unknownMembers(part, thought ? thoughtMembers : textMembers);
    const isMarked = rest !== undefined || (thought && textOf(part.thoughtSignature) !== "");
    const open = isFirst && !isMarked && this.#open?.isThought === thought ? this.#open : undefined;
    if (open === undefined) this.#endThought();
    const index = open?.part ?? this.#start(thought);
    this.#open = isMarked ? undefined : { part: index, isThought: thought };
    if (thought) {
      this.#builder.appendThinking(index, textOf(part.text));
      this.#builder.appendSignature(index, textOf(part.thoughtSignature));
    } else this.#builder.appendText(index, textOf(part.text));
    this.#builder.setProviderOptions(index, this.#adapter, rest);
    if (thought && isMarked) this.#builder.finish(index);
  }

  #start(thought: boolean): number {
    if (thought) return this.#builder.startThinking(this.#adapter);
    const index = this.#builder.startText();
    this.#texts.push(index);
    return index;
  }

  #endThought(): void {
    if (this.#open?.isThought) this.#builder.finish(this.#open.part);
  }

  #addData(part: JsonObject, blob: JsonObject, data: string): void {
    const mimeType = textOf(blob.mimeType);
    const source = { case: "data", value: fromBase64(data) } as const;
    const value = { kind: kindOf(mimeType), mimeType, source, name: textOf(blob.displayName) };
    const index = this.#builder.addWhole({ kind: { case: "media", value } });
    this.#setRest(index, part, "inlineData", unknownMembers(blob, dataMembers));
  }

  #addFile(part: JsonObject, file: JsonObject, url: string): void {
    const mimeType = textOf(file.mimeType);
    const source = { case: "url", value: url } as const;
    const value = { kind: kindOf(mimeType), mimeType, source, name: textOf(file.displayName) };
    const index = this.#builder.addWhole({ kind: { case: "media", value } });
    this.#setRest(index, part, "fileData", unknownMembers(file, fileMembers));
  }

  #setRest(index: number, part: JsonObject, name: string, inner: JsonObject | undefined): void {
    const rest = unknownMembers(part, new Set([name]));
    if (rest === undefined && inner === undefined) return;
    const options = { ...rest, ...(inner && { [name]: inner }) };
    this.#builder.setProviderOptions(index, this.#adapter, options);
  }

  /** Adds a part that only this provider knows, whole: code it ran, its own tools, what is new. */
  #addBlock(part: JsonObject, type: string): void {
    const value = { adapter: this.#adapter, type, json: exactText(part) };
    this.#builder.addWhole({ kind: { case: "provider", value } });
  }
}

/**
 * An empty text or thought, as the last chunk of a stream often has it, or a part without anything.
 */
function saysNothing(part: JsonObject): boolean {
  const said = Object.entries(part).filter(([name, value]) => value !== null && name !== "thought");
  return said.every(([name, value]) => name === "text" && value === "");
}

function hasMarksOnly(part: JsonObject): boolean {
  const names = Object.keys(part).filter((name) => part[name] !== null);
  return names.length > 0 && names.every((name) => marks.has(name));
}

function typeOf(part: JsonObject): string {
  return Object.keys(part).find((name) => !marks.has(name) && part[name] !== null) ?? "";
}

function kindOf(mimeType: string): MediaKind {
  const [family = ""] = mimeType.toLowerCase().split("/");
  const kinds: Readonly<Record<string, MediaKind>> = {
    image: MediaKind.IMAGE,
    audio: MediaKind.AUDIO,
    video: MediaKind.VIDEO,
  };
  return Object.hasOwn(kinds, family) ? (kinds[family] ?? MediaKind.DOCUMENT) : MediaKind.DOCUMENT;
}
