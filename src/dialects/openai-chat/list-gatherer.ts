import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { isObject, mergeInto, objectOf, setMember, storable } from "../json.ts";

interface Gathered {
  items: JsonValue[];
  /** Places of the items by their index. */
  readonly places: Map<number, number>;
}

/**
 * Gathers lists that nobody knows from the deltas of a stream, such as Groq's executed tools: an
 * item with an index adds to the one of that index, and a list without indexes takes the place of
 * the last.
 */
export class ListGatherer {
  readonly #lists = new Map<string, Gathered>();

  /** Takes a list of a message or delta. */
  take(name: string, items: readonly JsonValue[]): void {
    const known = this.#lists.get(name);
    const list = known ?? { items: [], places: new Map<number, number>() };
    if (known === undefined) this.#lists.set(name, list);
    if (!items.every((item) => typeof objectOf(item).index === "number")) {
      list.items = items.map(storable);
      list.places.clear();
      return;
    }
    for (const item of items) this.#add(list, objectOf(storable(item)));
  }

  /** The lists by their names. */
  members(): JsonObject {
    const members: JsonObject = {};
    for (const [name, { items }] of this.#lists) setMember(members, name, items);
    return members;
  }

  #add({ items, places }: Gathered, item: JsonObject): void {
    const index = Number(item.index);
    const before = items[places.get(index) ?? -1];
    if (isObject(before)) mergeInto(before, item);
    else places.set(index, items.push({ ...item }) - 1);
  }
}
