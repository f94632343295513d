import type { z } from "zod";
import { nearestNames } from "../contract/nearest-names.ts";
import type { Path } from "./configuration-problem.ts";
import type { LoadReport } from "./load-report.ts";
import { keysAt } from "./schema.ts";

/** Unknown keys of one mapping that get a hint. */
const hintsMax = 100;

/** Checks a part of the file and reports every problem with its path. Unset: it had some. */
export function parseSection<T>(
  schema: z.ZodType<T>,
  input: unknown,
  path: Path,
  report: LoadReport,
): T | undefined {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const inner = [...path, ...issue.path.filter((segment) => typeof segment !== "symbol")];
    if (issue.code === "unrecognized_keys") {
      const known = keysAt(inner);
      for (const [index, key] of issue.keys.entries()) {
        report.add([...inner, key], index < hintsMax ? unknownKey(key, known) : "unknown key");
      }
    } else {
      report.add(inner, issue.message);
    }
  }
  return undefined;
}

/** Checks every entry of a list by itself. Entries with problems are undefined. */
export function parseList<T>(
  schema: z.ZodType<T>,
  input: unknown,
  path: Path,
  report: LoadReport,
): readonly (T | undefined)[] {
  if (input === undefined) return [];
  if (Array.isArray(input)) {
    return input.map((item, index) => parseSection(schema, item, [...path, index], report));
  }
  report.add(path, "expected a list");
  return [];
}

/** What an entry, which may be anything, has under a key. */
export function valueIn(entry: unknown, key: string): unknown {
  return typeof entry === "object" && entry !== null ? Reflect.get(entry, key) : undefined;
}

/** The same where it is a text. */
export function textIn(entry: unknown, key: string): string | undefined {
  const value = valueIn(entry, key);
  return typeof value === "string" ? value : undefined;
}

/** Reports every entry of a list that has a name of an earlier one under `key`. */
export function checkUnique(
  entries: readonly unknown[],
  key: string,
  path: Path,
  report: LoadReport,
): void {
  const seen = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    const name = textIn(entry, key);
    if (name === undefined) continue;
    if (seen.has(name)) report.add([...path, index, key], "this name is taken by an entry above");
    seen.add(name);
  }
}

function unknownKey(key: string, known: readonly string[]): string {
  // What is not written like a key may be a secret in the wrong place, and is not quoted.
  const shown =
    /^[a-z]+(?:_[a-z]+)*$/.test(key) && key.length <= 40 ? `unknown key "${key}"` : "unknown key";
  const near = nearestNames(key, known)[0];
  if (near !== undefined) return `${shown}: did you mean ${near}?`;
  return `${shown}: expected one of ${known.join(", ")}`;
}
