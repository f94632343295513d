import { type Content, type Part, Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { textPart } from "./text-part.ts";
import type { WarningList } from "./warning-list.ts";

/** A part of the request and the path that names it in warnings. */
export interface PlacedPart {
  readonly part: Part;
  readonly field: string;
}

/**
 * All parts of a turn: `message`, which stands first, and `parts`.
 *
 * An answer that is sent back as it came has all its text in `message` once more: there `message`
 * is no part of its own, or the model would read every word twice.
 */
export function contentParts(content: Content, field: string): readonly PlacedPart[] {
  const parts = content.parts.map((part, index) => ({ part, field: `${field}.parts[${index}]` }));
  if (content.message === "" || isAnswer(content)) return parts;
  return [{ part: textPart(content.message), field: `${field}.message` }, ...parts];
}

/**
 * The parts of a system turn that a system prompt can hold: text, and the provider's own blocks.
 */
export function promptParts(
  content: Content,
  field: string,
  warnings: WarningList,
): readonly PlacedPart[] {
  return contentParts(content, field).filter(({ part, field: place }) => {
    if (part.kind.case === "text" || part.kind.case === "provider") return true;
    warnings.dropped(place, "the system prompt takes text only");
    return false;
  });
}

function isAnswer({ role, message, parts }: Content): boolean {
  if (role !== Role.ASSISTANT) return false;
  return (
    message === parts.map(({ kind }) => (kind.case === "text" ? kind.value.text : "")).join("")
  );
}
