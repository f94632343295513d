import { isObject, type JSONObject, type JSONValue, objectOr, textOr } from "../json.ts";
import { seal } from "../seal.ts";

/**
 * What the signature of a part speaks for. That of a call is bound to its name and arguments; those
 * of other parts may move with a text that a client joined from its pieces.
 */
export function signedSubject(part: JSONObject): string {
  if (part.functionCall === undefined) return part.thought === true ? "thought" : "text";
  const { name, args } = objectOr(part.functionCall);
  return `call ${textOr(name)} ${canonical(args ?? {})}`;
}

/** The part with a signature for it. */
export function signPart(part: JSONObject, seed: number, key: string): JSONObject {
  return { ...part, thoughtSignature: seal(seed, "thought", signedSubject(part), key) };
}

/** JSON text that does not depend on the order of members. */
function canonical(value: JSONValue): string {
  if (Array.isArray(value)) return `[${value.map((item: JSONValue) => canonical(item)).join()}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonical(member ?? null)}`);
  return `{${members.join()}}`;
}
