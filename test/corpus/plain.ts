/** JSON as a test reads it: any object. */
export type Plain = { readonly [name: string]: unknown };

/** Whether a value is an object. */
export function isObject(value: unknown): value is Plain {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value as an object; empty if it is none. */
export function objectOf(value: unknown): Plain {
  return isObject(value) ? value : {};
}

/** The value as a list of objects; what is no object is left out. */
export function objectsOf(value: unknown): readonly Plain[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The value as a text; empty if it is none. */
export function stringOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The value as a count; 0 if it is none. */
export function countOf(value: unknown): number {
  return typeof value === "number" && value > 0 ? value : 0;
}

/** Payloads of an SSE text, read simply: for whole recordings with LF or CRLF, not for a wire. */
export function payloadsOf(text: string): readonly string[] {
  return text
    .split(/\r?\n\r?\n/)
    .map((block) =>
      block
        .split(/\r?\n/)
        .filter((line) => line.startsWith("data:"))
        .map((line) => line.slice(5).replace(/^ /, ""))
        .join("\n"),
    )
    .filter((data) => data !== "");
}

/** The same as objects; marks such as `[DONE]` are left out. */
export function payloadObjects(text: string): readonly Plain[] {
  return payloadsOf(text)
    .filter((data) => data.trimStart().startsWith("{"))
    .map((data) => JSON.parse(data) as Plain);
}
