import type { Place } from "../contract/adapter.ts";
import { ConnectorError } from "../contract/connector-error.ts";

/** Locations that span several regions and have a host of their own form. */
const zones: ReadonlySet<string> = new Set(["us", "eu"]);

const globalLocation = "global";

/**
 * Bare origin of Vertex AI at a location: a region such as "europe-west4", one of the zones "us"
 * and "eu", or "global", which an empty location means too, as in Google's own SDKs.
 */
export function vertexBaseURL(region: string): string {
  const location = locationOf(region);
  if (location === globalLocation) return "https://aiplatform.googleapis.com";
  if (zones.has(location)) return `https://aiplatform.${location}.rep.googleapis.com`;
  return `https://${location}-aiplatform.googleapis.com`;
}

/**
 * Path of a model on Vertex AI, to which a method such as ":generateContent" is added.
 *
 * `model` is a plain name ("gemini-2.5-pro", "claude-opus-4@20250514"), a publisher's resource
 * ("publishers/google/models/…"), or one of a project (an endpoint of a tuned model), which says
 * its own project and location. `publisher` is whose model a plain name is, such as "google".
 *
 * Throws TARGET_NOT_CONFIGURED where the path needs a project and the place has none.
 */
export function vertexModelPath(
  place: Place | undefined,
  publisher: string,
  model: string,
): string {
  const name = model.split("/").map(encodeSegment).join("/");
  if (name.startsWith("projects/")) return `/v1/${name}`;
  const project = place?.project ?? "";
  if (project === "") throw missingProject();
  const location = encodeSegment(locationOf(place?.region ?? ""));
  const resource = name.startsWith("publishers/")
    ? name
    : `publishers/${encodeSegment(publisher)}/models/${name.replace(/^models\//, "")}`;
  return `/v1/projects/${encodeSegment(project)}/locations/${location}/${resource}`;
}

function locationOf(region: string): string {
  return region === "" ? globalLocation : region.toLowerCase();
}

/**
 * A segment of a path; "@" before a version and ":" of a project's domain stay as Google writes
 * them.
 */
function encodeSegment(text: string): string {
  return encodeURIComponent(text).replaceAll("%40", "@").replaceAll("%3A", ":");
}

function missingProject(): ConnectorError {
  const description = "a target at Vertex AI needs the id of a Google Cloud project: set `project`";
  return new ConnectorError("TARGET_NOT_CONFIGURED", description, {
    precondition: { type: "TARGET_NOT_CONFIGURED", description },
  });
}
