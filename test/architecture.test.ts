// Proves from the sources themselves that every import (types, re-exports and `import()` included)
// obeys the table of rooms, that there are no circles, that adapters are pure, and that only the
// clock's own file reads the time or the random source. The samples prove that the judge can fail.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type ImportTable, violations } from "./support/import-table.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const packageJson: { dependencies: Record<string, string> } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8"),
);

const proto = ["@bufbuild/protobuf"];
const connect = ["@connectrpc/connect", "@connectrpc/connect-node"];
const effects = /^(process|console)\.|^(fetch|setTimeout|setInterval|setImmediate|require)\(\)$/;

const table: ImportTable = {
  rooms: [
    { name: "gen", files: /^gen\/ts\//, rooms: [], packages: proto },
    { name: "contract", files: /^src\/contract\//, rooms: ["gen"], packages: proto },
    { name: "framing", files: /^src\/framing\//, rooms: ["contract"], packages: ["node:zlib"] },
    {
      name: "http",
      files: /^src\/http\//,
      rooms: ["contract"],
      packages: ["node:", "undici", "@aws-sdk/credential-provider-node"],
    },
    { name: "resilience", files: /^src\/resilience\//, rooms: ["contract"], packages: [] },
    {
      name: "dialects",
      files: /^src\/dialects\//,
      rooms: ["contract", "gen"],
      packages: proto,
      forbiddenGlobals: effects,
    },
    {
      name: "provider",
      files: /^src\/providers\/[^/]+\//,
      rooms: ["contract", "dialects", "gen"],
      packages: proto,
      forbiddenGlobals: effects,
      foldersAreClosed: true,
    },
    {
      name: "providers",
      files: /^src\/providers\/index\.ts$/,
      rooms: ["contract", "provider"],
      packages: [],
    },
    {
      name: "dispatch",
      files: /^src\/dispatch\//,
      rooms: ["contract", "http", "framing", "resilience", "gen"],
      packages: [...proto, "re2js", "node:crypto"],
    },
    {
      name: "rpc",
      files: /^src\/rpc\//,
      rooms: ["dispatch", "contract", "gen"],
      packages: [...proto, ...connect, "node:"],
    },
    { name: "simulator", files: /^src\/simulator\//, rooms: ["contract"], packages: ["node:"] },
    {
      name: "config",
      files: /^src\/config\//,
      rooms: ["contract", "resilience"],
      packages: [...proto, "node:", "re2js", "yaml", "zod"],
    },
    {
      name: "library",
      files: /^src\/library\//,
      rooms: ["contract", "rpc", "gen"],
      packages: [...proto, ...connect],
    },
    {
      name: "connectors",
      files: /^src\/connectors\.ts$/,
      rooms: [
        ...["contract", "framing", "http", "resilience", "dialects", "providers"],
        ...["dispatch", "rpc", "config", "library", "gen"],
      ],
      packages: [],
    },
    {
      name: "server",
      files: /^src\/server\//,
      rooms: ["connectors", "config", "rpc", "simulator", "providers", "contract", "gen"],
      packages: ["node:", "pino"],
    },
    {
      name: "index",
      files: /^src\/index\.ts$/,
      rooms: ["connectors", "contract", "gen"],
      packages: [],
    },
    {
      name: "cli",
      files: /^src\/cli\//,
      rooms: ["connectors", "server", "rpc", "config", "providers", "contract", "gen"],
      packages: [...proto, ...connect, "node:", "commander"],
    },
    { name: "main", files: /^src\/main\.ts$/, rooms: ["cli"], packages: [] },
  ],
  clockFiles: new Set(["src/contract/clock.ts", "src/contract/random.ts"]),
  dependencies: new Set(Object.keys(packageJson.dependencies)),
};

function readSources(): Map<string, string> {
  const entries = readdirSync(join(root, "src"), { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    paths.map((path) => [relative(root, path).split(sep).join("/"), readFileSync(path, "utf8")]),
  );
}

describe("the source tree", () => {
  it("obeys the table of rooms", () => {
    expect(violations(readSources(), table)).toEqual([]);
  });

  it("is not read as empty", () => {
    const sources = readSources();
    for (const path of table.clockFiles) expect(sources.has(path), path).toBe(true);
  });

  it("keeps no file on the clock's list that does not need to be there", () => {
    const found = violations(readSources(), { ...table, clockFiles: new Set() });
    for (const path of table.clockFiles) {
      expect(
        found.some((line) => line.startsWith(`${path} uses `)),
        path,
      ).toBe(true);
    }
  });
});

describe("the judge", () => {
  it("has nothing against a tree that obeys", () => {
    const sources = new Map([
      ["src/contract/clock.ts", "export const systemClock = { now: () => Date.now() };"],
      ["src/contract/a.ts", 'import type { A } from "../../gen/ts/a_pb.ts"; export type B = A;'],
      ["src/framing/sse.ts", 'import { crc32 } from "node:zlib"; import "../contract/a.ts";'],
      ["src/dialects/chat.ts", 'import { create } from "@bufbuild/protobuf";'],
      ["src/providers/x/wire.ts", "export const date = (text) => new Date(text);"],
      ["src/providers/x/index.ts", 'export * from "./wire.ts"; import "../../dialects/chat.ts";'],
      ["src/providers/index.ts", 'export { x } from "./x/index.ts";'],
      ["src/connectors.ts", 'import "./providers/index.ts"; import "./http/pool.ts";'],
      ["src/http/pool.ts", 'import { Client } from "undici"; import "node:net";'],
      ["src/index.ts", 'export { newLLM } from "./connectors.ts";'],
      ["src/cli/main.ts", 'import { Command } from "commander"; import "../connectors.ts";'],
    ]);
    expect(violations(sources, table)).toEqual([]);
  });

  const samples: [title: string, path: string, text: string, complaint: string][] = [
    [
      "an import of a forbidden room",
      "src/rpc/a.ts",
      'import { pool } from "../http/pool.ts";',
      "src/rpc/a.ts imports src/http/pool.ts",
    ],
    [
      "a type-only import",
      "src/contract/a.ts",
      'import type { Call } from "../dispatch/call.ts";',
      "src/contract/a.ts imports src/dispatch/call.ts",
    ],
    [
      "a re-export",
      "src/framing/a.ts",
      'export { delay } from "../resilience/delay.ts";',
      "src/framing/a.ts imports src/resilience/delay.ts",
    ],
    [
      "a re-export of everything",
      "src/resilience/a.ts",
      'export type * from "../http/pool.ts";',
      "src/resilience/a.ts imports src/http/pool.ts",
    ],
    [
      "a dynamic import",
      "src/dispatch/a.ts",
      'const provider = await import("../providers/index.ts");',
      "src/dispatch/a.ts imports src/providers/index.ts",
    ],
    [
      "a dynamic import of a computed name",
      "src/dispatch/a.ts",
      "const load = (name) => import(name);",
      "src/dispatch/a.ts imports a module whose name is not a literal",
    ],
    [
      "an import in a type",
      "src/config/a.ts",
      'export type Call = import("../rpc/call.ts").Call;',
      "src/config/a.ts imports src/rpc/call.ts",
    ],
    [
      "an adapter that imports its sibling",
      "src/providers/a/index.ts",
      'import { decode } from "../b/decode.ts";',
      "src/providers/a/index.ts imports src/providers/b/decode.ts",
    ],
    [
      "a provider's inside in the composition root",
      "src/connectors.ts",
      'import { encode } from "./providers/openai/encode.ts";',
      "src/connectors.ts imports src/providers/openai/encode.ts",
    ],
    [
      "an adapter with a built-in module",
      "src/providers/a/encode.ts",
      'import { Buffer } from "node:buffer";',
      "src/providers/a/encode.ts imports node:buffer",
    ],
    [
      "an adapter that reads the environment",
      "src/providers/a/encode.ts",
      "export const key = process.env.KEY;",
      "src/providers/a/encode.ts uses process.env",
    ],
    [
      "a dialect that sends",
      "src/dialects/a.ts",
      'export const send = () => fetch("http://127.0.0.1");',
      "src/dialects/a.ts uses fetch()",
    ],
    [
      "a package the room may not use",
      "src/contract/a.ts",
      'import { z } from "zod";',
      "src/contract/a.ts imports zod",
    ],
    [
      "a stage of the pipeline that opens sockets itself",
      "src/dispatch/a.ts",
      'import { connect } from "node:net";',
      "src/dispatch/a.ts imports node:net",
    ],
    [
      "a package that is not installed with ours",
      "src/http/a.ts",
      'import { it } from "vitest";',
      "src/http/a.ts imports vitest, which is not among the dependencies",
    ],
    [
      "an import of a test",
      "src/rpc/a.ts",
      'import { fake } from "../../test/support/fake.ts";',
      "src/rpc/a.ts imports test/support/fake.ts, which belongs to no room",
    ],
    ["a file without a room", "src/helpers.ts", "", "src/helpers.ts belongs to no room"],
    ["Date.now", "src/http/a.ts", "export const at = Date.now();", "src/http/a.ts uses Date.now"],
    [
      "Date.now by way of globalThis",
      "src/http/a.ts",
      'export const at = globalThis["Date"].now();',
      "src/http/a.ts uses Date.now",
    ],
    [
      "Date.now taken apart",
      "src/http/a.ts",
      "const { now } = Date;",
      "src/http/a.ts uses Date.now",
    ],
    ["new Date()", "src/rpc/a.ts", "export const at = new Date();", "src/rpc/a.ts uses new Date()"],
    [
      "Math.random handed on",
      "src/resilience/a.ts",
      "export const random = Math.random;",
      "src/resilience/a.ts uses Math.random",
    ],
    [
      "performance.now",
      "src/dispatch/a.ts",
      "export const start = performance.now();",
      "src/dispatch/a.ts uses performance.now",
    ],
  ];

  it.each(samples)("catches %s", (_title, path, text, complaint) => {
    expect(violations(new Map([[path, text]]), table)).toEqual([complaint]);
  });

  it("catches a file that cannot be parsed", () => {
    const found = violations(new Map([["src/http/a.ts", "export const = ;"]]), table);
    expect(found.join()).toMatch(/^src\/http\/a\.ts /);
  });

  it("catches a circle, of types too", () => {
    const sources = new Map([
      ["src/http/a.ts", 'import "./b.ts";'],
      ["src/http/b.ts", 'import type { C } from "./c.ts";'],
      ["src/http/c.ts", 'export type { B } from "./b.ts";'],
    ]);
    expect(violations(sources, table)).toEqual([
      "circle: src/http/b.ts → src/http/c.ts → src/http/b.ts",
    ]);
  });
});
