import type { PeerKind } from "./peer.ts";
import { legend, picture, short, textAt } from "./svg.ts";

/** One row of bars. */
export interface BarRow {
  readonly label: string;
  readonly kind: PeerKind;
  /** One for each series. Undefined: not measured. */
  readonly values: readonly (number | undefined)[];
}

const width = 860;
const labelPx = 262;
const valuePx = 80;
const barPx = 13;
const rowGapPx = 9;
const topPx = 66;
const bottomPx = 16;

/**
 * Bars from zero, rows in their order. With two series the second is paler, and `series` names
 * them. A negative value has no bar, only its number.
 */
export function barChart(chart: {
  readonly title: string;
  readonly series: readonly string[];
  readonly rows: readonly BarRow[];
}): string {
  const { title, series, rows } = chart;
  const most = Math.max(...rows.flatMap(({ values }) => values.map((value) => value ?? 0)), 1e-9);
  const scale = (width - labelPx - valuePx) / most;
  const rowPx = series.length * barPx + rowGapPx;
  const marks = rows.flatMap(({ label, kind, values }, index) => {
    const top = topPx + index * rowPx;
    const middle = top + (series.length * barPx) / 2 + 4;
    const bars = values.flatMap((value, at) => {
      const y = top + at * barPx;
      if (value === undefined) return [textAt({ x: labelPx, y: y + 10 }, "–", "dim")];
      const length = Math.max(value, 0) * scale;
      const classes = at === 0 ? kind : `${kind} pale`;
      const place = `x="${labelPx}" y="${y.toFixed(1)}" width="${length.toFixed(1)}"`;
      return [
        `<rect class="${classes}" stroke="none" ${place} height="${barPx - 2}"/>`,
        textAt({ x: labelPx + length + 5, y: y + 10 }, short(value), "dim"),
      ];
    });
    return [textAt({ x: labelPx - 8, y: middle }, label, "ink", "end"), ...bars];
  });
  const height = topPx + rows.length * rowPx + bottomPx;
  const heading = series.length > 1 ? `${title}: ${series.join(", then paler ")}` : title;
  const kinds = new Set(rows.map(({ kind }) => kind));
  return picture({ width, height, title: heading }, [...legend(kinds, { x: 16, y: 46 }), ...marks]);
}
