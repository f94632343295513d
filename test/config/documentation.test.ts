// Proves that docs/configuration.md has every key, every limit with its default, every flag,
// variable and header, and that its examples and connectors.example.yaml load.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { defaultAllowedHeaders, headerNameProblem } from "../../src/config/header-rules.ts";
import { limitKey, limitNames, limitRange } from "../../src/config/limit-range.ts";
import { formatDuration } from "../../src/config/quantities.ts";
import {
  resilienceKey,
  resilienceNames,
  resilienceRange,
} from "../../src/config/resilience-range.ts";
import { allKeys, logLevels } from "../../src/config/schema.ts";
import { callDefaults } from "../../src/contract/call-defaults.ts";
import { defaultLimits } from "../../src/contract/limits.ts";
import { adapters } from "../../src/providers/index.ts";
import { defaultResilience } from "../../src/resilience/settings.ts";
import { load } from "./loading.ts";

const page = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8");
const example = readFileSync(new URL("../../connectors.example.yaml", import.meta.url), "utf8");

/** The cells of the row of a table that begins with a name. */
function rowOf(name: string): readonly string[] {
  const row = page.split("\n").find((line) => line.startsWith(`| \`${name}\` |`));
  return row?.split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/^`(.*)`$/, "$1")) ?? [];
}

/** A row of a table, as it has to stand there. */
function row(...cells: readonly (readonly string[])[]): string {
  const shown = cells.map((words) => words.map((word) => `\`${word}\``).join(", "));
  return `| ${shown.join(" | ")} |`;
}

/** Words as a cell of a table has them; without any, a sentence stands in their place. */
function cell(words: Iterable<string>, otherwise: string): string {
  const shown = [...new Set(words)].filter((word) => word !== "").map((word) => `\`${word}\``);
  return shown.join(", ") || otherwise;
}

const presets = adapters.flatMap((adapter) =>
  (adapter.presets ?? []).map(({ name, keyVariables, dialects }) => {
    const addresses = Object.values(dialects).map(({ defaultBaseURL }) => defaultBaseURL);
    const address = cell(addresses, "`base_url` is required");
    return `${row([name], [adapter.name], keyVariables).slice(0, -1)}| ${address} |`;
  }),
);

const needs = { azure: ["base_url"], vertex: ["region", "project"], bedrock: ["region"] };

const hosts = adapters.flatMap((adapter) =>
  Object.entries(adapter.hosts ?? {}).map(([host, { dialects }]) => {
    const credentials = Object.values(dialects).map((dialect) => dialect.credentials ?? "");
    const cells = [[adapter.name], [host], Object.keys(dialects), needs[host as "azure"]];
    return `${row(...cells).slice(0, -1)}| a key, or ${cell(credentials, "")} |`;
  }),
);

const keys = {
  GROQ_API_KEY: "e",
  AZURE_OPENAI_API_KEY: "f",
  GATEWAY_KEY: "g",
  ANTHROPIC_API_KEY: "a",
  OPENAI_API_KEY: "b",
  OPENAI_EU_KEY: "c",
  OPENAI_EU_SPARE_KEY: "h",
  BILLING_TOKEN: "d",
};

describe("the page", () => {
  it.each([...allKeys])("has the key %s", (key) => {
    const mention = new RegExp(`[\`.]${key}[\`.]`);
    const heading = new RegExp(`^### ${key}$`, "m");
    expect(mention.test(page) || heading.test(page)).toBe(true);
  });

  it.each(limitNames)("has the limit %s with what happens at it, and its default", (name) => {
    const [, , bounds, value, atLimit] = rowOf(limitKey(name));
    expect(limitRange(name).parse(value)).toBe(defaultLimits[name]);
    expect(bounds).not.toBe("");
    expect(atLimit).toMatch(/\w/);
  });

  it("has no limit that is none", () => {
    const table = page.slice(page.indexOf("### limits"), page.indexOf("### resilience"));
    const named = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, key]) => key);
    expect(named.toSorted()).toEqual(limitNames.map(limitKey).toSorted());
  });

  it.each(resilienceNames)("has the setting %s with its default and its range", (name) => {
    const [, , meaning, value, range] = rowOf(resilienceKey(name));
    const { min, max, step = 1 } = resilienceRange(name);
    expect(Number(value)).toBe(defaultResilience[name]);
    expect(meaning).toMatch(/\w/);
    expect(range).toBe(`${min} to ${max}${step > 1 ? `, a multiple of ${step}` : ""}`);
  });

  it("has no setting that is none", () => {
    const table = page.slice(page.indexOf("### resilience"), page.indexOf("### the rest"));
    const named = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, key]) => key);
    expect(named.toSorted()).toEqual(resilienceNames.map(resilienceKey).toSorted());
  });

  it.each([
    ["timeout", callDefaults.timeoutMs],
    ["attempt_timeout", callDefaults.attemptTimeoutMs],
    ["first_delta_timeout", callDefaults.firstDeltaTimeoutMs],
    ["idle_timeout", callDefaults.idleTimeoutMs],
  ])("has the default of %s", (key, ms) => {
    expect(rowOf(key)[3]).toBe(formatDuration(ms));
  });

  it("has the other defaults", () => {
    const { listen, logLevel } = load({});
    expect(rowOf("retry.max_attempts")[3]).toBe(String(callDefaults.maxAttempts));
    expect(rowOf("host")[3]).toBe(listen.host);
    expect(rowOf("port")[3]).toBe(String(listen.port));
    expect(rowOf("log_level")[3]).toBe(logLevel);
    for (const level of logLevels) expect(rowOf("log_level")[2]).toContain(`\`${level}\``);
  });

  it.each(adapters.map((adapter) => [adapter.name, adapter] as const))(
    "has the variables and the dialects of %s",
    (name, { keyVariables, baseURLVariables, dialects }) => {
      const row = rowOf(name).join(" ");
      for (const variable of [...keyVariables, ...baseURLVariables])
        expect(row).toContain(variable);
      const named = rowOf("dialect")[2]?.split(`\`${name}\`: `)[1]?.split(";")[0] ?? "";
      for (const dialect of Object.keys(dialects)) expect(named).toContain(`\`${dialect}\``);
    },
  );

  it.each([...presets, ...hosts])("has the row %s", (line) => {
    expect(page.split("\n")).toContain(line);
  });

  it("has the variables of the server", () => {
    for (const name of ["CONNECTORS_CONFIG", "CONNECTORS_HOST", "CONNECTORS_PORT"]) {
      expect(page).toContain(`\`${name}\``);
    }
  });

  it("has every header that is allowed or refused", () => {
    for (const header of defaultAllowedHeaders) {
      expect(page).toContain(`\`${header}\``);
      expect(headerNameProblem(header)).toBeUndefined();
    }
    const refused = page.match(/Headers that carry a credential \(.*/)?.[0] ?? "";
    const names = [...refused.matchAll(/`([a-z0-9-]+)`/g)].map(([, name]) => name ?? "");
    for (const name of names.filter((word) => word !== "headers")) {
      expect(headerNameProblem(name), name).toMatch(/credential|connection/);
    }
    expect(names).toContain("authorization");
    expect(names).toContain("transfer-encoding");
  });
});

describe("the examples", () => {
  const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, block]) => block ?? "");

  it.each([...blocks, example])("load, and all their targets are enabled: %#", (block) => {
    const files = { "service-account.json": "{}" };
    const { targets, disabled, notes } = load({ yaml: block, environment: keys, adapters, files });
    expect(targets.length).toBeGreaterThan(0);
    expect(disabled).toEqual([]);
    expect(notes).toEqual([]);
  });

  it("are more than one", () => {
    expect(blocks.length).toBeGreaterThan(0);
  });

  it("of a small file starts without any key", () => {
    expect(load({ yaml: example }).disabled).toHaveLength(2);
  });
});
