import { azureZones, type Geography } from "../contract/zones.ts";

/**
 * Azure shows nowhere whether a deployment is global, of a data zone or of its region: neither the
 * URL nor the name tells, so that only a declared zone does.
 */
export const azureGeography: Geography = Object.freeze<Geography>({
  zones: azureZones,
  regionPattern: /^[a-z]{2,}[a-z0-9]*$/,
  zonePattern: /^(?:global|us|eu)$/,
  example: "swedencentral, or a zone: us, eu or global",
  placesOf: () => undefined,
});
