import { isObject } from "../json.ts";
import type { Issue, Shape } from "../shape.ts";
import type { Refusal } from "../wire.ts";
import { invalid } from "./failures.ts";

/** An issue in the provider's words, with its parameter and code. */
export function issueRefusal({ problem, path, shape, value }: Issue): Refusal {
  const param = pathText(path);
  const refuse = (code: string, message: string): Refusal => invalid(message, { param, code });
  switch (problem) {
    case "unknown":
      return refuse("unknown_parameter", `Unknown parameter: '${param}'.`);
    case "missing":
      return refuse("missing_required_parameter", `Missing required parameter: '${param}'.`);
    case "choice":
    case "tag": {
      const known =
        shape.kind === "tagged" ? shape.known : shape.kind === "text" ? shape.oneOf : [];
      const supported = `Supported values are: ${quoted(known ?? [])}.`;
      const where = shape.kind === "tagged" ? `${param}.${shape.tag}` : param;
      const message = `Invalid value: '${String(value)}'. ${supported}`;
      return invalid(message, { param: where, code: "invalid_value" });
    }
    case "pattern": {
      const pattern = shape.kind === "text" ? shape.pattern?.source : "";
      const message =
        `Invalid '${param}': string does not match pattern. Expected a string ` +
        `that matches the pattern '${pattern}'.`;
      return refuse("invalid_value", message);
    }
    case "empty": {
      const message =
        `Invalid '${param}': empty array. Expected an array with minimum ` +
        "length 1, but got an empty array instead.";
      return refuse("empty_array", message);
    }
    case "below":
    case "above":
      return boundRefusal(problem, param, shape, value);
    case "type":
      return refuse(
        "invalid_type",
        `Invalid type for '${param}': expected ${typeName(shape)}, but got ` +
          `${valueName(value)} instead.`,
      );
  }
}

function boundRefusal(
  problem: "below" | "above",
  param: string,
  shape: Shape,
  value: Issue["value"],
): Refusal {
  if (shape.kind !== "number") return invalid(`Invalid '${param}'.`, { param });
  const noun = shape.whole ? "integer" : "decimal";
  const [side, sign, bound] =
    problem === "below" ? ["minimum", ">=", shape.min] : ["maximum", "<=", shape.max];
  const message =
    `Invalid '${param}': ${noun} ${problem} ${side} value. Expected a value ` +
    `${sign} ${bound}, but got ${value} instead.`;
  return invalid(message, { param, code: `${noun}_${problem}_${side.slice(0, 3)}_value` });
}

function pathText(path: Issue["path"]): string {
  const steps = path.filter((step) => typeof step !== "object");
  return steps.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    return text === "" ? step : `${text}.${step}`;
  }, "");
}

function typeName(shape: Shape): string {
  switch (shape.kind) {
    case "flag":
      return "a boolean";
    case "text":
      return "a string";
    case "number":
      return shape.whole ? "an integer" : "a decimal";
    case "list":
      return shape.items.kind === "object" ? "an array of objects" : "an array";
    case "object":
    case "tagged":
      return "an object";
    case "either":
      return `one of ${shape.shapes.map(typeName).join(" or ")}`;
    case "any":
      return "another value";
  }
}

function valueName(value: Issue["value"]): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "an array";
  if (isObject(value)) return "an object";
  if (typeof value === "number") return Number.isInteger(value) ? "an integer" : "a decimal number";
  return typeof value === "boolean" ? "a boolean" : "a string";
}

function quoted(words: readonly string[]): string {
  const all = words.map((one) => `'${one}'`);
  return all.length < 2 ? all.join("") : `${all.slice(0, -1).join(", ")}, and ${all.at(-1)}`;
}
