import { RE2JS } from "re2js";

const patternCharactersMax = 512;

/** A test of a whole model name. */
export type NameTest = (name: string) => boolean;

/**
 * Compiles a pattern from a configuration: RE2 syntax, matched without case against the whole name,
 * in time linear in the name's length. Throws Error with a reason for people: too long, lookaround,
 * backreferences, repeats over 1000.
 */
export function compilePattern(source: string): NameTest {
  if (source.length > patternCharactersMax) {
    throw new Error(`the pattern is longer than ${patternCharactersMax} characters`);
  }
  const pattern = RE2JS.compile(`^(?:${source})$`, RE2JS.CASE_INSENSITIVE);
  // Without case, "ſ" is an "s" and the Kelvin sign a "k" in Unicode: here they are lookalikes.
  return (name) => pattern.test(name.replace(/[\u017f\u212a]/g, "\ufffd"));
}

/**
 * Compiles an adapter's own pattern with the engine of the language: these are part of the program,
 * have no nested repetition, and are matched on every call.
 */
export function compileOwnPattern(source: string): NameTest {
  const pattern = new RegExp(`^(?:${source})$`, "i");
  return (name) => pattern.test(name);
}
