import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { Frame } from "../../src/contract/adapter.ts";
import { isObject } from "./plain.ts";

/** What is put into an answer that nobody knows yet. */
export type AdditionKind = "member" | "block" | "event";

/** Members whose values are the model's own words, not the provider's. */
const words = ["input", "args", "arguments", "parsed"];

/**
 * Puts something unknown, with a marker in it, anywhere into a body, and says where. Empty: there
 * is no place for it. The body is changed. `closed` are members that are left as they are.
 */
export function addToBody(
  body: JsonObject,
  kind: AdditionKind,
  marker: string,
  random: () => number,
  closed: readonly string[] = [],
): string {
  if (kind === "event") return "";
  const places: { readonly path: string; readonly put: () => void }[] = [];
  visit(body, "", new Set([...words, ...closed]), (value, path) => {
    if (Array.isArray(value)) {
      const block = kind === "block" ? unknownBlock(value, marker) : undefined;
      if (block) places.push({ path, put: () => value.splice(at(value.length + 1), 0, block) });
    } else if (kind === "member") {
      places.push({ path, put: () => setUnknown(value, marker) });
    }
  });
  const at = (length: number): number => Math.floor(random() * length);
  const chosen = places[at(places.length)];
  chosen?.put();
  return chosen === undefined ? "" : `${kind} in ${chosen.path || "the body"}`;
}

/** The same for a stream: into one of its frames, or as a frame of its own. */
export function addToFrames(
  frames: readonly Frame[],
  kind: AdditionKind,
  marker: string,
  random: () => number,
  closed: readonly string[] = [],
): { readonly frames: readonly Frame[]; readonly place: string } {
  const objects = frames.flatMap(({ data }, index) => (data.startsWith("{") ? [index] : []));
  const index = objects[Math.floor(random() * objects.length)];
  const frame = index === undefined ? undefined : frames[index];
  if (frame === undefined || index === undefined) return { frames, place: "" };
  if (kind === "event") {
    const type = "x_unknown_event";
    const added = { event: frame.event && type, data: JSON.stringify({ type, marker }), id: "" };
    return { frames: frames.toSpliced(index, 0, added), place: "event" };
  }
  const body = JSON.parse(frame.data) as JsonObject;
  const place = addToBody(body, kind, marker, random, closed);
  const changed = frames.with(index, { ...frame, data: JSON.stringify(body) });
  const name = frame.event || (typeof body.type === "string" ? body.type : "frame");
  return { frames: changed, place: place && `${name}: ${place}` };
}

function setUnknown(object: JsonObject, marker: string): void {
  object.x_unknown_member = { marker };
}

/**
 * A block as unlike the others of a list as one of a newer release: only its type or name is new.
 */
function unknownBlock(list: readonly JsonValue[], marker: string): JsonObject | undefined {
  const typed = list.some((item) => isObject(item) && typeof item.type === "string");
  return typed ? { type: "x_unknown_block", x_payload: { marker } } : undefined;
}

function visit(
  value: JsonValue,
  path: string,
  left: ReadonlySet<string>,
  take: (value: JsonObject | JsonValue[], path: string) => void,
): void {
  if (Array.isArray(value)) {
    take(value, path);
    for (const item of value) visit(item, `${path}[]`, left, take);
  } else if (isObject(value)) {
    take(value as JsonObject, path);
    for (const [name, member] of Object.entries(value)) {
      const inner = path === "" ? name : `${path}.${name}`;
      if (!left.has(name)) visit(member as JsonValue, inner, left, take);
    }
  }
}
