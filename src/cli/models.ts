import { create, toJson } from "@bufbuild/protobuf";
import {
  ListModelsRequestSchema,
  type ModelInfo,
  ModelInfoSchema,
} from "../../gen/ts/nexen/connectors/v1/catalog_pb.ts";
import { type Connection, withConnection } from "./connection.ts";
import type { ModelsFlags } from "./models-flags.ts";
import { dollars } from "./models-money.ts";
import { print, printJSON, printTable } from "./terminal.ts";

const pageSize = 1000;
const head = ["model", "provider", "targets", "context", "in", "out", "cached", ""] as const;
/** Columns of numbers, which end where those of the other rows end. */
const firstNumber = head.indexOf("context");
const lastNumber = head.indexOf("cached");
const unknown = "-";

/** `connector-tool models`. */
export async function models(flags: ModelsFlags): Promise<void> {
  await withConnection(flags, async (connection) => {
    const known = await allModels(connection, flags.provider ?? "");
    const shown = known.filter(({ retired }) => flags.all || retired === (flags.retired ?? false));
    if (flags.json) {
      for (const model of shown) printJSON(toJson(ModelInfoSchema, model));
      return;
    }
    const [titles = head, ...rows] = rightAligned([head, ...shown.map(rowOf)]);
    printTable(titles, rows);
    print("\nin, out, cached: US dollars per million tokens; - is not known\n");
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

function rowOf(model: ModelInfo): readonly string[] {
  const { name, provider, targets, contextTokens, prices } = model;
  return [
    name,
    provider,
    targets.join(", ") || "none",
    contextTokens === 0n ? unknown : contextTokens.toLocaleString("en"),
    ...[prices?.inputNanos, prices?.outputNanos, prices?.cacheReadNanos].map((nanos) =>
      nanos === undefined ? unknown : dollars(nanos),
    ),
    remarksOf(model).join("; "),
  ];
}

function remarksOf({
  sentAs,
  retired,
  retireDate,
  successor,
  prices,
}: ModelInfo): readonly string[] {
  const on = retireDate === "" ? "" : ` ${retireDate}`;
  const next = successor === "" ? "" : `, see ${successor}`;
  const sizes = prices?.tiers.map(({ aboveInputTokens }) => aboveInputTokens.toLocaleString("en"));
  return [
    ...(sentAs === "" ? [] : [`sent as ${sentAs}`]),
    ...(retired ? [`retired${on}${next}`] : []),
    ...(!retired && on !== "" ? [`retires${on}${next}`] : []),
    ...(sizes?.length ? [`other prices above ${sizes.join(", ")} tokens`] : []),
    ...(prices?.untilDate ? [`prices until ${prices.untilDate}`] : []),
  ];
}

function rightAligned(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row.map((cell, column) =>
      column >= firstNumber && column <= lastNumber ? cell.padStart(widths[column] ?? 0) : cell,
    ),
  );
}
