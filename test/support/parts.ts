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
