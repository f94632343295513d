// Proves where each cloud runs a call, as a fence sees it: regions, geographies of Bedrock, zones of
// Vertex AI and Azure, declared zones, names that hide it; that a fence holds every place; and what
// the error of a fence that leaves no target tells.
import type { JsonObject } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import type { Adapter, CloudHost } from "../../src/contract/adapter.ts";
import type { Target } from "../../src/contract/target.ts";
import { globTest } from "../../src/dispatch/glob.ts";
import {
  describeResidence,
  isInside,
  preferenceOf,
  regionNotAllowed,
  residence,
} from "../../src/dispatch/region-fence.ts";
import { adapters } from "../../src/providers/index.ts";
import { fakeTarget } from "../support/fake-adapter.ts";

function adapter(name: string): Adapter {
  const found = adapters.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no adapter ${name}`);
  return found;
}

function at(host: CloudHost, region: string, zone?: string): Target {
  const anthropic = adapter("anthropic");
  const set = anthropic.hosts?.[host] ?? anthropic;
  const dialect = set.dialects[set.defaultDialect]!;
  return fakeTarget(anthropic, { host, dialect, region, ...(zone && { zone }) });
}

function direct(region: string, zone?: string): Target {
  return fakeTarget(adapter("openai"), { region, ...(zone && { zone }) });
}

function preset(name: string, region: string): Target {
  const found = adapter("custom").presets?.find((one) => one.name === name);
  const dialect = found!.dialects[found!.defaultDialect]!;
  return fakeTarget(adapter("custom"), { preset: name, dialect, region });
}

const claude = "anthropic.claude-sonnet-4-5-20250929-v1:0";
const account = "123456789012";
const arn = (region: string, resource: string): string =>
  `arn:aws:bedrock:${region}:${account}:${resource}`;

/** A target, the model that is sent, the fence, and whether it holds. */
type Case = readonly [string, Target, string, readonly string[], boolean];

const bedrock: readonly Case[] = [
  ["its region", at("bedrock", "eu-west-1"), claude, ["eu-west-1"], true],
  ["its region by a glob", at("bedrock", "eu-west-1"), claude, ["eu-*"], true],
  ["another region", at("bedrock", "us-east-1"), claude, ["eu-*"], false],
  ["no part of a name", at("bedrock", "us-gov-west-1"), claude, ["gov"], false],
  ["eu. by its zone", at("bedrock", "eu-west-1"), `eu.${claude}`, ["eu"], true],
  ["eu. by all regions", at("bedrock", "eu-west-1"), `eu.${claude}`, ["eu-*"], true],
  ["eu. from one region", at("bedrock", "eu-west-1"), `eu.${claude}`, ["eu-west-1"], false],
  ["us. from abroad", at("bedrock", "ca-central-1"), `us.${claude}`, ["us"], false],
  ["us. and the source", at("bedrock", "ca-central-1"), `us.${claude}`, ["us", "ca-*"], true],
  ["us. in Europe", at("bedrock", "us-east-1"), `us.${claude}`, ["eu", "eu-*"], false],
  ["us-gov. by its zone", at("bedrock", "us-gov-west-1"), `us-gov.${claude}`, ["us-gov"], true],
  ["us-gov. is not us", at("bedrock", "us-gov-west-1"), `us-gov.${claude}`, ["us"], false],
  ["us. is not us-gov", at("bedrock", "us-east-1"), `us.${claude}`, ["us-gov*"], false],
  ["apac. by its zone", at("bedrock", "ap-south-1"), `apac.${claude}`, ["apac"], true],
  ["apac. with the Emirates", at("bedrock", "ap-south-1"), `apac.${claude}`, ["ap-*"], false],
  ["apac. with them named", at("bedrock", "ap-south-1"), `apac.${claude}`, ["ap-*", "me-*"], true],
  ["jp. by its zone", at("bedrock", "ap-northeast-1"), `jp.${claude}`, ["jp"], true],
  ["jp. by its regions", at("bedrock", "ap-northeast-1"), `jp.${claude}`, ["ap-northeast-*"], true],
  ["au. by its zone", at("bedrock", "ap-southeast-2"), `au.${claude}`, ["au"], true],
  ["au. from Sydney alone", at("bedrock", "ap-southeast-2"), `au.${claude}`, ["*-2"], false],
  ["ca. by its regions", at("bedrock", "ca-central-1"), `ca.${claude}`, ["ca-*"], true],
  ["global. leaves all", at("bedrock", "eu-west-1"), `global.${claude}`, ["eu", "eu-*"], false],
  ["global. by a chance", at("bedrock", "eu-west-1"), `global.${claude}`, ["e*", "g*"], false],
  ["global. by its name", at("bedrock", "eu-west-1"), `global.${claude}`, ["global"], false],
  ["global. and source", at("bedrock", "eu-west-1"), `global.${claude}`, ["global", "eu-*"], true],
  ["global. everywhere", at("bedrock", "eu-west-1"), `global.${claude}`, ["*"], true],
  ["in capitals", at("bedrock", "eu-west-1"), `GLOBAL.${claude}`, ["eu-*"], false],
  ["a new geography", at("bedrock", "eu-west-2"), `uk.${claude}`, ["eu-*"], false],
  ["a new one by its name", at("bedrock", "eu-west-2"), `uk.${claude}`, ["eu-*", "uk"], true],
  ["a longer new one", at("bedrock", "eu-west-1"), `emea.${claude}`, ["eu-*"], false],
  ["a maker with dots", at("bedrock", "us-west-2"), "zai.glm-4.6", ["us-west-2"], true],
  [
    "a profile's ARN",
    at("bedrock", "us-east-1"),
    arn("us-east-1", `inference-profile/us.${claude}`),
    ["us-east-1"],
    false,
  ],
  [
    "and its zone",
    at("bedrock", "us-east-1"),
    arn("us-east-1", `inference-profile/us.${claude}`),
    ["us"],
    true,
  ],
  [
    "a global profile's",
    at("bedrock", "us-east-1"),
    arn("us-east-1", `inference-profile/global.${claude}`),
    ["us", "us-*"],
    false,
  ],
  [
    "an ARN elsewhere",
    at("bedrock", "eu-west-1"),
    arn("us-east-1", `provisioned-model/x1`),
    ["eu-*"],
    false,
  ],
  [
    "a model's ARN",
    at("bedrock", "eu-west-1"),
    `arn:aws:bedrock:eu-west-1::foundation-model/${claude}`,
    ["eu-*"],
    true,
  ],
  [
    "an application's profile",
    at("bedrock", "eu-west-1"),
    arn("eu-west-1", "application-inference-profile/a1b2c3d4e5f6"),
    ["eu-*"],
    false,
  ],
  ["the same by its id", at("bedrock", "eu-west-1"), "a1b2c3d4e5f6", ["*"], false],
  ["the same, declared", at("bedrock", "eu-west-1", "eu"), "a1b2c3d4e5f6", ["eu"], true],
  [
    "a router",
    at("bedrock", "us-east-1"),
    arn("us-east-1", "default-prompt-router/anthropic.claude:1"),
    ["us-*"],
    false,
  ],
  [
    "an endpoint's ARN",
    at("bedrock", "us-east-1"),
    `arn:aws:sagemaker:us-east-1:${account}:endpoint/x`,
    ["us-east-1"],
    true,
  ],
  ["an ARN that is none", at("bedrock", "us-east-1"), "arn:aws:bedrock", ["*"], false],
  ["without a region", at("bedrock", ""), `eu.${claude}`, ["eu", "*"], false],
  [
    "on OpenAI's wire",
    preset("bedrock-openai", "us-west-2"),
    "us.openai.gpt-oss-120b-1:0",
    ["us-west-2"],
    false,
  ],
  [
    "on mantle's",
    preset("bedrock-mantle", "us-west-2"),
    "openai.gpt-oss-120b",
    ["us-west-2"],
    true,
  ],
];

const tuned = (location: string): string => `projects/p/locations/${location}/endpoints/7`;

const vertex: readonly Case[] = [
  ["a region", at("vertex", "europe-west4"), "claude", ["europe-west4"], true],
  ["a region by a glob", at("vertex", "europe-west4"), "claude", ["europe-*"], true],
  ["eu by its name", at("vertex", "eu"), "claude", ["eu"], true],
  ["eu by a glob of it", at("vertex", "eu"), "claude", ["eu*"], true],
  ["eu by its regions", at("vertex", "eu"), "claude", ["europe-*"], true],
  ["eu by one region", at("vertex", "eu"), "claude", ["europe-west4"], false],
  ["eu by its first letter", at("vertex", "eu"), "claude", ["e*"], true],
  ["us by its regions", at("vertex", "us"), "claude", ["us-*"], true],
  ["us in Europe", at("vertex", "us"), "claude", ["eu*"], false],
  ["global leaves all", at("vertex", "global"), "claude", ["eu", "us", "europe-*", "g*"], false],
  ["global by its name", at("vertex", "global"), "claude", ["global"], true],
  ["a tuned model here", at("vertex", "europe-west4"), tuned("europe-west4"), ["europe-*"], true],
  ["a tuned model there", at("vertex", "europe-west4"), tuned("us-central1"), ["europe-*"], false],
  ["a tuned model nowhere", at("vertex", "europe-west4"), "projects/p/endpoints/7", ["*"], false],
  ["steps in a path", at("vertex", "eu"), `${tuned("eu")}/../../../global/x`, ["eu"], false],
  ["two locations", at("vertex", "eu"), `${tuned("eu")}/locations/us/x`, ["eu"], false],
];

const azure: readonly Case[] = [
  ["nothing declared", at("azure", ""), "gpt", ["*"], false],
  ["the resource's region", at("azure", "swedencentral"), "gpt", ["sweden*"], false],
  ["a region declared", at("azure", "", "swedencentral"), "gpt", ["sweden*"], true],
  ["a data zone by its name", at("azure", "swedencentral", "eu"), "gpt", ["eu"], true],
  ["a data zone by one region", at("azure", "swedencentral", "eu"), "gpt", ["sweden*"], false],
  ["a data zone by a letter", at("azure", "eastus", "eu"), "gpt", ["e*"], false],
  ["a data zone by regions", at("azure", "eastus", "us"), "gpt", ["*us", "*us2", "*us3"], true],
  ["global leaves all", at("azure", "eastus", "global"), "gpt", ["eastus", "us", "eu"], false],
  ["global by its name", at("azure", "eastus", "global"), "gpt", ["global"], true],
  ["inference by a preset", preset("azure-inference", "eastus"), "gpt", ["eastus"], false],
];

const others: readonly Case[] = [
  ["neither", direct(""), "gpt", ["*"], false],
  ["no fence", direct(""), "gpt", [], true],
  ["a region", direct("eu"), "gpt", ["eu"], true],
  ["a region in capitals", direct("eu"), "gpt", ["EU"], true],
  ["a region by a letter", direct("eu"), "gpt", ["e*"], true],
  ["a zone over a region", direct("eu-1", "eu"), "gpt", ["eu-1"], false],
  ["a zone", direct("eu-1", "eu"), "gpt", ["eu"], true],
  ["global", direct("eu", "global"), "gpt", ["eu"], false],
];

describe.each([
  ["Bedrock", bedrock],
  ["Vertex AI", vertex],
  ["Azure", azure],
  ["other targets", others],
])("at %s", (_, cases) => {
  it.each(cases)("a fence sees %s", (_what, target, model, allowed, holds) => {
    expect(isInside(target, model, allowed)).toBe(holds);
  });
});

describe("members of the body", () => {
  const home = fakeTarget(adapter("anthropic"), { region: "us" });
  const wire = preset("bedrock-openai", "us-west-2");
  it.each<readonly [string, Target, JsonObject, readonly string[], boolean]>([
    ["another place", home, { anthropic: { inference_geo: "global" } }, ["us"], false],
    ["the same place", home, { anthropic: { inference_geo: "us" } }, ["us"], true],
    ["no place", home, { anthropic: { inference_geo: null, x: 1 } }, ["us"], true],
    ["another's place", home, { openai: { inference_geo: "global" } }, ["us"], true],
    ["no object", home, { anthropic: "global" }, ["us"], true],
    ["another model", wire, { custom: { model: "global.openai.gpt-oss" } }, ["us-*"], false],
    ["a plain model", wire, { custom: { model: "openai.gpt-oss" } }, ["us-*"], true],
    ["a hidden model", wire, { custom: { model: "a1b2c3d4e5f6" } }, ["us-*"], false],
  ])("may name %s", (_, target, options, allowed, holds) => {
    expect(isInside(target, "openai.gpt-oss-120b", allowed, options)).toBe(holds);
  });

  it("may be the target's, and the caller's win", () => {
    const target = { ...home, body: { inference_geo: "eu" } };
    expect(isInside(target, "claude", ["us"])).toBe(false);
    expect(isInside(target, "claude", ["us", "eu"])).toBe(true);
    expect(isInside(target, "claude", ["us"], { anthropic: { inference_geo: "us" } })).toBe(true);
  });
});

describe("the preference of a target", () => {
  it.each<readonly [Target, readonly string[], number]>([
    [direct("eu"), ["us", "eu"], 1],
    [direct("eu"), ["us"], 1],
    [direct(""), ["*", "eu"], 2],
    [at("bedrock", "eu-west-1"), ["us-*", "eu-*", "eu-west-1"], 1],
    [at("azure", "swedencentral", "eu"), ["eu"], 0],
    [at("azure", "swedencentral", "eu"), ["us", "sweden*"], 1],
  ])("is that of its region or zone: %#", (target, preferred, place) => {
    expect(preferenceOf(target, preferred)).toBe(place);
  });
});

describe("a fence that leaves no target", () => {
  const outside = (target: Target, model = claude) => ({ rule: "fast", target, model });

  it("names the rule, the fence, and each target with its place", () => {
    const targets = [
      { ...at("bedrock", "ca-central-1"), name: "canada" },
      { ...at("azure", "eastus"), name: "azure" },
      { ...at("vertex", "global"), name: "vertex" },
    ];
    const [canada, ...rest] = targets;
    const error = regionNotAllowed(
      [outside(canada!, `us.${claude}`), ...rest.map((target) => outside(target, "claude"))],
      ["eu", "eu-*"],
    );
    expect([error.reason, error.status]).toEqual(["REGION_NOT_ALLOWED", "FAILED_PRECONDITION"]);
    const where =
      "canada: ca-central-1 and zone us (us-east-1, …); azure: unknown; vertex: global (any region)";
    expect(error.fields.metadata).toEqual({ rule: "fast", allowed: "eu, eu-*", excluded: where });
    expect(error.message).toContain("eu, eu-*");
    expect(error.message).toContain("azure: unknown");
  });

  it("names at most eight of each", () => {
    const many = Array.from({ length: 20 }, (_, index) => ({
      rule: `rule-${index}`,
      target: { ...direct("us"), name: `t${index}` },
      model: "gpt",
    }));
    const error = regionNotAllowed(
      many,
      Array.from({ length: 64 }, (_, index) => `x${index}`),
    );
    const { rule = "", allowed = "", excluded = "" } = error.fields.metadata ?? {};
    expect(excluded.split("; ")).toHaveLength(9);
    expect(excluded).toMatch(/t7: us; and 12 more$/);
    expect(rule).toMatch(/rule-7, and 12 more$/);
    expect(allowed).toMatch(/x7, and 56 more$/);
  });
});

describe("a residence in words", () => {
  it.each<readonly [Target, string, string]>([
    [direct("eu"), "gpt", "eu"],
    [direct(""), "gpt", "unknown"],
    [at("vertex", "global"), "claude", "global (any region)"],
    [at("bedrock", "eu-west-1"), `eu.${claude}`, "zone eu (eu-central-1, …)"],
  ])("%#", (target, model, words) => {
    expect(describeResidence(residence(target, model))).toBe(words);
  });
});

describe("a glob", () => {
  it.each([
    ["eu", "eu", true],
    ["EU-*", "eu-west-1", true],
    ["*-1", "eu-west-1", true],
    ["e*t*1", "eu-west-1", true],
    ["a*a", "a", false],
    ["*", "", true],
    ["eu.*", "eu-west-1", false],
  ])("%s on %s", (glob, text, matches) => {
    expect(globTest(glob, text)).toBe(matches);
  });
});
