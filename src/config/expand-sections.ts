import type { Path } from "./configuration-problem.ts";
import type { LoadReport } from "./load-report.ts";
import type { References } from "./references.ts";

/** The content of a file with its references replaced. */
export interface ExpandedFile {
  readonly value: unknown;
  /** By index of the target: why the reference in its `api_key` cannot be replaced. */
  readonly missingKeys: ReadonlyMap<number, string>;
  /** By index of the target: the variable that is the whole of its `api_key`. */
  readonly keyVariables: ReadonlyMap<number, string>;
}

/**
 * Replaces the references in every text of a file. A missing one in a target's `api_key` leaves the key
 * out, since it disables the target; everywhere else it is a problem.
 */
export function expandSections(
  value: unknown,
  references: References,
  report: LoadReport,
): ExpandedFile {
  const missingKeys = new Map<number, string>();
  const keyVariables = new Map<number, string>();
  const expand = (input: unknown, path: Path): unknown => {
    if (typeof input === "string") return expandText(input, path);
    if (Array.isArray(input)) return input.map((item, index) => expand(item, [...path, index]));
    if (typeof input !== "object" || input === null) return input;
    const mapping: Record<string, unknown> = Object.create(null);
    for (const [key, item] of Object.entries(input)) mapping[key] = expand(item, [...path, key]);
    return mapping;
  };
  const expandText = (text: string, path: Path): string | undefined => {
    const expansion = references.expand(text);
    const target = isAPIKey(path) ? path[1] : undefined;
    const variable = /^\s*\$\{(\w+)\}\s*$/.exec(text)?.[1];
    if (typeof target === "number" && variable) keyVariables.set(target, variable);
    if (isSecret(path)) report.hide(text.trim());
    if (expansion.kind === "text") {
      for (const used of expansion.used) report.hide(used.trim());
      return expansion.text;
    }
    if (expansion.kind === "missing" && typeof target === "number") {
      missingKeys.set(target, expansion.why);
    } else report.add(path, expansion.why);
    return undefined;
  };
  return { value: expand(value, []), missingKeys, keyVariables };
}

function isAPIKey(path: Path): boolean {
  return path.length === 3 && path[0] === "targets" && path[2] === "api_key";
}

function isSecret(path: Path): boolean {
  return isAPIKey(path) || path.includes("token") || path.includes("credentials");
}
