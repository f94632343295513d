import type { JsonValue } from "@bufbuild/protobuf";
import type { ProviderBlock } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { RawJSON } from "./raw-json.ts";
import { requestField } from "./request-field.ts";
import type { WarningList } from "./warning-list.ts";

/**
 * A tool that the provider itself defines, as its JSON says it; `field` is that of the tool. One of
 * another provider is left out, with a warning. Throws INVALID_REQUEST for what is no JSON object.
 */
export function providerTool(
  { adapter, json }: ProviderBlock,
  field: string,
  context: {
    readonly adapter: string;
    readonly raw: RawJSON;
    readonly warnings: WarningList;
  },
): JsonValue | undefined {
  if (adapter === context.adapter) {
    return context.raw.hold(json, requestField(`${field}.provider.json`));
  }
  context.warnings.dropped(`${field}.provider`, `only ${adapter} knows this tool`);
  return undefined;
}
