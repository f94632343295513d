import type { Adapter } from "../contract/adapter.ts";
import type { Target } from "../contract/target.ts";
import type { DisabledTarget } from "./configuration.ts";
import type { Environment } from "./environment.ts";
import { notSet, plainTarget, readEnvironmentTarget } from "./environment-target.ts";
import type { LoadReport } from "./load-report.ts";

/** Targets that can be called, and those that cannot. */
export interface TargetSet {
  readonly targets: readonly Target[];
  readonly disabled: readonly DisabledTarget[];
}

/** Makes a target for each adapter whose key, or base URL where it needs no key, is set. */
export function environmentTargets(
  adapters: readonly Adapter[],
  environment: Environment,
  report: LoadReport,
): TargetSet {
  const targets: Target[] = [];
  const disabled: DisabledTarget[] = [];
  for (const adapter of adapters) {
    const { target, missing, problems, notes } = readEnvironmentTarget(adapter, environment);
    for (const note of notes) report.note(note);
    if (missing.length > 0) {
      disabled.push({ name: adapter.name, why: notSet(missing), target: undefined });
      continue;
    }
    for (const { name, message } of problems) report.addOutside("environment", name, message);
    const apiKey = target.apiKey && report.secret(target.apiKey.reveal());
    targets.push({ ...target, apiKey });
  }
  return { targets, disabled };
}

/** A simulated target for each adapter, named after it. Base URLs are the adapters' own. */
export function simulatedTargets(adapters: readonly Adapter[]): TargetSet {
  const targets = adapters.map((adapter) => ({
    ...plainTarget(adapter),
    allowPrivate: true,
    simulated: true,
  }));
  return { targets, disabled: [] };
}
