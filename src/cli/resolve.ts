import { create, toJson } from "@bufbuild/protobuf";
import {
  ResolveModelRequestSchema,
  ResolveModelResponseSchema,
} from "../../gen/ts/nexen/connectors/v1/catalog_pb.ts";
import { withConnection } from "./connection.ts";
import type { ResolveFlags } from "./flags.ts";
import { print, printJSON, printTable, styled } from "./terminal.ts";

/** `connector-tool resolve MODEL`. */
export async function resolve(model: string, flags: ResolveFlags): Promise<void> {
  const { target = "", allow = [], prefer = [], fallback = [] } = flags;
  const request = create(ResolveModelRequestSchema, {
    model,
    options: {
      target,
      region: { allowed: [...allow], preferred: [...prefer] },
      fallbackModels: [...fallback],
    },
  });
  await withConnection(flags, async ({ api, context }) => {
    const found = await api.resolveModel(request, context);
    if (flags.json) {
      printJSON(toJson(ResolveModelResponseSchema, found));
      return;
    }
    print(`${model} leads to ${styled("bold", found.provider)} by ${found.rule}\n\n`);
    printTable(
      ["target", "dialect", "sent as", "runs in", "where"],
      found.targets.map((place) => [
        place.name,
        place.dialect,
        place.model,
        place.residence.join(", ") || "unknown",
        place.simulated ? "simulated" : place.baseUrl,
      ]),
    );
    print("\n");
    if (found.excluded.length > 0) {
      printTable(
        ["left out", "why"],
        found.excluded.map(({ target: out, why }) => [out?.name ?? "", `it ${why}`]),
      );
      print("\n");
    }
    printTable(
      ["rule", "provider", "from", "why"],
      found.matches.map(({ rule, provider, source, why }) => [rule, provider, source, why]),
    );
  });
}
