import { environmentTargets, simulatedTargets, type TargetSet } from "./environment-targets.ts";
import { type FileTargetsInput, fileTargets } from "./file-targets.ts";
import type { LoadReport } from "./load-report.ts";
import { textIn } from "./parse-section.ts";
import type { TargetNames } from "./routes.ts";

/** Everything that decides which targets there are. */
export interface ChooseTargetsInput extends FileTargetsInput {
  /** Whether there is a file at all. */
  readonly hasFile: boolean;
}

/**
 * Targets are those of the file; without any there, those that the environment has a key for; and
 * with neither file nor key, simulated ones.
 */
export function chooseTargets(
  input: ChooseTargetsInput,
  report: LoadReport,
): TargetSet & { readonly simulate: boolean } {
  const { list, adapters, environment, simulate } = input;
  if (list !== undefined) return { ...fileTargets(input, report), simulate };
  const found = environmentTargets(adapters, environment, report);
  const nothing = found.targets.length === 0;
  if (simulate || (nothing && !input.hasFile)) {
    return { ...simulatedTargets(adapters), simulate: true };
  }
  if (nothing) report.note("no target is configured: give targets or a key, or --simulate");
  return { ...found, simulate };
}

/** Names that routes may use: those of the file's targets also where they have problems. */
export function targetNames(list: unknown, { targets, disabled }: TargetSet): TargetNames {
  const enabled = new Set(targets.map(({ name }) => name));
  const entries: readonly unknown[] = Array.isArray(list) ? list : [];
  const inFile = entries.map((entry) => textIn(entry, "name"));
  return { enabled, configured: new Set([...enabled, ...disabled.map(byName), ...inFile]) };
}

function byName({ name }: { readonly name: string }): string {
  return name;
}
