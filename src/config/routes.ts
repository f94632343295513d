import type { ConfiguredRoute } from "./configuration.ts";
import type { Path } from "./configuration-problem.ts";
import type { LoadReport } from "./load-report.ts";
import { checkUnique, parseList, textIn, valueIn } from "./parse-section.ts";
import { PatternChecker, routesMax } from "./route-patterns.ts";
import { routeSchema } from "./schema.ts";
import type { RouteInput } from "./section-inputs.ts";

/** Names of targets, for the check of the routes. */
export interface TargetNames {
  /** All that the configuration has. */
  readonly configured: ReadonlySet<unknown>;
  /** Those that can be called. */
  readonly enabled: ReadonlySet<string>;
}

/** Checks the routes and leaves in each the targets that are enabled. */
export function resolveRoutes(
  list: unknown,
  names: TargetNames,
  report: LoadReport,
): readonly ConfiguredRoute[] {
  if (Array.isArray(list) && list.length > routesMax) {
    report.add(["routes"], `expected at most ${routesMax} routes`);
    return [];
  }
  const parsed = parseList(routeSchema, list, ["routes"], report);
  const entries: readonly unknown[] = Array.isArray(list) ? list : [];
  checkUnique(entries, "id", ["routes"], report);
  const checker = new PatternChecker();
  const idOfPattern = new Map<string, string>();
  for (const [index, entry] of entries.entries()) {
    const path = ["routes", index];
    const pattern = textIn(entry, "model") ?? "";
    const id = textIn(entry, "id") ?? `routes[${index}]`;
    const other = idOfPattern.get(pattern);
    const problem = other === undefined ? checker.check(pattern) : samePattern(other, id);
    if (problem !== undefined) report.add([...path, "model"], problem);
    if (other === undefined && pattern !== "") idOfPattern.set(pattern, id);
    checkTargets(entry, path, names, report);
  }
  return parsed.flatMap((route) => (route ? [configured(route, names, report)] : []));
}

function samePattern(first: string, second: string): string {
  return `routes ${first} and ${second} have the same pattern: only one could match`;
}

function checkTargets(entry: unknown, path: Path, names: TargetNames, report: LoadReport): void {
  const targets = valueIn(entry, "targets");
  if (!Array.isArray(targets)) return;
  for (const [position, target] of targets.entries()) {
    const at = [...path, "targets", position];
    const isName = typeof target === "string";
    if (isName && !names.configured.has(target)) report.add(at, "no target has this name");
    if (targets.indexOf(target) < position) report.add(at, "this target is given twice");
  }
}

function configured(route: RouteInput, names: TargetNames, report: LoadReport): ConfiguredRoute {
  const targets = route.targets.filter((target) => names.enabled.has(target));
  if (targets.length === 0) report.note(`route ${route.id} has no enabled target: its calls fail`);
  return { id: route.id, model: route.model, targets, configured: route.targets };
}
