import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Part, PartSchema } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";

/** A part as a test writes it. */
export type PartInit = Omit<MessageInitShape<typeof PartSchema>, "$typeName">;

/** A part of some kind. */
export function part(kind: NonNullable<PartInit["kind"]>, rest: PartInit = {}): Part {
  return create(PartSchema, { ...rest, kind });
}

/** A text part. */
export function text(words: string, rest: PartInit = {}): Part {
  return part({ case: "text", value: { text: words } }, rest);
}

/** What the deltas of a part add up to. */
export function wordsOf({ kind }: Part): string {
  switch (kind.case) {
    case "text":
    case "thinking":
    case "refusal":
      return kind.value.text;
    case "toolCall":
      return kind.value.arguments;
    default:
      return "";
  }
}
