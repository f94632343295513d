import type { Part } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";

/** A text as a part, written out: `create` costs several times as much. */
export function textPart(text: string): Part {
  return {
    $typeName: "nexen.connectors.v1.Part",
    kind: { case: "text", value: { $typeName: "nexen.connectors.v1.Text", text, citations: [] } },
  };
}
