// Proves, for random targets at every cloud, names mapped by their `models`, and random fences: no
// candidate of a call may run in a region that no pattern of the fence matches, unless a pattern is
// the name of a zone around it; nothing hides behind a fallback; and a fence leaves no target out
// whose regions it all matches. Where a target may run is told here by a list of this test's own.
import { create } from "@bufbuild/protobuf";
import { fc, it } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { LLMRequestSchema } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { CallOptionsSchema } from "../../gen/ts/nexen/connectors/v1/options_pb.ts";
import type { Adapter } from "../../src/contract/adapter.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import type { Target } from "../../src/contract/target.ts";
import { type Candidate, candidatesOf } from "../../src/dispatch/candidates.ts";
import { Registry } from "../../src/dispatch/registry.ts";
import { adapters } from "../../src/providers/index.ts";
import { fakeTarget } from "../support/fake-adapter.ts";

/** A region of no cloud: who may run anywhere may run there. */
const elsewhere = "mars-north-7";

/** Regions that are in each zone of each cloud for certain, and some beside them. */
const truth: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  bedrock: {
    us: ["us-east-1", "us-east-2", "us-west-2"],
    eu: ["eu-central-1", "eu-north-1", "eu-west-1", "eu-west-3"],
    apac: [
      ...["ap-northeast-1", "ap-northeast-3", "ap-south-1", "ap-southeast-2", "ap-southeast-4"],
      "me-central-1",
    ],
    jp: ["ap-northeast-1", "ap-northeast-3"],
    au: ["ap-southeast-2", "ap-southeast-4"],
    global: ["us-east-1", "eu-west-1", "sa-east-1", elsewhere],
    "": ["ca-central-1", "sa-east-1"],
  },
  vertex: {
    us: ["us-central1", "us-east5"],
    eu: ["europe-west1", "europe-west4", "europe-central2"],
    global: ["us-central1", "asia-east1", elsewhere],
    "": ["asia-east1", "europe-west2"],
  },
  azure: {
    us: ["eastus", "westus3", "centralus"],
    eu: ["swedencentral", "francecentral", "westeurope"],
    global: ["eastus", "japaneast", elsewhere],
    "": ["japaneast", "uksouth"],
  },
  direct: { eu: ["eu"], us: ["us"], global: ["eu", "us", elsewhere], "": ["eu-de", "us-va"] },
};

const anthropic = adapters.find(({ name }) => name === "anthropic") as Adapter;
const openai = adapters.find(({ name }) => name === "openai") as Adapter;
const plainName = "claude-opus-4-1";
const bedrockName = "anthropic.claude-opus-4-1-20250805-v1:0";

interface Sample {
  readonly target: Target;
  /** Where it may run; undefined: nobody can tell. */
  readonly runsIn: readonly string[] | undefined;
}

function zonesOf(host: string): Readonly<Record<string, readonly string[]>> {
  return truth[host] ?? {};
}

function regionsOf(host: string): readonly string[] {
  return [...new Set(Object.values(zonesOf(host)).flat())].filter((name) => name !== elsewhere);
}

const oneOf = <T>(items: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...items);

const bedrock: fc.Arbitrary<Sample> = fc
  .record({
    region: oneOf(regionsOf("bedrock")),
    zone: oneOf(Object.keys(zonesOf("bedrock"))),
    form: oneOf(["id", "arn", "application"] as const),
  })
  .map(({ region, zone, form }) => {
    const prefix = zone === "" ? "" : `${zone}.`;
    const kind = zone === "" ? "foundation-model" : "inference-profile";
    const name = {
      id: prefix + bedrockName,
      arn: `arn:aws:bedrock:${region}:1:${kind}/${prefix}${bedrockName}`,
      application: `arn:aws:bedrock:${region}:1:application-inference-profile/x1`,
    }[form];
    const zoned = zone === "" ? [] : (zonesOf("bedrock")[zone] ?? []);
    const runsIn = form === "application" ? undefined : [region, ...zoned];
    return { target: at("bedrock", { region, models: new Map([[plainName, name]]) }), runsIn };
  });

const vertex: fc.Arbitrary<Sample> = fc
  .record({
    region: oneOf([...regionsOf("vertex"), "us", "eu", "global"]),
    tuned: fc.option(oneOf([...regionsOf("vertex"), "us", "global"]), { nil: undefined }),
  })
  .map(({ region, tuned }) => {
    const regions = (name: string): readonly string[] => zonesOf("vertex")[name] ?? [name];
    const models = new Map(
      tuned === undefined ? [] : [[plainName, `projects/p/locations/${tuned}/endpoints/1`]],
    );
    const runsIn = [...regions(region), ...(tuned === undefined ? [] : regions(tuned))];
    return { target: at("vertex", { region, models, project: "p" }), runsIn };
  });

const azure: fc.Arbitrary<Sample> = fc
  .record({
    region: oneOf(["", ...regionsOf("azure")]),
    zone: fc.option(oneOf(["us", "eu", "global", ...regionsOf("azure")]), { nil: undefined }),
  })
  .map(({ region, zone }) => ({
    target: at("azure", { region, ...(zone !== undefined && { zone }) }),
    runsIn: zone === undefined ? undefined : (zonesOf("azure")[zone] ?? [zone]),
  }));

const direct: fc.Arbitrary<Sample> = fc
  .record({
    region: oneOf(["", ...regionsOf("direct")]),
    zone: fc.option(oneOf(["us", "eu", "global"]), { nil: undefined }),
  })
  .map(({ region, zone }) => {
    const place = zone ?? region;
    const runsIn = place === "" ? undefined : (zonesOf("direct")[place] ?? [place]);
    const target = fakeTarget(anthropic, { region, ...(zone !== undefined && { zone }) });
    return { target, runsIn };
  });

function at(host: "bedrock" | "vertex" | "azure", fields: Partial<Target>): Target {
  const set = anthropic.hosts?.[host];
  const dialect = set?.dialects[set.defaultDialect];
  if (dialect === undefined) throw new Error(`no wire at ${host}`);
  return fakeTarget(anthropic, { host, dialect, baseURL: `https://${host}.test`, ...fields });
}

const samples = fc
  .array(fc.oneof(bedrock, vertex, azure, direct), { minLength: 1, maxLength: 6 })
  .map((list) =>
    list.map(({ target, runsIn }, index) => ({
      runsIn,
      target: { ...target, name: `t${index}` },
    })),
  );

const allRegions = ["bedrock", "vertex", "azure", "direct"].flatMap(regionsOf);

/** A pattern of a region's name: a part of it is a star. */
const regionGlob = fc
  .record({ name: oneOf(allRegions), from: fc.nat(12), until: fc.nat(12), whole: fc.boolean() })
  .map(({ name, from, until, whole }) => {
    if (whole) return name;
    return `${name.slice(0, Math.min(from, until))}*${name.slice(Math.max(from, until))}`;
  })
  .filter((glob) => glob !== "*");
const zoneName = oneOf(["us", "eu", "apac", "jp", "au", "global", "us-gov", "EU", "*"]);
const fences = fc.array(fc.oneof({ arbitrary: regionGlob, weight: 3 }, zoneName), {
  minLength: 1,
  maxLength: 5,
});

/** As a pattern says, written once more in another way. */
function matches(glob: string, name: string): boolean {
  const source = glob.split("*").map((part) => part.replace(/[^\w-]/g, "\\$&"));
  return new RegExp(`^${source.join(".*")}$`, "i").test(name);
}

function isHeld(region: string, target: Target, allowed: readonly string[]): boolean {
  if (allowed.some((glob) => matches(glob, region))) return true;
  return Object.entries(zonesOf(target.host)).some(
    ([zone, regions]) =>
      zone !== "" &&
      regions.includes(region) &&
      allowed.some((glob) => glob.toLowerCase().startsWith(zone) && matches(glob, zone)),
  );
}

function ways(
  list: readonly Sample[],
  allowed: readonly string[],
  fallbackModels: readonly string[],
): readonly Candidate[] {
  const registry = new Registry({
    adapters: [anthropic, openai],
    targets: list.map(({ target }) => target),
    routes: [],
  });
  const request = create(LLMRequestSchema, { model: plainName });
  const options = create(CallOptionsSchema, {
    region: { allowed: [...allowed] },
    fallbackModels: [...fallbackModels],
  });
  return candidatesOf(request, options, registry);
}

/** The same; none where the fence leaves none. */
function candidates(...call: Parameters<typeof ways>): readonly Candidate[] {
  try {
    return ways(...call);
  } catch (thrown) {
    if (thrown instanceof ConnectorError && thrown.reason === "REGION_NOT_ALLOWED") return [];
    throw thrown;
  }
}

function failure(run: () => unknown): ConnectorError {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof ConnectorError) return thrown;
  }
  throw new Error("it did not fail as it should");
}

describe("a fence", () => {
  it("tells what it left of the model and of each to fall back to", () => {
    const list = [{ target: { ...at("vertex", { region: "us" }), name: "v" }, runsIn: undefined }];
    const error = failure(() => ways(list, ["eu"], ["anthropic/claude-3"]));
    expect(error.reason).toBe("REGION_NOT_ALLOWED");
    const [own = "", ...others] = error.fields.metadata?.excluded?.split("; ") ?? [];
    expect(own).toBe("v: zone us (us-central1, …)");
    expect(others).toEqual([own]);
    expect(error.fields.metadata?.rule).toMatch(/claude-.*, anthropic\/$/);
  });

  it.prop([samples, fences, fc.boolean()], { numRuns: 2000 })(
    "holds every region in which a candidate may run",
    (list, allowed, falls) => {
      const found = candidates(list, allowed, falls ? ["anthropic/claude-opus-4-1"] : []);
      for (const { target } of found) {
        const { runsIn } = list.find((one) => one.target.name === target.name) as Sample;
        expect(runsIn, `${target.name} tells where it runs`).toBeDefined();
        for (const region of runsIn ?? []) {
          expect(isHeld(region, target, allowed), `${target.name} in ${region}`).toBe(true);
        }
      }
    },
  );

  it.prop([samples, fences], { numRuns: 500 })(
    "leaves out no target that it names",
    (list, fence) => {
      const allowed = [...fence, ...allRegions, "us", "eu", "apac", "jp", "au", "global"];
      const found = new Set(candidates(list, allowed, []).map(({ target }) => target.name));
      for (const { target, runsIn } of list) {
        expect([target.name, found.has(target.name)]).toEqual([target.name, runsIn !== undefined]);
      }
    },
  );

  it.prop([samples], { numRuns: 200 })("that is none leaves out nobody", (list) => {
    expect(candidates(list, [], []).map(({ target }) => target.name)).toEqual(
      list.map(({ target }) => target.name),
    );
  });
});
