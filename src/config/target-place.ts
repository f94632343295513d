import type { Path } from "./configuration-problem.ts";
import type { LoadReport } from "./load-report.ts";
import type { TargetInput } from "./section-inputs.ts";
import type { TargetWire } from "./target-wire.ts";

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
  only("project", "vertex");
  only("api_version", "azure");
  if (host === "vertex" && input.path === undefined) {
    require("project", "the paths of vertex name the project");
  }
  if (simulate) return;
  if (input.base_url === undefined && dialect.defaultBaseURL === "" && dialect.regionalBaseURL) {
    require("region", "the address is that of a region");
  }
  if (dialect.credentials === "aws" && (input.api_key === undefined || !input.base_url)) {
    require("region", "requests are signed for one region");
  }
}
