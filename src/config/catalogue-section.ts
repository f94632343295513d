import { resolve } from "node:path";
import type { Adapter, ProviderModels } from "../contract/adapter.ts";
import { readCatalogueFile } from "./catalogue-file.ts";
import type { Catalogue } from "./configuration.ts";
import type { LoadReport } from "./load-report.ts";
import { parseSection } from "./parse-section.ts";
import { catalogueSchema } from "./schema.ts";

/** What the files of `catalogue` start from, and whom they may speak of. */
export interface CatalogueOrigin {
  /** Folder that relative paths start from, absolute. */
  readonly folder: string;
  readonly adapters: readonly Adapter[];
}

/** `catalogue`: reads every file of it, and reports every problem with its place in that file. */
export function resolveCatalogue(
  input: unknown,
  { folder, adapters }: CatalogueOrigin,
  report: LoadReport,
): Catalogue {
  const paths =
    (input === undefined ? [] : parseSection(catalogueSchema, input, ["catalogue"], report)) ?? [];
  const files = paths.map((path) => resolve(folder, path));
  const models = files.flatMap((file): readonly ProviderModels[] => {
    const reading = readCatalogueFile(file);
    if ("problems" in reading) {
      for (const problem of reading.problems) report.addElsewhere(problem);
      return [];
    }
    const { provider } = reading.catalogue;
    const names = adapters.map(({ name }) => name);
    if (names.includes(provider)) return [reading.catalogue];
    const message = `expected one of ${names.join(", ")}`;
    report.addElsewhere({ file, line: 1, column: 1, path: "provider", message });
    return [];
  });
  return { files, models };
}
