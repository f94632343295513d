import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseCatalogue } from "../config/catalogue-file.ts";
import { readTextFile } from "../config/read-file.ts";
import type { KnownModel } from "../contract/adapter.ts";
import { systemClock } from "../contract/clock.ts";
import { adapters } from "../providers/index.ts";
import { compareModels, type Difference } from "./models-compare.ts";
import type { SyncFlags } from "./models-flags.ts";
import { type ListKind, readPublicList } from "./models-list.ts";
import { catalogueYAML, type Origin } from "./models-yaml.ts";
import { print, printJSON, printTable } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

const listBytesMax = 64 * 1024 * 1024;
const problemsMax = 100;
const sources: Readonly<Record<ListKind, string>> = {
  "models.dev": "https://models.dev/api.json",
  LiteLLM:
    "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json",
};

/** `connector-tool models sync FILE`. Throws Error with every problem; then nothing is written. */
export function syncModels(file: string, flags: SyncFlags): void {
  const chosen = adapters.filter(
    ({ name }) => flags.provider === undefined || flags.provider === name,
  );
  if (chosen.length === 0) {
    const names = adapters.map(({ name }) => name).join(", ");
    throw new UsageError(`--provider: no adapter has this name; there are: ${names}`);
  }
  const { kind, models } = readList(file);
  const catalogue = chosen.map(({ name, models: known }) => ({ provider: name, models: known }));
  const names = new Set(catalogue.map(({ provider }) => provider));
  const differences = compareModels(
    catalogue,
    models.filter(({ provider }) => names.has(provider)),
  );
  const origin = { source: flags.source ?? sources[kind], asOf: flags.asOf ?? today() };
  const files = flags.out === undefined ? [] : writeFiles(flags.out, differences, origin);
  if (flags.json) {
    for (const { entry: _, ...difference } of differences) printJSON(difference);
  } else {
    tell(kind, differences);
    for (const path of files) print(`wrote ${path}\n`);
  }
}

function readList(file: string): {
  readonly kind: ListKind;
  readonly models: ReturnType<typeof modelsOf>;
} {
  const read = readTextFile(file, listBytesMax);
  if ("problem" in read) throw new Error(`${file}: ${read.problem}`);
  let list: unknown;
  try {
    list = JSON.parse(read.text);
  } catch (error) {
    throw new Error(`${file}: this is not JSON: ${placeOfMistake(error, read.text)}`);
  }
  const found = readPublicList(list);
  if (found === undefined) {
    throw new Error(`${file}: this is neither the list of models.dev nor that of LiteLLM`);
  }
  return { kind: found.kind, models: modelsOf(found, file) };
}

function modelsOf(
  { models, problems }: NonNullable<ReturnType<typeof readPublicList>>,
  file: string,
): NonNullable<ReturnType<typeof readPublicList>>["models"] {
  if (problems.length === 0) return models;
  const shown = problems.slice(0, problemsMax).map((problem) => `${file} ${problem}`);
  const rest = problems.length - shown.length;
  if (rest > 0) shown.push(`${file}: ${rest} more problems are not shown`);
  throw new Error(`the list has ${problems.length} problems\n  ${shown.join("\n  ")}`);
}

/** Where the parser stopped, as line and column. */
function placeOfMistake(error: unknown, text: string): string {
  const message = error instanceof Error ? error.message : "";
  const position = /at position (\d+)/.exec(message)?.[1];
  const before = text.slice(0, position === undefined ? text.length : Number(position));
  const line = before.split("\n").length;
  return `see line ${line}, column ${before.length - before.lastIndexOf("\n")}`;
}

function tell(kind: ListKind, differences: readonly Difference[]): void {
  const counts = (["new", "changed", "missing"] as const).map(
    (each) => `${differences.filter((difference) => difference.kind === each).length} ${each}`,
  );
  print(`a list of ${kind}: ${counts.join(", ")}\n\n`);
  if (differences.length === 0) return;
  printTable(
    ["", "provider", "at", "model", "what"],
    differences.map(({ kind: what, provider, place, model, changes }) => [
      what,
      provider,
      place || "direct",
      model,
      changes.join("; "),
    ]),
  );
}

/** Writes one file a provider, all or none. None of them may exist. */
function writeFiles(
  folder: string,
  differences: readonly Difference[],
  origin: Origin,
): readonly string[] {
  const texts = new Map<string, string>();
  for (const { provider } of differences) {
    const path = join(folder, `${provider}.yaml`);
    const models = entriesOf(differences.filter((each) => each.provider === provider));
    if (models.length > 0) texts.set(path, catalogueYAML(provider, models, origin));
  }
  for (const [path, text] of texts) {
    if (existsSync(path)) throw new Error(`${path}: this file exists; choose another folder`);
    const reading = parseCatalogue(text, path);
    if ("problems" in reading) {
      const [problem] = reading.problems;
      throw new UsageError(`${problem?.path}: ${problem?.message}`);
    }
  }
  mkdirSync(folder, { recursive: true });
  const written: string[] = [];
  try {
    for (const [path, text] of texts) {
      writeFileSync(`${path}.new`, text, { flag: "wx" });
      written.push(`${path}.new`);
    }
  } catch (error) {
    for (const path of written) rmSync(path);
    throw error;
  }
  for (const path of texts.keys()) renameSync(`${path}.new`, path);
  return [...texts.keys()];
}

/** One entry a name: a model may be listed at several places. */
function entriesOf(differences: readonly Difference[]): readonly KnownModel[] {
  const entries = new Map<string, KnownModel>();
  for (const { entry } of differences) {
    if (entry === undefined) continue;
    const key = entry.name.toLowerCase();
    const before = entries.get(key);
    const pricesAt = { ...before?.pricesAt, ...entry.pricesAt };
    entries.set(key, {
      ...before,
      ...entry,
      ...(Object.keys(pricesAt).length > 0 && { pricesAt }),
    });
  }
  return [...entries.values()];
}

function today(): string {
  return new Date(systemClock.wallTimeMs()).toISOString().slice(0, 10);
}
