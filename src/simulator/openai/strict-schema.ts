import { isObject, type JSONObject, objectOr, objectsIn, textsIn } from "../json.ts";
import { type FailureDetail, invalid } from "./failures.ts";

const depthMax = 64;

/**
 * Checks a schema that is to be kept to strictly: every object closes itself and requires all of
 * its properties. Throws Refusal.
 *
 * @param owner What the schema belongs to, such as `function 'get_weather'`.
 */
export function checkStrictSchema(schema: JSONObject, owner: string, detail: FailureDetail): void {
  const problem = findProblem(schema, [], depthMax);
  if (problem) throw invalid(`Invalid schema for ${owner}: ${problem}`, detail);
}

function findProblem(
  schema: JSONObject,
  path: readonly string[],
  depthLeft: number,
): string | undefined {
  if (depthLeft === 0) return "In context=(), the schema is nested too deeply.";
  const where = `In context=(${path.map((step) => `'${step}'`).join(", ")})`;
  const properties = objectOr(schema.properties);
  if (schema.type === "object" || schema.properties) {
    if (schema.additionalProperties !== false) {
      return `${where}, 'additionalProperties' is required to be supplied and to be false.`;
    }
    const required = textsIn(schema.required);
    const missing = Object.keys(properties).find((name) => !required.includes(name));
    if (missing !== undefined) {
      return (
        `${where}, 'required' is required to be supplied and to be an array including ` +
        `every key in properties. Missing '${missing}'.`
      );
    }
  }
  for (const [steps, child] of children(schema, properties)) {
    const problem = findProblem(child, [...path, ...steps], depthLeft - 1);
    if (problem) return problem;
  }
  return undefined;
}

function children(schema: JSONObject, properties: JSONObject): [string[], JSONObject][] {
  const named = (key: string, group: JSONObject): [string[], JSONObject][] =>
    Object.entries(group).flatMap(([name, one]): [string[], JSONObject][] =>
      isObject(one) ? [[[key, name], one]] : [],
    );
  const { items } = schema;
  return [
    ...named("properties", properties),
    ...named("$defs", objectOr(schema.$defs)),
    ...objectsIn(schema.anyOf).map((one, at): [string[], JSONObject] => [
      ["anyOf", String(at)],
      one,
    ]),
    ...(isObject(items) ? [[["items"], items] satisfies [string[], JSONObject]] : []),
  ];
}
