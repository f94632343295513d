// Proves that the zones of each cloud are lists of regions that look like its own, none twice, that
// no zone has the name of everything or of another's region, and that docs/regions.md has each.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Geography } from "../../src/contract/zones.ts";
import { azureGeography } from "../../src/dialects/azure-geography.ts";
import { bedrockGeography } from "../../src/dialects/bedrock-geography.ts";
import { vertexGeography } from "../../src/dialects/vertex-geography.ts";

const page = readFileSync(new URL("../../docs/regions.md", import.meta.url), "utf8");
const clouds: readonly (readonly [string, Geography])[] = [
  ["Bedrock", bedrockGeography],
  ["Vertex AI", vertexGeography],
  ["Azure", azureGeography],
];

describe.each(clouds)("the zones of %s", (name, { zones, regionPattern, zonePattern }) => {
  it.each(Object.entries(zones))("are lists of regions: %s", (zone, regions) => {
    expect(zone).toMatch(zonePattern);
    expect(zone).not.toBe("global");
    expect(Object.keys(zones).flatMap((other) => zones[other] ?? [])).not.toContain(zone);
    expect(new Set(regions).size).toBe(regions.length);
    expect(regions.length).toBeGreaterThan(1);
    for (const region of regions) expect(region).toMatch(regionPattern);
  });

  it("are in the page on regions", () => {
    const table = page.slice(page.indexOf("| cloud | zones |"), page.indexOf("## Caches"));
    const row = table.split("\n").find((line) => line.startsWith(`| ${name} |`)) ?? "";
    const named = [...row.matchAll(/`([a-z-]+)`/g)].map(([, zone]) => zone);
    expect(named.toSorted()).toEqual(Object.keys(zones).toSorted());
  });
});
