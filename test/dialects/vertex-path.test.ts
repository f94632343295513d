// Proves that the hosts and paths of models on Vertex AI follow location, project and name, and
// that a target without a project is refused with a reason that says what to set.
import { describe, expect, test } from "vitest";
import { vertexBaseURL, vertexModelPath } from "../../src/dialects/vertex-path.ts";

const place = { region: "europe-west4", project: "shop", apiVersion: "" };

describe("vertexBaseURL", () => {
  test.each([
    ["us-central1", "https://us-central1-aiplatform.googleapis.com"],
    ["Europe-West4", "https://europe-west4-aiplatform.googleapis.com"],
    ["global", "https://aiplatform.googleapis.com"],
    ["", "https://aiplatform.googleapis.com"],
    ["us", "https://aiplatform.us.rep.googleapis.com"],
    ["eu", "https://aiplatform.eu.rep.googleapis.com"],
  ])("location %j", (region, url) => {
    expect(vertexBaseURL(region)).toBe(url);
  });
});

describe("vertexModelPath", () => {
  const own = "/v1/projects/shop/locations/europe-west4";

  test.each([
    ["gemini-2.5-pro", `${own}/publishers/google/models/gemini-2.5-pro`],
    ["models/gemini-2.5-pro", `${own}/publishers/google/models/gemini-2.5-pro`],
    ["claude-opus-4@20250514", `${own}/publishers/google/models/claude-opus-4@20250514`],
    ["publishers/meta/models/llama-4", `${own}/publishers/meta/models/llama-4`],
    ["projects/p/locations/us/endpoints/7", "/v1/projects/p/locations/us/endpoints/7"],
    ["odd name", `${own}/publishers/google/models/odd%20name`],
  ])("model %j", (model, path) => {
    expect(vertexModelPath(place, "google", model)).toBe(path);
  });

  test("takes the publisher it is given, and no location for the global one", () => {
    const path = vertexModelPath({ ...place, region: "" }, "anthropic", "claude-opus-4@20250514");
    expect(path).toBe(
      "/v1/projects/shop/locations/global/publishers/anthropic/models/claude-opus-4@20250514",
    );
  });

  test("keeps a project of a domain readable", () => {
    const path = vertexModelPath({ ...place, project: "example.com:shop" }, "google", "m");
    expect(path).toContain("/projects/example.com:shop/");
  });

  test.each([undefined, { ...place, project: "" }])("refuses a place without project", (where) => {
    expect(() => vertexModelPath(where, "google", "gemini-2.5-pro")).toThrow(
      expect.objectContaining({ reason: "TARGET_NOT_CONFIGURED" }),
    );
  });
});
