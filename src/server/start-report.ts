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

function targetLine(target: Target): string {
  const { name, adapter, dialect, host, baseURL, region, zone, simulated } = target;
  const cloud = host === "direct" ? "" : ` on ${host}`;
  const places = [region, zone === undefined ? "" : `zone ${zone}`].filter((text) => text !== "");
  const place = places.length === 0 ? "" : ` (${places.join(", ")})`;
  const where = simulated ? ", simulated" : ` at ${baseURL}`;
  return `  ${name}: ${adapter.name}${cloud}, ${dialect.name}${place}${where}`;
}
