import { readFileSync } from "node:fs";

/** Version of the package, from its own package.json. */
export function packageVersion(): string {
  const url = new URL(import.meta.resolve("@nexen/connectors/package.json"));
  const { version } = JSON.parse(readFileSync(url, "utf8")) as { readonly version: string };
  return version;
}
