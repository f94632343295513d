import type { JsonObject } from "@bufbuild/protobuf";
import { type EncodeContext, ownOptions } from "../openai-responses/encode-context.ts";
import { itemMember } from "../openai-responses/wire.ts";

/**
 * The adapter's own fields of a part or tool, without what an adapter keeps to know parts again.
 */
export function sentOptions(options: JsonObject | undefined, context: EncodeContext): JsonObject {
  const { [itemMember]: _, ...own } = ownOptions(options, context);
  return own;
}
