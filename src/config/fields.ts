import { z } from "zod";

/** Reports what is wrong with a field, or with something at a path inside it. */
export type Complain = (message: string, path?: readonly string[]) => void;

/** A field that a function reads; undefined: it has complained. */
export type Field<T> = z.ZodType<T | undefined>;

/** The message for a value of the wrong type. Does not quote it. */
export function wrongType(input: unknown, expected: string): string {
  if (input === undefined) return "is required";
  const isBare = expected === "text" && (typeof input === "number" || typeof input === "boolean");
  return `expected ${expected}${isBare ? ": put it in quotes" : ""}`;
}

/** A text, with what is wrong with it. */
export function text(problem: (input: string) => string | undefined): z.ZodString {
  return z
    .string({ error: (issue) => wrongType(issue.input, "text") })
    .superRefine((input, context) => {
      const message = problem(input);
      if (message !== undefined) context.addIssue({ code: "custom", message });
    });
}

/** A text that matches a pattern; `expected` says what it is. */
export function matching(pattern: RegExp, expected: string): z.ZodString {
  return text((input) => (pattern.test(input) ? undefined : `expected ${expected}`));
}

/** True or false, or nothing. */
export const flag: z.ZodOptional<z.ZodBoolean> = z
  .boolean({ error: (issue) => wrongType(issue.input, "true or false") })
  .optional();

/** A list of anything. */
export function list<T>(item: z.ZodType<T>): z.ZodArray<z.ZodType<T>> {
  return z.array(item, { error: (issue) => wrongType(issue.input, "a list") });
}

/** A mapping of these keys and no others. */
export function mapping<Shape extends z.ZodRawShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, { error: (issue) => wrongType(issue.input, "a mapping") });
}

/** A value that a function reads. */
export function read<T>(reader: (input: unknown, complain: Complain) => T | undefined): Field<T> {
  return z.unknown().transform((input, context) => {
    const complain: Complain = (message, path = []) =>
      context.addIssue({ code: "custom", message, path: [...path] });
    return reader(input, complain);
  });
}

/**
 * A mapping of the user's own keys to texts, which a function reads pair by pair into a new one.
 */
export function pairs<T>(
  reader: (pairs: readonly (readonly [string, string])[], complain: Complain) => T,
): Field<T> {
  const record = z.record(
    z.string(),
    text(() => undefined),
    {
      error: (issue) => wrongType(issue.input, "a mapping"),
    },
  );
  return record.transform((entries, context) =>
    reader(Object.entries(entries), (message, path = []) =>
      context.addIssue({ code: "custom", message, path: [...path] }),
    ),
  );
}

/** A number that `parse` reads, within bounds. */
export function ranged(
  parse: (input: unknown) => number | undefined,
  bounds: { readonly min: number; readonly max: number },
  expected: string,
): Field<number> {
  return read((input, complain) => {
    const number = parse(input);
    if (number !== undefined && number >= bounds.min && number <= bounds.max) return number;
    complain(`expected ${expected}, from ${bounds.min} to ${bounds.max}`);
    return undefined;
  });
}
