import { create, type JsonObject } from "@bufbuild/protobuf";
import { PartSchema } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { exactText } from "../../contract/exact-json.ts";
import { mergeInto, textOf, unknownMembers } from "../json.ts";
import type { ResponseBuilder } from "../response-builder.ts";

/** A piece of content that has begun. */
type OpenContent =
  | { readonly kind: "text" | "thinking"; readonly part: number }
  | { readonly kind: "other"; readonly part: number; readonly block: JsonObject };

const knownMembers: Readonly<Record<"text" | "thinking", ReadonlySet<string>>> = {
  text: new Set(["type", "text"]),
  thinking: new Set(["type", "thinking"]),
};

/**
 * The content of a message by its indexes: texts, thinking, and blocks that only the provider
 * knows.
 *
 * No piece is finished before the whole answer is, since citations of a text may follow its end.
 */
export class ContentList {
  readonly #builder: ResponseBuilder;
  readonly #adapter: string;
  readonly #open = new Map<number, OpenContent>();
  readonly #others: Extract<OpenContent, { kind: "other" }>[] = [];

  constructor(builder: ResponseBuilder, adapter: string) {
    this.#builder = builder;
    this.#adapter = adapter;
  }

  /** A piece begins, or comes whole. */
  begin(index: number, item: JsonObject): void {
    const kind = kindOf(item);
    if (kind === "other") {
      const part = this.#builder.startProvider(this.#adapter, textOf(item.type));
      const open = { kind, part, block: item };
      this.#others.push(open);
      this.#open.set(index, open);
      return;
    }
    const part =
      kind === "text" ? this.#builder.startText() : this.#builder.startThinking(this.#adapter);
    this.#open.set(index, { kind, part });
    this.#append(kind, part, item);
  }

  /** More of a piece; the first one of a piece that was never begun begins it. */
  append(index: number, delta: JsonObject): void {
    const open = this.#open.get(index);
    if (open?.kind === "other") {
      appendMembers(open.block, delta);
      return;
    }
    const kind = typeof delta.thinking === "string" ? "thinking" : "text";
    if (open?.kind === kind) this.#append(kind, open.part, delta);
    else this.begin(index, { ...delta, type: kind });
  }

  /** The part that a citation is of: by its index of content, else the first text. */
  citedPart({ content_index: index }: JsonObject): number | undefined {
    const named = typeof index === "number" ? this.#open.get(index) : undefined;
    return (named ?? [...this.#open.values()].find(({ kind }) => kind === "text"))?.part;
  }

  /** Completes the blocks that only the provider knows. */
  finish(): void {
    for (const { part, block } of this.#others) {
      const value = {
        adapter: this.#adapter,
        type: textOf(block.type),
        json: exactText(block),
      };
      this.#builder.finishWith(part, create(PartSchema, { kind: { case: "provider", value } }));
    }
  }

  #append(kind: "text" | "thinking", part: number, item: JsonObject): void {
    if (kind === "text") this.#builder.appendText(part, textOf(item.text));
    else this.#builder.appendThinking(part, textOf(item.thinking));
    const own = unknownMembers(item, knownMembers[kind]);
    this.#builder.setProviderOptions(part, this.#adapter, own);
  }
}

function kindOf({ type, text, thinking }: JsonObject): OpenContent["kind"] {
  if (type === "thinking" && typeof (thinking ?? "") === "string") return "thinking";
  const isText = type === "text" || type === undefined;
  return isText && typeof (text ?? "") === "string" ? "text" : "other";
}

/** Lays a delta on a block: texts go on, everything else is replaced. */
function appendMembers(block: JsonObject, delta: JsonObject): void {
  for (const [name, value] of Object.entries(delta)) {
    const before = block[name];
    const joined = typeof before === "string" && typeof value === "string" ? before + value : value;
    mergeInto(block, { [name]: joined });
  }
}
