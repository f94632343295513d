import type { PeerKind } from "./peer.ts";
import { gridLine, legend, type Point, picture, short, textAt } from "./svg.ts";

/** One line of a chart. */
export interface ChartLine {
  readonly label: string;
  readonly kind: PeerKind;
  readonly points: readonly Point[];
}

const width = 880;
const height = 460;
const area = { left: 64, top: 66, right: 620, bottom: 410 };
const labelGapPx = 14;

/** Lines over two logarithmic axes, each named at its right end. Values must be over 0. */
export function lineChart(chart: {
  readonly title: string;
  readonly xTitle: string;
  readonly xTicks: readonly { readonly x: number; readonly word: string }[];
  readonly lines: readonly ChartLine[];
}): string {
  const { title, xTitle, xTicks } = chart;
  const lines = chart.lines.filter(({ points }) => points.length > 0);
  const ys = lines.flatMap(({ points }) => points.map(({ y }) => Math.log10(y)));
  const [low, high] = [Math.floor(Math.min(...ys, 1)), Math.ceil(Math.max(...ys, 2))];
  const xs = xTicks.map(({ x }) => Math.log10(x));
  const [first, last] = [Math.min(...xs), Math.max(...xs)];
  const place = ({ x, y }: Point): Point => ({
    x: area.left + ((Math.log10(x) - first) / (last - first)) * (area.right - area.left),
    y: area.bottom - ((Math.log10(y) - low) / (high - low)) * (area.bottom - area.top),
  });
  const powers = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
  const grid = [
    ...powers.flatMap((power) => {
      const { y } = place({ x: 10 ** first, y: power });
      const word = textAt({ x: area.left - 8, y: y + 4 }, short(power), "dim", "end");
      return [gridLine({ x: area.left, y }, { x: area.right, y }), word];
    }),
    ...xTicks.map(({ x, word }) => {
      const at = { x: place({ x, y: 1 }).x, y: area.bottom + 18 };
      return textAt(at, word, "dim", "middle");
    }),
    textAt({ x: (area.left + area.right) / 2, y: height - 12 }, xTitle, "dim", "middle"),
  ];
  const kinds = new Set(lines.map(({ kind }) => kind));
  return picture({ width, height, title }, [
    ...legend(kinds, { x: 16, y: 46 }),
    ...grid,
    ...lines.map(({ kind, points }) => path(kind, points.map(place))),
    ...labelsOf(lines.map((line) => ({ ...line, points: line.points.map(place) }))),
  ]);
}

function path(kind: PeerKind, points: readonly Point[]): string {
  const steps = points.map(({ x, y }, index) => {
    return `${index === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  const dots = points.map(({ x, y }) => {
    return `<circle class="${kind}" cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="2.5"/>`;
  });
  return `<path class="${kind} line" style="fill:none" d="${steps.join("")}"/>${dots.join("")}`;
}

/** Names at the right ends, moved apart where they would lie on each other. */
function labelsOf(lines: readonly ChartLine[]): string[] {
  const ends = lines.map(({ label, kind, points }) => ({ label, kind, end: points.at(-1) }));
  const sorted = ends.toSorted((a, b) => (a.end?.y ?? 0) - (b.end?.y ?? 0));
  let free = Number.NEGATIVE_INFINITY;
  return sorted.flatMap(({ label, kind, end }) => {
    if (end === undefined) return [];
    const y = Math.max(end.y + 4, free);
    free = y + labelGapPx;
    return [textAt({ x: area.right + 10, y }, label, `${kind} label`)];
  });
}
