import { type Content, Role } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { contentParts } from "../../dialects/content-parts.ts";
import { type EncodeContext, mark } from "../../dialects/openai-chat/encode-context.ts";
import { unsupportedField } from "../../dialects/request-field.ts";

/**
 * The code before the gap: the texts of the one turn of the user, one behind the other. Throws
 * UNSUPPORTED_FIELD for another turn, or for anything that is no text.
 */
export function encodePrompt(contents: readonly Content[], context: EncodeContext): string {
  return contents
    .flatMap((content, index) => {
      const field = `contents[${index}]`;
      if (index > 0 || content.role !== Role.USER) {
        throw unsupportedField(field, "code to fill in is one turn of the user");
      }
      if (content.name !== "") context.warnings.dropped(`${field}.name`, "code has no speaker");
      return contentParts(content, field);
    })
    .map(({ part, field }) => {
      const { kind, cache: hint } = part;
      if (kind.case !== "text") throw unsupportedField(field, "code to fill in is text");
      mark(undefined, { hint, field }, context);
      return kind.value.text;
    })
    .join("");
}
