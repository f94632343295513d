import type { JsonObject } from "@bufbuild/protobuf";
import { ConnectorError } from "../../contract/connector-error.ts";
import { objectOf } from "../json.ts";
import type { ToolIDs } from "../openai-tool-ids.ts";
import type { RawJSON } from "../raw-json.ts";
import type { WarningList } from "../warning-list.ts";

/** What every step of encoding one request shares. */
export interface EncodeContext {
  /** Name of the adapter: the key of its entries in `provider_options`. */
  readonly adapter: string;
  readonly warnings: WarningList;
  readonly raw: RawJSON;
  readonly toolIDs: ToolIDs;
}

/** The adapter's own fields of a part or tool. */
export function ownOptions(options: JsonObject | undefined, context: EncodeContext): JsonObject {
  return objectOf(options?.[context.adapter]);
}

/** UNSUPPORTED_FIELD for content that this wire has no form for, and that cannot be left out. */
export function unsupported(path: string, description: string): ConnectorError {
  const field = requestField(path);
  return new ConnectorError("UNSUPPORTED_FIELD", `${field}: ${description}`, {
    violations: [{ field, description }],
  });
}

/** A path within the request, as warnings name it, as errors name it. */
export function requestField(path: string): string {
  return `request.${path}`;
}
