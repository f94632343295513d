import type { Frame } from "./cpu-profile.ts";
import { type Room, roomOf, rooms } from "./room-of.ts";

const width = 1_600;
const rowHeight = 17;
const headHeight = 64;
const characterWidth = 6.6;
/** Narrower ones cannot be seen. */
const pixelsMin = 0.4;
/** Deeper calls are left out. */
const depthMax = 120;

/**
 * A flame graph as an SVG that needs nothing else: each call is as wide as its time and stands on
 * the one that called it, in the colour of its room. Under the pointer it tells its name, its place
 * and its share.
 */
export function flameGraph(root: Frame, title: string): string {
  const boxes: string[] = [];
  const deepest = drawn(root.children, { left: 0, depth: 0, whole: root.total }, boxes);
  const height = headHeight + (deepest + 1) * rowHeight + 8;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
      `viewBox="0 0 ${width} ${height}" font-family="monospace" font-size="11">`,
    `<style>g:hover>rect{stroke:#000}</style>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="8" y="20" font-size="15">${escaped(title)}</text>`,
    ...legend(),
    // Calls stand on their callers.
    ...boxes.map((box) => box.replace("{bottom}", String(height - 8))),
    "</svg>\n",
  ].join("\n");
}

interface Place {
  readonly left: number;
  readonly depth: number;
  readonly whole: number;
}

/** Draws calls side by side, and on each what it called. Returns the greatest depth. */
function drawn(frames: readonly Frame[], place: Place, boxes: string[]): number {
  let { left } = place;
  let deepest = place.depth;
  for (const frame of frames) {
    const pixels = (frame.total / place.whole) * width;
    if (pixels >= pixelsMin && place.depth < depthMax) {
      boxes.push(box(frame, { ...place, left }, pixels));
      deepest = Math.max(
        deepest,
        drawn(frame.children, { ...place, left, depth: place.depth + 1 }, boxes),
      );
    }
    left += pixels;
  }
  return deepest;
}

function box(frame: Frame, { left, depth, whole }: Place, pixels: number): string {
  const { functionName, url, lineNumber } = frame.function;
  const name = functionName || "(anonymous)";
  const room = roomOf(frame.function);
  const percent = (samples: number): string => `${((samples / whole) * 100).toFixed(2)} %`;
  const where = url === "" ? "" : `\n${shortened(url)}:${lineNumber + 1}`;
  const told = `${name}${where}\n${room}: ${percent(frame.total)}, itself ${percent(frame.self)}`;
  const characters = Math.floor((pixels - 4) / characterWidth);
  const y = -(depth + 1) * rowHeight;
  const label =
    characters < 3
      ? ""
      : `<text x="${(left + 2).toFixed(1)}" y="${y + 12}">${escaped(name.slice(0, characters))}</text>`;
  return (
    `<g transform="translate(0 {bottom})"><title>${escaped(told)}</title>` +
    `<rect x="${left.toFixed(1)}" y="${y}" width="${Math.max(pixels - 0.3, 0.2).toFixed(1)}" ` +
    `height="${rowHeight - 1}" fill="${colour(room)}"/>${label}</g>`
  );
}

function legend(): readonly string[] {
  return rooms.map((room, index) => {
    const x = 8 + (index % 9) * 176;
    const y = 30 + Math.floor(index / 9) * 16;
    return (
      `<rect x="${x}" y="${y}" width="11" height="11" fill="${colour(room)}"/>` +
      `<text x="${x + 15}" y="${y + 10}">${escaped(room)}</text>`
    );
  });
}

/** Hues as far from each other as there are rooms. */
function colour(room: Room): string {
  const index = rooms.indexOf(room);
  return `hsl(${Math.round((index * 360 * 5) / rooms.length) % 360} 65% ${72 + (index % 3) * 5}%)`;
}

/** Without what all paths of this checkout have in common. */
function shortened(url: string): string {
  const root = new URL("../../", import.meta.url).href;
  return url.startsWith(root) ? url.slice(root.length) : url;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
