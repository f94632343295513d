import type { PeerKind } from "./peer.ts";

/** Where a mark stands. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What the colours of peers mean: the words of the legend. */
const kindWords: Readonly<Record<PeerKind, string>> = {
  ours: "Connectors",
  gateway: "gateways",
  floor: "floors: proxies and hops that know nothing of models",
  library: "in the caller's process",
};

const style = `
  .page{fill:#ffffff} .ink{fill:#1f2328} .dim{fill:#59636e} .grid{stroke:#d1d9e0;stroke-width:1}
  text{font:12px system-ui,sans-serif} .title{font-weight:600;font-size:15px}
  .ours{fill:#0969da;stroke:#0969da} .gateway{fill:#bc4c00;stroke:#bc4c00}
  .floor{fill:#6e7781;stroke:#6e7781} .library{fill:#1a7f37;stroke:#1a7f37}
  .pale{opacity:.45} .line{fill:none;stroke-width:1.6} .line.ours{stroke-width:3}
  .label{stroke:none}
  @media (prefers-color-scheme:dark){
    .page{fill:#0d1117} .ink{fill:#f0f6fc} .dim{fill:#9198a1} .grid{stroke:#3d444d}
    .ours{fill:#58a6ff;stroke:#58a6ff} .gateway{fill:#f0883e;stroke:#f0883e}
    .floor{fill:#9198a1;stroke:#9198a1} .library{fill:#3fb950;stroke:#3fb950}
    .line{fill:none}
  }`;

/** A whole picture with a title, in the reader's light or dark. */
export function picture(
  { width, height, title }: { width: number; height: number; title: string },
  marks: readonly string[],
): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}"`,
    ` height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${style}\n</style>`,
    `<rect class="page" width="${width}" height="${height}"/>`,
    textAt({ x: 16, y: 24 }, title, "ink title"),
    ...marks,
    "</svg>\n",
  ].join("\n");
}

/** Words at a place; `anchor` says which end of them lies there. */
export function textAt(
  { x, y }: Point,
  words: string,
  classes: string,
  anchor: "start" | "middle" | "end" = "start",
): string {
  const place = `x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"`;
  return `<text class="${classes}" ${place}>${escaped(words)}</text>`;
}

/** A line of the grid. */
export function gridLine(from: Point, to: Point): string {
  const [x1, y1, x2, y2] = [from.x, from.y, to.x, to.y].map((value) => value.toFixed(1));
  return `<line class="grid" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;
}

/** What the colours mean, in one row. */
export function legend(kinds: ReadonlySet<PeerKind>, { x, y }: Point): string[] {
  const squarePx = 10;
  const gapPx = 22;
  const characterPx = 6.4;
  let at = x;
  return [...kinds].flatMap((kind) => {
    const square = `<rect class="${kind}" x="${at}" y="${y - 9}" width="10" height="10"/>`;
    const words = textAt({ x: at + squarePx + 5, y }, kindWords[kind], "dim");
    at += squarePx + gapPx + kindWords[kind].length * characterPx;
    return [square, words];
  });
}

/** A number for people: three figures, thousands with commas. */
export function short(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
