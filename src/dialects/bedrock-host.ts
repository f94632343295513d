import type { DialectSet } from "../contract/adapter.ts";
import { bedrockConverse } from "./bedrock-converse/dialect.ts";

/** Models of any maker on Bedrock. */
export const bedrockHost: DialectSet = Object.freeze({
  dialects: { "bedrock-converse": bedrockConverse },
  defaultDialect: "bedrock-converse",
});
