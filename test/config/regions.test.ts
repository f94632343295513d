// Proves what the configuration takes as places of targets: zones, and regions by the shape that
// they have at each cloud, new ones too; that no list, nothing and no other cloud's name passes for a
// region (C20); and that an address does not belie the region beside it.
import { describe, expect, it } from "vitest";
import { adapters } from "../../src/providers/index.ts";
import { load, problems } from "./loading.ts";

type Cloud = "bedrock" | "vertex" | "azure" | "direct";

const fields: Readonly<Record<Cloud, string>> = {
  bedrock: "adapter: anthropic, host: bedrock, api_key: k",
  vertex: "adapter: anthropic, host: vertex, project: p, api_key: k",
  azure: "adapter: openai, host: azure, base_url: https://x.test, api_key: k",
  direct: "adapter: openai, api_key: k",
};

function found(cloud: Cloud, place: string): readonly string[] {
  const yaml = `targets:\n  - { name: a, ${fields[cloud]}, ${place} }\n`;
  return problems({ yaml, adapters }).map((line) => line.replace(/^[^ ]* /, ""));
}

const good: readonly (readonly [Cloud, string])[] = [
  ...[
    ...["us-east-1", "ap-southeast-9", "us-gov-west-1", "eusc-de-east-1", "mx-central-1"],
    ...["xy-somewhere-3", "us-isob-east-1"],
  ].map((region) => ["bedrock", region] as const),
  ...["europe-west4", "us-central1", "me-central9", "us", "eu", "global", "africa-south1"].map(
    (region) => ["vertex", region] as const,
  ),
  ...["swedencentral", "eastus2", "usgovvirginia", "newlandnorth4"].map(
    (region) => ["azure", region] as const,
  ),
  ...["eu", "europe-west4", "home-1"].map((region) => ["direct", region] as const),
];

const bad: readonly (readonly [Cloud, string, string])[] = [
  ...["eu", "europe-west1", "us-east", "eastus", "global", "us-east-1a"].map(
    (region) => ["bedrock", region, "eu-west-1, or a zone such as eu or global"] as const,
  ),
  ...["us-east-1", "europe", "swedencentral", "us-central1-a"].map(
    (region) => ["vertex", region, "europe-west4, us, eu or global"] as const,
  ),
  ...["us-east-1", "europe-west4", "sweden-central"].map(
    (region) => ["azure", region, "swedencentral, or a zone: us, eu or global"] as const,
  ),
];

describe("a region", () => {
  it.each(good)("of %s may be %s", (cloud, region) => {
    expect(found(cloud, `region: ${region}`)).toEqual([]);
  });

  it.each(bad)("of %s is not %s", (cloud, region, example) => {
    const message = `targets[0].region: is no region here: expected one such as ${example}`;
    expect(found(cloud, `region: ${region}`)).toEqual([message]);
  });

  it.each(["[]", "[eu]", "''", "null", "{}", "EU", "'eu west'", "'*'"])("is not %s", (value) => {
    for (const place of ["region", "zone"]) {
      const [message, ...others] = found("direct", `${place}: ${value}`);
      expect(others).toEqual([]);
      expect(message).toMatch(new RegExp(`^targets\\[0\\]\\.${place}: expected `));
    }
  });
});

describe("a zone", () => {
  it.each<readonly [Cloud, string]>([
    ["bedrock", "us-gov"],
    ["bedrock", "apac"],
    ["bedrock", "global"],
    ["bedrock", "eu-west-1"],
    ["vertex", "eu"],
    ["vertex", "europe-west4"],
    ["azure", "global"],
    ["azure", "swedencentral"],
    ["direct", "anything-1"],
  ])("of %s may be %s, and is in force", (cloud, zone) => {
    const yaml = `targets:\n  - { name: a, ${fields[cloud]}, region: ${regions[cloud]}, zone: ${zone} }\n`;
    expect(load({ yaml, adapters }).targets[0]).toMatchObject({ zone, region: regions[cloud] });
  });

  it.each<readonly [Cloud, string]>([
    ["bedrock", "europe-west4"],
    ["vertex", "emea"],
    ["azure", "eu-west-1"],
  ])("of %s is not %s", (cloud, zone) => {
    expect(found(cloud, `region: ${regions[cloud]}, zone: ${zone}`)[0]).toMatch(
      /^targets\[0\]\.zone: is no zone here: expected one such as /,
    );
  });

  it("is asked for at Azure, where a region alone tells nothing", () => {
    const yaml = (place: string): string =>
      `targets:\n  - { name: a, ${fields.azure}, ${place} }\n`;
    expect(load({ yaml: yaml("region: eastus"), adapters }).notes).toEqual([
      "target a declares a region and no zone: its cloud does not show where a deployment runs, " +
        "so that every fence leaves it out",
    ]);
    expect(load({ yaml: yaml("region: eastus, zone: us"), adapters }).notes).toEqual([]);
  });
});

describe("a zone and a region that do not fit", () => {
  it.each<readonly [Cloud, string, string, boolean]>([
    ["azure", "eastus", "eu", true],
    ["azure", "eastus", "us", false],
    ["azure", "eastus", "global", false],
    ["azure", "eastus", "eastus", false],
    ["bedrock", "us-east-1", "eu", true],
    ["bedrock", "eu-west-1", "eu", false],
    ["vertex", "eu", "eu", false],
    ["direct", "us-1", "eu", false],
  ])("are noted: %s in %s, zone %s", (cloud, region, zone, isNoted) => {
    const yaml = `targets:\n  - { name: a, ${fields[cloud]}, region: ${region}, zone: ${zone} }\n`;
    const note = `target a declares zone ${zone}, and region ${region} is not known to be in it`;
    expect(load({ yaml, adapters }).notes).toEqual(isNoted ? [note] : []);
  });
});

const regions: Readonly<Record<Cloud, string>> = {
  bedrock: "eu-west-1",
  vertex: "europe-west4",
  azure: "swedencentral",
  direct: "eu",
};

describe("an address", () => {
  it.each<readonly [Cloud, string, string, string]>([
    ["bedrock", "eu-west-1", "https://bedrock-runtime.us-east-1.amazonaws.com", "us-east-1"],
    ["vertex", "europe-west4", "https://us-central1-aiplatform.googleapis.com", "us-central1"],
    ["vertex", "europe-west4", "https://aiplatform.googleapis.com", "global"],
    ["vertex", "eu", "https://aiplatform.us.rep.googleapis.com", "us"],
  ])("of %s in %s is not %s", (cloud, region, url, other) => {
    expect(found(cloud, `region: ${region}, base_url: "${url}"`)).toEqual([
      `targets[0].base_url: is the address of region ${other}, and region says ${region}`,
    ]);
  });

  it.each<readonly [Cloud, string, string]>([
    ["bedrock", "eu-west-1", "https://bedrock-runtime.eu-west-1.amazonaws.com"],
    ["bedrock", "eu-west-1", "https://vpce-1.bedrock-runtime.eu-west-1.vpce.amazonaws.com"],
    ["bedrock", "eu-west-1", "https://gateway.example.com"],
    ["vertex", "eu", "https://aiplatform.eu.rep.googleapis.com"],
    ["vertex", "global", "https://aiplatform.googleapis.com/prefix"],
    ["vertex", "europe-west4", "https://proxy.example.com"],
  ])("of %s in %s may be %s", (cloud, region, url) => {
    expect(found(cloud, `region: ${region}, base_url: "${url}"`)).toEqual([]);
  });
});
