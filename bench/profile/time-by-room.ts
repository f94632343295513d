import type { Frame } from "./cpu-profile.ts";
import { type Room, roomOf, rooms } from "./room-of.ts";

/** Where the time of a call or of a chunk goes. */
export interface TimeByRoom {
  /** CPU time of all threads, µs. */
  readonly microseconds: number;
  /** Of them on threads beside the main one: collection and compilation. */
  readonly otherThreads: number;
  /** On the main thread, µs. */
  readonly rooms: Readonly<Record<Room, number>>;
}

/** Spreads the time of the main thread over the rooms by the samples that saw them at work. */
export function timeByRoom(tree: Frame, microseconds: number, mainShare: number): TimeByRoom {
  const samples = Object.fromEntries(rooms.map((room) => [room, 0])) as Record<Room, number>;
  count(tree, samples);
  const perSample = (microseconds * mainShare) / tree.total;
  const times = rooms.map((room) => [room, samples[room] * perSample]);
  return {
    microseconds,
    otherThreads: microseconds * (1 - mainShare),
    rooms: Object.fromEntries(times) as Record<Room, number>,
  };
}

function count(frame: Frame, samples: Record<Room, number>): void {
  samples[roomOf(frame.function)] += frame.self;
  for (const child of frame.children) count(child, samples);
}

/** The table in Markdown, which can be read as it is too. */
export function timeTable(call: TimeByRoom, chunk: TimeByRoom): readonly string[] {
  const row = (title: string, ofCall: number, ofChunk: number): string =>
    `| ${title.padEnd(27)} | ${cell(ofCall, call.microseconds)} | ${cell(ofChunk, chunk.microseconds)} |`;
  return [
    "| where                       | µs a call    |         | µs a chunk   |         |",
    "|-----------------------------|-------------:|--------:|-------------:|--------:|",
    ...rooms.map((room) => row(room, call.rooms[room], chunk.rooms[room])),
    row("other threads", call.otherThreads, chunk.otherThreads),
    row("all", call.microseconds, chunk.microseconds),
  ];
}

function cell(microseconds: number, whole: number): string {
  const percent = `${((100 * microseconds) / whole).toFixed(1)} %`;
  return `${microseconds.toFixed(2).padStart(12)} | ${percent.padStart(7)}`;
}
