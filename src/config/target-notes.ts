import type { Target } from "../contract/target.ts";
import { isPrivateURL, needsAllowPrivate } from "./base-url.ts";
import type { LoadReport } from "./load-report.ts";
import { readTextFile } from "./read-file.ts";

/** Notes what is allowed in a target but seldom meant. */
export function noteTarget(target: Target, report: LoadReport): void {
  if (target.simulated || target.baseURL === "") return;
  if (needsAllowPrivate(target.baseURL) && !target.allowPrivate) {
    report.note(
      `target ${target.name} is at a private address: its calls are refused ` +
        "unless egress.allow_private is true",
    );
  }
  const isOpen = target.baseURL.startsWith("http:") && !isPrivateURL(target.baseURL);
  const bears = target.apiKey ? "key" : bearsToken(target) ? "tokens" : undefined;
  if (isOpen && bears !== undefined) {
    report.note(`target ${target.name} sends its ${bears} unencrypted: its base URL is http`);
  }
  notePlace(target, report);
  const file = target.credentials?.type === "google" ? target.credentials.file : undefined;
  const read = file === undefined ? undefined : readTextFile(file, credentialsBytesMax);
  if (read && "problem" in read) {
    report.note(`target ${target.name} cannot sign in yet: credentials.file: ${read.problem}`);
  }
  if (target.host !== "direct" && addedByWires.test(`${new URL(target.baseURL).pathname}/`)) {
    report.note(
      `target ${target.name} has a path in its base URL that the wire adds too: ` +
        `the base URL of ${target.host} is the bare origin`,
    );
  }
}

/** A region that tells nothing by itself, or that belies the zone beside it. */
function notePlace({ name, region, zone, dialect }: Target, report: LoadReport): void {
  const { geography } = dialect;
  if (geography === undefined || region === "") return;
  if (zone === undefined) {
    if (geography.placesOf("", {}) !== undefined) return;
    report.note(
      `target ${name} declares a region and no zone: its cloud does not show where a ` +
        "deployment runs, so that every fence leaves it out",
    );
    return;
  }
  const known = Object.hasOwn(geography.zones, zone) ? (geography.zones[zone] ?? []) : [];
  if (known.length === 0 || region === zone || known.includes(region)) return;
  report.note(
    `target ${name} declares zone ${zone}, and region ${region} is not known to be in it`,
  );
}

const credentialsBytesMax = 64 * 1024;

/** What paths at clouds begin with: as part of a base URL, it would be there twice. */
const addedByWires = /\/(?:openai|anthropic|v1|model)\//;

/** Whether it is signed in with something that may be used again; a signature may not. */
function bearsToken({ dialect }: Target): boolean {
  return dialect.credentials === "google" || dialect.credentials === "entra";
}
