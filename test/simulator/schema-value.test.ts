// Proves that values made for a JSON Schema are valid by it, for schemas of every shape that tools
// have.
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JSONObject } from "../../src/simulator/json.ts";
import { createRandom } from "../../src/simulator/random.ts";
import { valueFor } from "../../src/simulator/schema-value.ts";

const ajv = new Ajv2020({ strict: false, validateFormats: false });

function problemsOf(schema: JSONObject, seed: number): unknown {
  const value = valueFor(schema, createRandom(seed));
  const validate = ajv.compile(schema);
  return validate(value) ? [] : { value, errors: validate.errors };
}

const bounds = fc.tuple(fc.integer({ min: -50, max: 50 }), fc.nat(40));
const leaf: fc.Arbitrary<JSONObject> = fc.oneof(
  fc.constantFrom<JSONObject>(
    { type: "string" },
    { type: "boolean" },
    { type: "null" },
    { type: ["string", "null"] },
    { enum: ["a", 2, null] },
    { const: { fixed: true } },
    { type: "string", format: "date-time" },
    {},
  ),
  bounds.map(([minimum, span]) => ({ type: "integer", minimum, maximum: minimum + span })),
  bounds.map(([low, span]) => ({ type: "number", exclusiveMinimum: low, maximum: low + span + 1 })),
  bounds.map(([low]) => ({ type: "integer", multipleOf: 7, minimum: low })),
  fc.tuple(fc.nat(20), fc.nat(20)).map(([minLength, span]) => ({
    type: "string",
    minLength,
    maxLength: minLength + span,
  })),
);

const name = fc.constantFrom("a", "b", "c", "d e", "ü");
const { schema } = fc.letrec<{ schema: JSONObject }>((tie) => ({
  schema: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.dictionary(name, tie("schema"), { maxKeys: 4 }).chain((properties) =>
      fc.subarray(Object.keys(properties)).map((required) => ({
        type: "object",
        properties,
        required,
        additionalProperties: false,
      })),
    ),
    fc.tuple(tie("schema"), fc.nat(3), fc.nat(3)).map(([items, minItems, span]) => ({
      type: "array",
      items,
      minItems,
      maxItems: minItems + span,
    })),
    fc.array(tie("schema"), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
  ),
}));

describe("a value for a schema", () => {
  it("is valid by it", () => {
    fc.assert(
      fc.property(schema, fc.nat(), (one, seed) => {
        expect(problemsOf(one, seed)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it.each<[title: string, schema: JSONObject]>([
    [
      "references",
      {
        type: "object",
        properties: { home: { $ref: "#/$defs/city" } },
        required: ["home"],
        $defs: {
          city: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
        },
      },
    ],
    [
      "allOf",
      {
        allOf: [
          { type: "object", properties: { a: { type: "integer" } }, required: ["a"] },
          { type: "object", properties: { b: { type: "boolean" } }, required: ["b"] },
        ],
      },
    ],
    ["unique items", { type: "array", items: { enum: [1, 2, 3] }, minItems: 3, uniqueItems: true }],
    [
      "a tuple",
      { type: "array", prefixItems: [{ type: "integer" }, { type: "null" }], items: false },
    ],
    ["a required field that is not described", { type: "object", required: ["x"] }],
    ["no type but properties", { properties: { a: { type: "null" } }, required: ["a"] }],
    [
      "a tree without end",
      {
        $ref: "#/$defs/node",
        $defs: {
          node: {
            type: "object",
            properties: {
              value: { type: "integer" },
              next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] },
              children: { type: "array", items: { $ref: "#/$defs/node" } },
            },
            required: ["value", "next", "children"],
          },
        },
      },
    ],
  ])("is valid by a schema with %s", (_title, one) => {
    for (let seed = 0; seed < 20; seed += 1) expect(problemsOf(one, seed)).toEqual([]);
  });

  it("never runs the caller's regular expression", () => {
    const evil = { type: "string", pattern: "^(a+)+$", minLength: 40 };
    expect(valueFor(evil, createRandom(1))).toHaveLength(40);
  });

  it("ends for a schema that refers to itself only", () => {
    expect(valueFor({ $ref: "#" }, createRandom(1))).toBeNull();
  });
});
