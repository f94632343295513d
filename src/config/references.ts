import { isAbsolute, join } from "node:path";
import { readTextFile } from "./read-file.ts";

/** A text with its references replaced, or why it cannot be. */
export type Expansion =
  | { readonly kind: "text"; readonly text: string; readonly used: readonly string[] }
  | { readonly kind: "missing"; readonly why: string }
  | { readonly kind: "malformed"; readonly why: string };

const secretFileBytesMax = 64 * 1024;
const reference = /\$\$\{|\$\{([^}]*)(\}?)/g;
const variableName = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const filePrefix = "file:";
const malformed = `expected \${NAME} or \${file:/path}; a text with \${ in it has $\${`;

/** Replaces `${NAME}` and `${file:/path}` in texts of the configuration; `$${` stands for `${`. */
export class References {
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #folder: string;

  /** Relative paths start from `folder`. */
  constructor(environment: Readonly<Record<string, string | undefined>>, folder: string) {
    this.#environment = environment;
    this.#folder = folder;
  }

  /**
   * Replaces every reference once: what comes out is not looked at again. A variable that is not
   * set or empty, and a file that cannot be read or is empty, are missing. A file's text is
   * trimmed.
   */
  expand(text: string): Expansion {
    if (!text.includes("${")) return { kind: "text", text, used: [] };
    const used: string[] = [];
    let problem: Expansion | undefined;
    const expanded = text.replace(reference, (whole, name: string | undefined, close: string) => {
      if (name === undefined) return "${";
      const found = close === "" ? undefined : this.#find(name);
      if (found !== undefined && "value" in found) {
        used.push(found.value);
        return found.value;
      }
      problem ??= found ? { kind: "missing", ...found } : { kind: "malformed", why: malformed };
      return whole;
    });
    return problem ?? { kind: "text", text: expanded, used };
  }

  #find(name: string): { readonly value: string } | { readonly why: string } | undefined {
    if (name.startsWith(filePrefix)) return this.#readFile(name.slice(filePrefix.length));
    if (!variableName.test(name)) return undefined;
    const value = Object.hasOwn(this.#environment, name) ? this.#environment[name] : undefined;
    if (value === undefined) return { why: `${name} is not set` };
    return value.trim() === "" ? { why: `${name} is empty` } : { value };
  }

  #readFile(path: string): { readonly value: string } | { readonly why: string } | undefined {
    if (path === "") return undefined;
    const file = readTextFile(
      isAbsolute(path) ? path : join(this.#folder, path),
      secretFileBytesMax,
    );
    if ("problem" in file) return { why: `${path}: ${file.problem}` };
    const value = file.text.trim();
    return value === "" ? { why: `${path} is empty` } : { value };
  }
}

/** Writes a text so that `References.expand` gives it back. */
export function escapeReferences(text: string): string {
  return text.replaceAll("${", () => "$${");
}
