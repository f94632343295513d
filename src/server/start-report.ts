import type { Configuration } from "../config/configuration.ts";
import type { Target } from "../contract/target.ts";

/** What a person who starts the server wants to know first. */
export function startReport(configuration: Configuration, targets: readonly Target[]): string {
  const lines = [
    ...(configuration.simulate
      ? ["No real provider is called: every answer is simulated, and says so."]
      : []),
    ...targets.map(targetLine),
    ...configuration.disabled.map(({ name, why }) => `  ${name}: disabled: ${why}`),
    ...configuration.notes.map((note) => `  note: ${note}`),
  ];
  return `${lines.join("\n")}\n`;
}

function targetLine({ name, adapter, dialect, host, baseURL, region, simulated }: Target): string {
  const cloud = host === "direct" ? "" : ` on ${host}`;
  const place = region === "" ? "" : ` (${region})`;
  const where = simulated ? ", simulated" : ` at ${baseURL}`;
  return `  ${name}: ${adapter.name}${cloud}, ${dialect.name}${place}${where}`;
}
