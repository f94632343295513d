import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { CacheHint } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { cacheControl } from "../cache-control.ts";
import { isObject, objectOf } from "../json.ts";
import { itemMember } from "../openai-responses/wire.ts";
import type { ToolIDs } from "../openai-tool-ids.ts";
import type { RawJSON } from "../raw-json.ts";
import type { WarningList } from "../warning-list.ts";
import type { ChatHost } from "./wire.ts";

/** What every step of encoding one request shares. */
export interface EncodeContext {
  /** Name of the adapter: the key of its entries in `provider_options`. */
  readonly adapter: string;
  /** What the host that is asked takes. */
  readonly host: ChatHost;
  readonly warnings: WarningList;
  readonly raw: RawJSON;
  readonly toolIDs: ToolIDs;
}

/**
 * The adapter's own fields of a part or tool. What the Responses wire of the same adapter keeps of
 * an item is not for this wire: a history may have been written by both.
 */
export function ownOptions(
  options: JsonObject | undefined,
  { adapter }: EncodeContext,
): JsonObject {
  const { [itemMember]: _, ...own } = objectOf(options?.[adapter]);
  return own;
}

/**
 * Marks a part, message or tool for the prompt cache, where the host takes marks and it can hold
 * one.
 */
export function mark(
  object: JsonValue | undefined,
  { hint, field }: { readonly hint: CacheHint | undefined; readonly field: string },
  { host, warnings }: EncodeContext,
): void {
  if (hint === undefined) return;
  if (!host.takesCacheMarks) {
    warnings.dropped(`${field}.cache`, "the provider caches prompts by itself");
  } else if (isObject(object)) object.cache_control = cacheControl(hint, field, warnings);
  else warnings.dropped(`${field}.cache`, "the provider takes no mark here");
}
