import type { Path } from "./configuration-problem.ts";
import type { LoadReport } from "./load-report.ts";
import type { References } from "./references.ts";

/** A reference that cannot be replaced where a secret should be. */
export interface MissingKey {
  readonly path: Path;
  /** Such as "OPENAI_API_KEY is not set". */
  readonly why: string;
}

/** The content of a file with its references replaced. */
export interface ExpandedFile {
  readonly value: unknown;
  /** By index of the target: which reference in its key or credentials cannot be replaced. */
  readonly missingKeys: ReadonlyMap<number, MissingKey>;
  /** By index of the target: the variables that are the whole of a key of it. */
  readonly keyVariables: ReadonlyMap<number, readonly KeyVariable[]>;
}

/** A variable that is the whole of a key. */
export interface KeyVariable {
  /** Of the key in the file. */
  readonly path: Path;
  readonly name: string;
}

/**
 * Replaces the references in every text of a file. A missing one in a target's `api_key`,
 * `api_keys` or `credentials` leaves the text out, since it disables the target; everywhere else it
 * is a problem.
 */
export function expandSections(
  value: unknown,
  references: References,
  report: LoadReport,
): ExpandedFile {
  const expander = new Expander(references, report);
  return {
    value: expander.expand(value, []),
    missingKeys: expander.missingKeys,
    keyVariables: expander.keyVariables,
  };
}

/** Keys of targets and callers that hold secrets. */
const secretFields: ReadonlySet<string> = new Set(["api_key", "api_keys", "token", "credentials"]);
const wholeVariable = /^\s*\$\{(\w+)\}\s*$/;

class Expander {
  readonly missingKeys = new Map<number, MissingKey>();
  readonly keyVariables = new Map<number, readonly KeyVariable[]>();
  readonly #references: References;
  readonly #report: LoadReport;

  constructor(references: References, report: LoadReport) {
    this.#references = references;
    this.#report = report;
  }

  expand(input: unknown, path: Path): unknown {
    if (typeof input === "string") return this.#expandText(input, path);
    if (Array.isArray(input)) return input.map((item, i) => this.expand(item, [...path, i]));
    if (typeof input !== "object" || input === null) return input;
    const mapping: Record<string, unknown> = Object.create(null);
    for (const [key, item] of Object.entries(input)) {
      mapping[key] = this.expand(item, [...path, key]);
    }
    return mapping;
  }

  #expandText(text: string, path: Path): string | undefined {
    const field = fieldOf(path);
    if (secretFields.has(field) && path.at(-1) !== "type") this.#report.hide(text.trim());
    const isKey = field === "api_key" || field === "api_keys";
    const target = isKey || field === "credentials" ? Number(path[1]) : undefined;
    const name = isKey ? wholeVariable.exec(text)?.[1] : undefined;
    if (target !== undefined && name) {
      const others = this.keyVariables.get(target) ?? [];
      this.keyVariables.set(target, [...others, { path, name }]);
    }
    const expansion = this.#references.expand(text);
    if (expansion.kind === "text") {
      for (const used of expansion.used) this.#remember(used.trim(), field);
      return expansion.text;
    }
    if (expansion.kind === "malformed" || target === undefined) {
      this.#report.add(path, expansion.why);
    } else if (!this.missingKeys.has(target)) {
      this.missingKeys.set(target, { path, why: expansion.why });
    }
    return undefined;
  }

  /**
   * What goes into a header or body may be a secret; keys and tokens become ones when they are
   * read.
   */
  #remember(used: string, field: string): void {
    if (field === "headers" || field === "body") this.#report.secret(used);
    else this.#report.hide(used);
  }
}

/** The key of a target or caller that a path is at or under. Empty: the path is elsewhere. */
function fieldOf(path: Path): string {
  const [section, , field] = path;
  return section === "targets" || section === "callers" ? String(field ?? "") : "";
}
