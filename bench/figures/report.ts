import { type Spread, spreadOf } from "../harness/statistics.ts";
import type { Figure, Round } from "./figure.ts";
import type { SectionResult } from "./run-sections.ts";

/** One line of the result, as `--json` has it. */
export interface Line {
  readonly section: string;
  readonly title: string;
  readonly unit: string;
  readonly digits: number;
  readonly ours: Spread;
  readonly yardstick?: Spread & { readonly name: string };
  /** Ours by the yardstick, of each round by itself. */
  readonly ratio?: Spread;
  readonly target?: { readonly text: string; readonly isMet: boolean };
}

/** The figures of a section; those whose cells could not be measured are left out. */
export function linesOf({ section, rounds }: SectionResult): readonly Line[] {
  return section.figures.flatMap((figure) => lineOf(section.title, figure, rounds) ?? []);
}

function lineOf(section: string, figure: Figure, all: readonly Round[]): Line | undefined {
  const { title, unit, digits, yardstick, target } = figure;
  const pairs = all.flatMap((round) => valuesOf(figure, round) ?? []);
  if (pairs.length === 0) return undefined;
  const ours = spreadOf(pairs.map(({ own }) => own));
  const held = spreadOf(pairs.map(({ other }) => other));
  return {
    ...{ section, title, unit, digits, ours },
    ...(yardstick !== undefined && {
      yardstick: { name: yardstick.name, ...held },
      ratio: spreadOf(pairs.map(({ own, other }) => own / other)),
    }),
    ...(target !== undefined && {
      target: { text: target.text, isMet: target.isMet(ours.median, held.median) },
    }),
  };
}

function valuesOf(figure: Figure, round: Round): { own: number; other: number } | undefined {
  try {
    return { own: figure.ours(round), other: figure.yardstick?.value(round) ?? Number.NaN };
  } catch {
    // A cell that failed has said so itself, among the faults.
    return undefined;
  }
}

/** The lines as a table for people. */
export function tableOf(lines: readonly Line[]): string {
  const rows = lines.map((line, index) => {
    const isFirst = lines[index - 1]?.section !== line.section;
    return (isFirst ? `\n${line.section}\n` : "") + rowOf(line);
  });
  const head = ["", "ours", "spread", "yardstick", "ratio", "target"];
  return [cells(head), ...rows].join("\n");
}

function rowOf({ title, unit, digits, ours, yardstick, ratio, target }: Line): string {
  const number = (value: number): string =>
    value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return cells([
    `  ${title}`,
    `${number(ours.median)} ${unit}`,
    ours.min === ours.max ? "" : `${number(ours.min)}–${number(ours.max)}`,
    yardstick === undefined ? "" : `${yardstick.name} ${number(yardstick.median)}`,
    ratio === undefined ? "" : ratio.median.toFixed(2),
    target === undefined ? "" : `${target.text}: ${target.isMet ? "met" : "MISSED"}`,
  ]);
}

const widths = [28, 21, 17, 23, 6];

function cells([title = "", ...rest]: readonly string[]): string {
  const padded = rest.map((cell, index) => {
    const width = widths[index + 1];
    return width === undefined ? `  ${cell}` : ` ${cell.padStart(width)}`;
  });
  return (title.padEnd(widths[0] ?? 0) + padded.join("")).trimEnd();
}
