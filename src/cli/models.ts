import { create, toJson } from "@bufbuild/protobuf";
import {
  ListModelsRequestSchema,
  type ModelInfo,
  ModelInfoSchema,
} from "../../gen/ts/nexen/connectors/v1/catalog_pb.ts";
import { type Connection, withConnection } from "./connection.ts";
import type { ConnectionFlags } from "./flags.ts";
import { printJSON, printTable } from "./terminal.ts";

const pageSize = 1000;

/** `connector-tool models`. */
export async function models(
  flags: ConnectionFlags & { readonly provider?: string },
): Promise<void> {
  await withConnection(flags, async (connection) => {
    const known = await allModels(connection, flags.provider ?? "");
    if (flags.json) {
      for (const model of known) printJSON(toJson(ModelInfoSchema, model));
      return;
    }
    printTable(["model", "provider", "targets", ""], known.map(rowOf));
  });
}

async function allModels({ api, context }: Connection, provider: string): Promise<ModelInfo[]> {
  const known: ModelInfo[] = [];
  let pageToken = "";
  do {
    const request = create(ListModelsRequestSchema, { pageSize, pageToken, provider });
    const page = await api.listModels(request, context);
    known.push(...page.models);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return known;
}

function rowOf({ name, provider, targets, retired, successor, sentAs }: ModelInfo): string[] {
  const remarks = [
    ...(sentAs === "" ? [] : [`sent as ${sentAs}`]),
    ...(retired ? [`retired${successor === "" ? "" : `, see ${successor}`}`] : []),
  ];
  return [name, provider, targets.join(", ") || "none", remarks.join("; ")];
}
