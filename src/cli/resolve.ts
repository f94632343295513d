import { create, toJson } from "@bufbuild/protobuf";
import {
  ResolveModelRequestSchema,
  ResolveModelResponseSchema,
} from "../../gen/ts/nexen/connectors/v1/catalog_pb.ts";
import { withConnection } from "./connection.ts";
import type { ConnectionFlags } from "./flags.ts";
import { print, printJSON, printTable, styled } from "./terminal.ts";

/** `connector-tool resolve MODEL`. */
export async function resolve(
  model: string,
  flags: ConnectionFlags & { readonly target?: string },
): Promise<void> {
  const { target } = flags;
  const request = create(ResolveModelRequestSchema, {
    model,
    ...(target && { options: { target } }),
  });
  await withConnection(flags, async ({ api, context }) => {
    const found = await api.resolveModel(request, context);
    if (flags.json) {
      printJSON(toJson(ResolveModelResponseSchema, found));
      return;
    }
    print(`${model} leads to ${styled("bold", found.provider)} by ${found.rule}\n\n`);
    printTable(
      ["target", "dialect", "sent as", "where"],
      found.targets.map((place) => [
        place.name,
        place.dialect,
        place.model,
        place.simulated ? "simulated" : place.baseUrl,
      ]),
    );
    print("\n");
    printTable(
      ["rule", "provider", "from", "why"],
      found.matches.map(({ rule, provider, source, why }) => [rule, provider, source, why]),
    );
  });
}
