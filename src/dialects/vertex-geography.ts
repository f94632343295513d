import { type Geography, googleZones } from "../contract/zones.ts";

/** Where Vertex AI runs a model: at the location of the target, and that of a project's resource. */
export const vertexGeography: Geography = Object.freeze<Geography>({
  zones: googleZones,
  regionPattern: /^(?:global|us|eu|[a-z]+-[a-z]+\d{1,2})$/,
  zonePattern: /^(?:global|us|eu)$/,
  example: "europe-west4, us, eu or global",
  placesOf: (model) => {
    if (!model.startsWith("projects/")) return [];
    // Such a name leads to another path than it shows.
    if (/\/\.{1,2}(?:\/|$)/.test(model)) return undefined;
    const locations = [...model.toLowerCase().matchAll(/\/locations\/([a-z0-9-]+)(?=\/)/g)];
    const [location] = locations.map(([, name]) => name ?? "");
    return location === undefined || locations.length > 1 ? undefined : [location];
  },
});
