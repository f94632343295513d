import type { Dialect } from "../contract/adapter.ts";
import type { Path } from "./configuration-problem.ts";
import type { LoadReport } from "./load-report.ts";
import type { TargetInput } from "./section-inputs.ts";
import type { TargetWire } from "./target-wire.ts";

/** A name that no region has: it finds where an address names its region. */
const anyRegion = "zz-anywhere-9";

/**
 * The address of a target that gives none: its region's, or the wire's own. Empty: there is none.
 */
export function defaultBaseURL({ dialect }: TargetWire, region: string | undefined): string {
  const { regionalBaseURL } = dialect;
  if (region !== undefined && regionalBaseURL) return regionalBaseURL(region);
  return dialect.defaultBaseURL;
}

/**
 * Checks that a target says where it is, as far as its address, its paths and its signatures depend
 * on it. A simulated one has another address, and is not signed for.
 */
export function checkPlace(
  input: TargetInput,
  { host, dialect }: TargetWire,
  simulate: boolean,
  path: Path,
  report: LoadReport,
): void {
  const require = (key: "region" | "project", why: string): void => {
    if (input[key] === undefined) report.add([...path, key], `is required: ${why}`);
  };
  const only = (key: "project" | "api_version", cloud: string): void => {
    if (input[key] !== undefined && host !== cloud) {
      report.add([...path, key], `is for host ${cloud} only`);
    }
  };
  if (host !== "direct" || dialect.regionalBaseURL) checkNames(input, dialect, path, report);
  only("project", "vertex");
  only("api_version", "azure");
  if (host === "vertex" && input.path === undefined) {
    require("project", "the paths of vertex name the project");
  }
  if (simulate) return;
  if (input.base_url === undefined && dialect.defaultBaseURL === "" && dialect.regionalBaseURL) {
    require("region", "the address is that of a region");
  }
  const hasKey = input.api_key !== undefined || input.api_keys !== undefined;
  if (dialect.credentials === "aws" && (!hasKey || !input.base_url)) {
    require("region", "requests are signed for one region");
  }
}

/** Regions and zones are known by their shape, not by a list: new ones appear. */
function checkNames(
  { region, zone, base_url: baseURL }: TargetInput,
  { geography, regionalBaseURL }: Dialect,
  path: Path,
  report: LoadReport,
): void {
  if (geography === undefined) return;
  const { regionPattern, zonePattern, example } = geography;
  const isRegion = region === undefined || regionPattern.test(region);
  if (!isRegion)
    report.add([...path, "region"], `is no region here: expected one such as ${example}`);
  if (zone !== undefined && !regionPattern.test(zone) && !zonePattern.test(zone)) {
    report.add([...path, "zone"], `is no zone here: expected one such as ${example}`);
  }
  if (!isRegion || region === undefined || baseURL === undefined || !regionalBaseURL) return;
  const other = regionIn(baseURL, regionalBaseURL);
  if (other === undefined || other === region) return;
  report.add([...path, "base_url"], `is the address of region ${other}, and region says ${region}`);
}

/** The region that an address of a cloud names. Undefined: it is no such address. */
function regionIn(baseURL: string, regional: (region: string) => string): string | undefined {
  const { hostname } = new URL(baseURL);
  const named = ["global", "us", "eu"].find(
    (zone) => new URL(regional(zone)).hostname === hostname,
  );
  if (named !== undefined) return named;
  const [before = "", after] = new URL(regional(anyRegion)).hostname.split(anyRegion);
  if (after === undefined || !hostname.startsWith(before) || !hostname.endsWith(after)) return;
  const region = hostname.slice(before.length, hostname.length - after.length);
  return /^[a-z0-9-]+$/.test(region) ? region : undefined;
}
