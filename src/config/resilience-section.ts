import type { CallDefaults } from "../contract/call-defaults.ts";
import type { Limits } from "../contract/limits.ts";
import { defaultResilience, type ResilienceSettings } from "../resilience/settings.ts";
import type { LoadReport } from "./load-report.ts";
import { parseSection } from "./parse-section.ts";
import { resilienceKey, resilienceNames, resiliencePairs } from "./resilience-range.ts";
import { resilienceSchema } from "./schema.ts";

/** `resilience`, completed: the attempts and the places of a target are set elsewhere. */
export function resolveResilience(
  input: unknown,
  { maxAttempts }: CallDefaults,
  { targetCalls, targetQueue }: Limits,
  report: LoadReport,
): ResilienceSettings {
  const given = parseSection(resilienceSchema, input ?? {}, ["resilience"], report) ?? {};
  const named = resilienceNames.map((name) => [
    name,
    given[resilienceKey(name)] ?? defaultResilience[name],
  ]);
  const settings: ResilienceSettings = {
    ...defaultResilience,
    ...Object.fromEntries(named),
    attempts: maxAttempts,
    targetConcurrency: targetCalls,
    targetQueue,
  };
  for (const [first, last] of resiliencePairs) {
    if (settings[first] <= settings[last]) continue;
    const [key, other] = [first, last].map((name) => resilienceKey(name));
    const isGiven = given[resilienceKey(first)] !== undefined;
    const message = isGiven ? `is over ${other}` : `is under ${key}`;
    report.add(
      ["resilience", (isGiven ? key : other) ?? ""],
      `${message} (${settings[isGiven ? last : first]})`,
    );
  }
  return settings;
}
