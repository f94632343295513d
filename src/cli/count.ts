import { create, toJson } from "@bufbuild/protobuf";
import {
  CountTokensRequestSchema,
  CountTokensResponseSchema,
} from "../../gen/ts/nexen/connectors/v1/catalog_pb.ts";
import { UsageSource } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { withConnection } from "./connection.ts";
import type { RequestFlags } from "./flags.ts";
import { optionsOf, requestOf } from "./request.ts";
import { print, printJSON } from "./terminal.ts";

/** `connector-tool count`. */
export async function count(prompt: string | undefined, flags: RequestFlags): Promise<void> {
  const request = create(CountTokensRequestSchema, {
    request: await requestOf(prompt, flags),
    options: optionsOf(flags),
  });
  await withConnection(flags, async ({ api, context }) => {
    const response = await api.countTokens(request, context);
    if (flags.json) {
      printJSON(toJson(CountTokensResponseSchema, response));
      return;
    }
    const isEstimate = response.source === UsageSource.ESTIMATED;
    const how = isEstimate ? "estimated" : `counted by ${response.route?.provider ?? "?"}`;
    print(`${response.inputTokens} input tokens, ${how}\n`);
  });
}
