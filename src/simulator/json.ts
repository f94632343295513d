/** A value that JSON can hold. Absent members are `undefined`, which JSON text leaves out. */
export type JSONValue = null | boolean | number | string | readonly JSONValue[] | JSONObject;

/** A JSON object. */
export interface JSONObject {
  readonly [key: string]: JSONValue | undefined;
}

/** Whether a value is a JSON object, and neither null nor an array. */
export function isObject(value: unknown): value is JSONObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The objects among the items of a list; none where the value is not a list. */
export function objectsIn(value: unknown): readonly JSONObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The value if it is an object, else an empty one. */
export function objectOr(value: unknown): JSONObject {
  return isObject(value) ? value : {};
}

/** The value if it is text, else the other text. */
export function textOr(value: unknown, other = ""): string {
  return typeof value === "string" ? value : other;
}

/** The value if it is a number, else undefined. */
export function numberIn(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** The texts in a list; the value itself if it is text; none otherwise. */
export function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
