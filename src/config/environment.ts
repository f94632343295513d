import type { DialectSet } from "../contract/adapter.ts";
import { isPrivateURL } from "./base-url.ts";

/** Variables of the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable that is set, and its value without the spaces and line ends around it. */
export interface Variable {
  readonly name: string;
  readonly value: string;
}

/** The variables of a list that are set and not empty, in the order of the list. */
export function setVariables(
  names: readonly string[],
  environment: Environment,
): readonly Variable[] {
  return names.flatMap((name) => {
    const value = (Object.hasOwn(environment, name) ? environment[name] : undefined)?.trim();
    return value ? [{ name, value }] : [];
  });
}

/**
 * Public origins that are an adapter's or preset's own: those of its dialects' addresses. A key
 * that is known by the name of its variable belongs to them.
 */
export function ownOrigins({ dialects }: Pick<DialectSet, "dialects">): ReadonlySet<string> {
  const urls = Object.values(dialects).map(({ defaultBaseURL }) => defaultBaseURL);
  return new Set(urls.filter((url) => url !== "" && !isPrivateURL(url)).map(originOf));
}

/** Scheme, host and port of a URL. */
export function originOf(url: string): string {
  return new URL(url).origin;
}
