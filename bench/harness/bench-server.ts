import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./machine.ts";

/** What `npm start` runs, made by `scripts/prepare-start.mjs`. */
export const startProgram: string = join(root, "build/start/main.js");

/** Node's flags of `npm start`. */
export function startFlags(): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return String(scripts.start)
    .split(" ")
    .filter((word) => word.startsWith("--"));
}

/**
 * A configuration with one target, at the mock's base URL, for every model of the bench. `top`: more
 * lines at its top level; `routes`: rules before the one that leads to the mock.
 */
export function benchConfiguration(
  upstream: string,
  top: readonly string[] = [],
  routes: readonly string[] = [],
): string {
  return `log_level: error
${top.join("\n")}
targets:
  - name: mock
    adapter: openai
    dialect: chat
    base_url: "${upstream}"
    api_key: none
    egress: { allow_private: true }
routes:
${[...routes, '  - { id: bench, model: "bench-.*", targets: [mock] }'].join("\n")}
`;
}
