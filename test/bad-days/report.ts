import type { DayReport } from "./day-report.ts";
import type { Violation } from "./invariant.ts";

/** The table of figures, one line a scenario. */
export function figuresTable(days: readonly DayReport[]): string {
  const heads = ["scenario", "calls", "attempts", "a call", "OK", "calls/s", "days/day", "broken"];
  const rows = days.map((day) => [
    day.scenario,
    String(day.calls),
    String(day.attempts),
    (day.attempts / day.calls).toFixed(3),
    `${((100 * day.ok) / day.calls).toFixed(2)} %`,
    String(Math.round(day.calls / day.tookSeconds)),
    `${Math.round(day.virtualMs / 1000 / day.tookSeconds)}×`,
    String(day.broken),
  ]);
  return table([heads, ...rows]);
}

/** How often the case of each rule occurred, and how often it was broken. */
export function rulesTable(days: readonly DayReport[]): string {
  const names = [...new Set(days.flatMap(({ checked }) => Object.keys(checked)))];
  const sum = (name: string, which: "checked" | "brokenRules"): string =>
    String(days.reduce((total, day) => total + (day[which][name] ?? 0), 0));
  const rows = names.map((name) => [name, sum(name, "checked"), sum(name, "brokenRules")]);
  return table([["rule", "checked", "broken"], ...rows]);
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join("  "),
    )
    .join("\n");
}

/** What a day was like besides, for people. */
export function dayLines(day: DayReport): string {
  const figures = Object.entries(day.figures).map(
    ([name, value]) => `  ${name}: ${Number(value.toFixed(3))}`,
  );
  const ends = Object.entries(day.ends).map(([end, count]) => `${end} ${count}`);
  return [
    `${day.scenario}: ${day.story}`,
    `  digest ${day.digest}, ${day.timers} timers`,
    `  ends: ${ends.join(", ")}`,
    ...figures,
  ].join("\n");
}

/** A violation with the history of its call. */
export function violationLines({ invariant, what, call, history }: Violation): string {
  const head =
    call < 0 ? `BROKEN ${invariant}: ${what}` : `BROKEN ${invariant}: call ${call}: ${what}`;
  return [head, ...history.map((line) => `    ${line}`)].join("\n");
}
