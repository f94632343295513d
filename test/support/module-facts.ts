import { parseSync } from "oxc-parser";

/** What one source file says about its surroundings. */
export interface ModuleFacts {
  /** Every module named by an import, re-export, `import()` or `import("…")` type, as written. */
  readonly imports: ReadonlySet<string>;
  /**
   * The uses of globals worth a rule, as `Date.now`, `new Date()` (without arguments) or `fetch()`.
   * Members are listed for the globals in `watchedGlobals`, calls for every plain name.
   */
  readonly globals: ReadonlySet<string>;
  /** What keeps the file from being judged: syntax errors and imports that are not literals. */
  readonly problems: readonly string[];
}

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

interface Collected {
  readonly imports: Set<string>;
  readonly globals: Set<string>;
  readonly problems: string[];
}

const watchedGlobals = new Set(["Date", "Math", "performance", "process", "console"]);

/** Parses `text` as the TypeScript file `path` and collects its facts. Never throws. */
export function moduleFacts(path: string, text: string): ModuleFacts {
  const { program, errors } = parseSync(path, text);
  const collected: Collected = {
    imports: new Set(),
    globals: new Set(),
    problems: errors.map((error) => error.message),
  };
  visit(program, collected);
  return collected;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}

function visit(value: unknown, collected: Collected): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, collected);
  } else if (isNode(value)) {
    collectImport(value, collected);
    collectGlobal(value, collected);
    for (const child of Object.values(value)) visit(child, collected);
  }
}

function collectImport(node: Node, { imports, problems }: Collected): void {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
    case "ImportExpression":
    case "TSImportType":
      // An export of the file's own names has no source.
      if (!isNode(node.source)) return;
      if (typeof node.source.value === "string") imports.add(node.source.value);
      else problems.push("imports a module whose name is not a literal");
      return;
    case "TSExternalModuleReference":
      problems.push("uses `import = require()`");
  }
}

function collectGlobal(node: Node, { globals }: Collected): void {
  switch (node.type) {
    case "MemberExpression": {
      const owner = globalName(node.object);
      const member = memberName(node);
      if (owner && member && watchedGlobals.has(owner)) globals.add(`${owner}.${member}`);
      return;
    }
    case "VariableDeclarator": {
      const owner = globalName(node.init);
      if (owner && watchedGlobals.has(owner)) {
        for (const key of patternKeys(node.id)) globals.add(`${owner}.${key}`);
      }
      return;
    }
    case "NewExpression": {
      const isDate = globalName(node.callee) === "Date";
      if (isDate && Array.isArray(node.arguments) && node.arguments.length === 0) {
        globals.add("new Date()");
      }
      return;
    }
    case "CallExpression": {
      const callee = globalName(node.callee);
      if (callee) globals.add(`${callee}()`);
    }
  }
}

/** The name of a plain identifier or of a member of `globalThis`. */
function globalName(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === "Identifier") return String(node.name);
  const isGlobalMember =
    node.type === "MemberExpression" && globalName(node.object) === "globalThis";
  return isGlobalMember ? memberName(node) : undefined;
}

function memberName(node: Node): string | undefined {
  if (!isNode(node.property)) return undefined;
  if (node.computed !== true) return String(node.property.name);
  return typeof node.property.value === "string" ? node.property.value : undefined;
}

function patternKeys(pattern: unknown): string[] {
  if (!isNode(pattern) || !Array.isArray(pattern.properties)) return [];
  return pattern.properties.flatMap(({ key }) =>
    isNode(key) && key.name ? [String(key.name)] : [],
  );
}
