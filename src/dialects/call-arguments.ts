import type { JsonValue } from "@bufbuild/protobuf";
import type { ToolCall } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { isObjectText } from "./json.ts";
import type { RawJSON } from "./raw-json.ts";
import { requestField } from "./request-field.ts";
import type { WarningList } from "./warning-list.ts";

/**
 * Arguments of a call for a wire that takes an object only, kept as the model wrote them. Arguments
 * of an earlier turn that were cut or malformed are put whole, as text, under `invalid_arguments`,
 * with a warning, so that the conversation can go on. `field` is the path of the part.
 */
export function objectArguments(
  { arguments: text }: ToolCall,
  field: string,
  { raw, warnings }: { readonly raw: RawJSON; readonly warnings: WarningList },
): JsonValue {
  if (text.trim() === "") return {};
  const path = `${field}.tool_call.arguments`;
  if (isObjectText(text)) return raw.hold(text, requestField(path));
  warnings.changed(
    path,
    "not a JSON object, as the API requires: sent as text under invalid_arguments",
  );
  return { invalid_arguments: text };
}
