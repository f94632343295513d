import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { exactText } from "../../contract/exact-json.ts";
import { arrayOf, isObject, setMember, storable, textOf, unknownMembers } from "../json.ts";

const deltaMembers: ReadonlySet<string> = new Set([
  ...["jsonPath", "willContinue", "stringValue", "numberValue", "boolValue", "nullValue"],
]);

/**
 * Arguments of a call that a stream tells bit by bit (`partialArgs`): values at paths such as
 * `$.place.city` or `$.days[0]`, texts in pieces. Lists grow by one at a time.
 */
export class PartialArguments {
  readonly #all: JsonObject = {};
  /** The arguments as they came, if they came at once: a copy would lose digits. */
  #whole: JsonObject | undefined;
  readonly #growing = new Set<string>();
  /** What could not be placed, as it came. */
  readonly unplaced: JsonValue[] = [];

  /** Takes arguments that come whole. */
  takeWhole(args: JsonValue | undefined): void {
    if (!isObject(args)) return;
    this.#whole = Object.keys(this.#all).length === 0 ? args : undefined;
    for (const [name, value] of Object.entries(args)) setMember(this.#all, name, value);
  }

  /** Takes a list of bits. */
  takePartial(deltas: JsonValue | undefined): void {
    for (const delta of arrayOf(deltas)) {
      if (!isObject(delta) || !this.#place(delta) || unknownMembers(delta, deltaMembers)) {
        this.unplaced.push(storable(delta));
      }
      this.#whole = undefined;
    }
  }

  /**
   * The arguments as JSON text. Those of a call that was broken off lack their last brace: they
   * must not pass for whole.
   */
  text(isWhole: boolean): string {
    const text = exactText(this.#whole ?? this.#all);
    return isWhole ? text : text.slice(0, -1);
  }

  #place(delta: JsonObject): boolean {
    const path = textOf(delta.jsonPath);
    const steps = stepsOf(path);
    const last = steps?.at(-1);
    if (steps === undefined || last === undefined) return false;
    const holder = this.#holder(steps);
    const value = deltaValue(delta);
    if (holder === undefined || value === undefined) return false;
    const before = memberOf(holder, last);
    const isMore = this.#growing.has(path) && typeof before === "string";
    if (!put(holder, last, isMore && typeof value === "string" ? before + value : value))
      return false;
    if (delta.willContinue === true) this.#growing.add(path);
    else this.#growing.delete(path);
    return true;
  }

  /** What holds the last step of a path; objects and lists on the way are made. */
  #holder(steps: readonly Step[]): JsonValue | undefined {
    let holder: JsonValue = this.#all;
    for (const [index, step] of steps.slice(0, -1).entries()) {
      const known = memberOf(holder, step);
      const made = typeof steps[index + 1] === "number" ? [] : {};
      const inner: JsonValue = typeof known === "object" && known !== null ? known : made;
      if (inner !== known && !put(holder, step, inner)) return undefined;
      holder = inner;
    }
    return holder;
  }
}

type Step = string | number;

const stepPattern = /\.([^.[\]]+)|\[(\d{1,9})\]|\[(['"])(.*?)\3\]/gy;

/** The steps of a JSON path (RFC 9535) that names one value. Undefined for any other path. */
function stepsOf(path: string): readonly Step[] | undefined {
  if (!path.startsWith("$")) return undefined;
  const steps: Step[] = [];
  let end = 1;
  for (const match of path.slice(1).matchAll(stepPattern)) {
    const [whole, name, place, , quoted] = match;
    steps.push(place === undefined ? (name ?? quoted ?? "") : Number(place));
    end += whole.length;
  }
  return end === path.length ? steps : undefined;
}

function memberOf(holder: JsonValue, step: Step): JsonValue | undefined {
  if (typeof holder !== "object" || holder === null || !Object.hasOwn(holder, step))
    return undefined;
  return (holder as Record<Step, JsonValue>)[step];
}

function put(holder: JsonValue, step: Step, value: JsonValue): boolean {
  if (Array.isArray(holder)) {
    if (typeof step !== "number" || step > holder.length) return false;
    holder[step] = value;
    return true;
  }
  if (!isObject(holder)) return false;
  setMember(holder, String(step), value);
  return true;
}

function deltaValue(delta: JsonObject): JsonValue | undefined {
  const { stringValue, numberValue, boolValue } = delta;
  if (Object.hasOwn(delta, "nullValue")) return null;
  return stringValue ?? numberValue ?? boolValue ?? undefined;
}
