import { isObject, type JSONObject, type JSONValue } from "../json.ts";

/**
 * Messages by name; each is its fields as `name:type`, parted by spaces. A type is `string`, `int`,
 * `float`, `bool`, `bytes`, `any` (every JSON), `struct` (every object), `enum(A|B)` or the name of
 * a message; `*` after it means repeated, `{}` a map.
 */
export type ProtoMessages = Readonly<Record<string, string>>;

/** What is wrong with JSON that stands for a message. */
export interface ProtoIssue {
  /** Where, such as `generation_config.thinking_config`. Empty: at the top. */
  readonly field: string;
  readonly description: string;
}

/** A message's JSON with every known name in camel case, or what is wrong with it. */
export type ProtoReading =
  | { readonly value: JSONObject; readonly issues: readonly [] }
  | { readonly value: undefined; readonly issues: readonly ProtoIssue[] };

interface Field {
  readonly name: string;
  readonly type: string;
  readonly shape: "one" | "list" | "map";
}

type Fields = ReadonlyMap<string, Field>;

/** Most issues that are told of at once. */
const issuesMax = 10;

/** Reads JSON the way Google's servers do: by both spellings, leniently in numbers and lists. */
export class ProtoReader {
  readonly #messages: ReadonlyMap<string, Fields>;
  readonly #package: string;

  /** @param packageName What stands before the names of messages and enumerations in errors. */
  constructor(messages: ProtoMessages, packageName: string) {
    this.#messages = new Map(
      Object.entries(messages).map(([name, text]) => [name, parseFields(text)]),
    );
    this.#package = packageName;
  }

  /** Reads a message. */
  read(message: string, value: JSONObject): ProtoReading {
    const issues: ProtoIssue[] = [];
    const read = this.#object(message, value, "", issues);
    if (issues.length > 0) return { value: undefined, issues: issues.slice(0, issuesMax) };
    return { value: read, issues: [] };
  }

  #object(message: string, value: JSONObject, path: string, issues: ProtoIssue[]): JSONObject {
    const fields = this.#messages.get(message);
    if (!fields) throw new Error(`no message is named ${message}`);
    const members: [string, JSONValue][] = [];
    for (const [name, member] of Object.entries(value)) {
      const field = fields.get(name);
      if (!field) {
        const where = path === "" ? "" : ` at '${path}'`;
        const unknown = `Unknown name "${name}"${where}: Cannot find field.`;
        issues.push({ field: path, description: `Invalid JSON payload received. ${unknown}` });
      } else if (member !== null && member !== undefined) {
        const where = `${path === "" ? "" : `${path}.`}${snakeCase(field.name)}`;
        members.push([field.name, this.#field(field, member, where, issues)]);
      }
    }
    return Object.fromEntries(members);
  }

  #field(field: Field, value: JSONValue, path: string, issues: ProtoIssue[]): JSONValue {
    const { type, shape } = field;
    if (shape === "list") {
      // One message for a list of them is taken, as Google's own samples write it.
      const items: readonly JSONValue[] = Array.isArray(value) ? value : [value as JSONValue];
      return items.map((item, at) => this.#one(type, item, `${path}[${at}]`, issues));
    }
    if (shape === "map") {
      if (!isObject(value)) return invalid(issues, path, "Map", value);
      const entries = Object.entries(value).map(([name, member], at): [string, JSONValue] => [
        name,
        this.#one(type, member ?? null, `${path}[${at}].value`, issues),
      ]);
      return Object.fromEntries(entries);
    }
    if (Array.isArray(value) && type !== "any") {
      const description =
        "Invalid JSON payload received. Unknown name " +
        `"${field.name}" at '${path.slice(0, path.lastIndexOf("."))}': ` +
        "Proto field is not repeating, cannot start list.";
      issues.push({ field: path, description });
      return value;
    }
    return this.#one(type, value, path, issues);
  }

  #one(type: string, value: JSONValue, path: string, issues: ProtoIssue[]): JSONValue {
    switch (type) {
      case "any":
        return value;
      case "struct":
        return isObject(value) ? value : invalid(issues, path, "google.protobuf.Struct", value);
      case "string":
        return typeof value === "string" ? value : invalid(issues, path, "TYPE_STRING", value);
      case "bool":
        return typeof value === "boolean" ? value : invalid(issues, path, "TYPE_BOOL", value);
      case "int":
      case "float":
        return readNumber(type, value, path, issues);
      case "bytes":
        return readBytes(value, path, issues);
    }
    if (type.startsWith("enum(")) return this.#enum(type, value, path, issues);
    if (isObject(value)) return this.#object(type, value, path, issues);
    return invalid(issues, path, `type.googleapis.com/${this.#package}.${type}`, value);
  }

  /** The words of an enumeration are taken in either case. Its type's name is the field's. */
  #enum(type: string, value: JSONValue, path: string, issues: ProtoIssue[]): JSONValue {
    const words = type.slice("enum(".length, -1).split("|");
    if (typeof value === "number") return words[value] ?? value;
    const word = typeof value === "string" ? value.toUpperCase() : "";
    if (words.includes(word)) return word;
    const field = /(\w+)(?:\[\d+\])?$/.exec(path)?.[1] ?? "";
    const name = field.replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
    return invalid(issues, path, `type.googleapis.com/${this.#package}.${name}`, value);
  }
}

function parseFields(text: string): Fields {
  const fields = new Map<string, Field>();
  for (const [, name = "", type = "", mark] of text.matchAll(/(\w+):([\w|()]+)(\*|\{\})?/g)) {
    const shape = mark === "*" ? "list" : mark === "{}" ? "map" : "one";
    fields.set(name, { name, type, shape });
    fields.set(snakeCase(name), { name, type, shape });
  }
  return fields;
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function invalid(
  issues: ProtoIssue[],
  field: string,
  type: string,
  value: JSONValue | undefined,
): JSONValue {
  const shown = isObject(value) || Array.isArray(value) ? "" : `, ${JSON.stringify(value)}`;
  issues.push({ field, description: `Invalid value at '${field}' (${type})${shown}` });
  return null;
}

/** Numbers may come as text. */
function readNumber(
  type: "int" | "float",
  value: JSONValue,
  path: string,
  issues: ProtoIssue[],
): JSONValue {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  const isRight = typeof number === "number" && Number.isFinite(number);
  if (isRight && (type === "float" || Number.isInteger(number))) return number;
  return invalid(issues, path, type === "int" ? "TYPE_INT32" : "TYPE_FLOAT", value);
}

function readBytes(value: JSONValue, path: string, issues: ProtoIssue[]): JSONValue {
  if (typeof value !== "string") return invalid(issues, path, "TYPE_BYTES", value);
  if (/^[A-Za-z0-9+/_-]*={0,2}$/.test(value)) return value;
  const shown = JSON.stringify(value.slice(0, 40));
  issues.push({
    field: path,
    description: `Invalid value at '${path}' (TYPE_BYTES), Base64 decoding failed for ${shown}`,
  });
  return value;
}
