import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseSync } from "oxc-parser";

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

const root = new URL("../../", import.meta.url);

/**
 * The titles of the tests in a file, as they stand in it; `file` is a path from the root. Throws if
 * there is no such file.
 */
export function testTitles(file: string): ReadonlySet<string> {
  const text = readFileSync(fileURLToPath(new URL(file, root)), "utf8");
  const titles = new Set<string>();
  collect(parseSync(file, text).program, titles);
  return titles;
}

function collect(value: unknown, titles: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, titles);
    return;
  }
  if (!isNode(value)) return;
  if (value.type === "CallExpression" && isTest(value.callee)) {
    const [title] = value.arguments as readonly Node[];
    if (typeof title?.value === "string") titles.add(title.value);
  }
  for (const child of Object.values(value)) collect(child, titles);
}

/** Whether a call is of `it` or `test`, also by `.each(…)` and `.prop(…)`. */
function isTest(callee: unknown): boolean {
  if (!isNode(callee)) return false;
  if (callee.type === "CallExpression") return isTest(callee.callee);
  if (callee.type === "MemberExpression") return isTest(callee.object);
  return callee.type === "Identifier" && ["it", "test"].includes(String(callee.name));
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}
