import type { DialectSet } from "../../contract/adapter.ts";
import { anthropicBedrock } from "../../dialects/anthropic-bedrock/dialect.ts";
import { bedrockConverse } from "../../dialects/bedrock-converse/dialect.ts";

/** Claude on Bedrock: with its own body, or by the wire that all models there share. */
export const bedrockClaude: DialectSet = Object.freeze({
  dialects: { messages: anthropicBedrock, "bedrock-converse": bedrockConverse },
  defaultDialect: "messages",
});
