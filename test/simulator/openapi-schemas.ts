import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { parse } from "yaml";

type Schema = { [key: string]: unknown };

/** Folder of the providers' specifications. Undefined: there is none to test against. */
export const specFolder: string | undefined = findSpecFolder();

function findSpecFolder(): string | undefined {
  const corpus = process.env.CONNECTORS_CORPUS;
  const folder = corpus === undefined ? "" : join(corpus, "specs");
  return existsSync(folder) ? folder : undefined;
}

/**
 * A provider's own schemas, each compiled when it is first needed.
 *
 * What is taken away from them is what their own answers do not keep to: a field with a default may
 * be left out, `nullable` is honoured as in OpenAPI 3.0, and the usage of a response is null until
 * it ends.
 */
export class OpenAPISchemas {
  readonly #all: Record<string, Schema>;
  readonly #ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    validateFormats: false,
    validateSchema: false,
  });
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor(file: string) {
    const text = readFileSync(join(specFolder ?? "", file), "utf8");
    const document = file.endsWith(".json") ? JSON.parse(text) : parse(text, { maxAliasCount: -1 });
    this.#all = document.components.schemas;
    const $defs = clean(this.#all) as Record<string, Schema>;
    const parts = ($defs.Response?.allOf ?? []) as { properties?: Schema }[];
    for (const { properties } of parts) {
      if (properties?.usage) properties.usage = orNull(properties.usage);
    }
    this.#ajv.addSchema({ $id: "spec", $defs });
  }

  /** What is wrong with a value by a named schema; an empty list if nothing. */
  problems(name: string, value: unknown): string[] {
    let validate = this.#compiled.get(name);
    if (!validate) {
      validate = this.#ajv.compile({ $ref: `spec#/$defs/${name}` });
      this.#compiled.set(name, validate);
    }
    if (validate(value)) return [];
    const errors = validate.errors?.map((error) => `${error.instancePath} ${error.message}`) ?? [];
    return [`${name}: ${errors.slice(0, 6).join("; ")} in ${JSON.stringify(value).slice(0, 400)}`];
  }

  /** Name of the schema of an event, found by its `type` among the branches of a union. */
  eventSchema(union: string, type: string): string | undefined {
    const { anyOf, oneOf } = this.#all[union] ?? {};
    const branches = (anyOf ?? oneOf ?? []) as Schema[];
    const names = branches.map((branch) => String(branch.$ref).split("/").at(-1) ?? "");
    return names.find((name) => {
      const properties = (this.#all[name]?.properties ?? {}) as Record<string, Schema>;
      const { enum: allowed, const: only } = properties.type ?? {};
      return only === type || (Array.isArray(allowed) && allowed.includes(type));
    });
  }
}

/** Keywords that say nothing about what is valid, or that ajv reads otherwise. */
const dropped: ReadonlySet<string> = new Set([
  ...["discriminator", "example", "examples", "description", "title", "default", "nullable"],
  ...["deprecated", "externalDocs", "xml", "$recursiveRef", "$recursiveAnchor"],
]);

/** A schema as ajv can read it. */
function clean(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(clean);
  if (typeof schema !== "object" || schema === null) return schema;
  const source = schema as Schema;
  const entries = Object.entries(source).filter(
    ([key]) => !dropped.has(key) && !key.startsWith("x-"),
  );
  const result = Object.fromEntries(entries.map(([key, value]) => cleanEntry(key, value, source)));
  return source.nullable === true ? orNull(result) : result;
}

function cleanEntry(key: string, value: unknown, schema: Schema): [string, unknown] {
  switch (key) {
    case "$ref":
      return [key, `spec#/$defs/${String(value).split("/").at(-1)}`];
    case "properties": {
      const entries = Object.entries(value as Schema);
      return [key, Object.fromEntries(entries.map(([name, one]) => [name, clean(one)]))];
    }
    case "required":
      return [
        key,
        Array.isArray(value) ? value.filter((name) => !hasDefault(schema, name)) : value,
      ];
    case "oneOf":
      return ["anyOf", clean(value)];
    case "enum":
    case "const":
      return [key, value];
    default:
      return [key, clean(value)];
  }
}

function hasDefault(schema: Schema, name: string): boolean {
  const properties = (schema.properties ?? {}) as Record<string, Schema>;
  return "default" in (properties[name] ?? {});
}

function orNull(schema: unknown): Schema {
  return { anyOf: [schema, { type: "null" }] };
}
