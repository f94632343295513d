import type { Geography } from "../../contract/zones.ts";

/**
 * Where Anthropic runs a model: where the account says, unless a call names another place by
 * `inference_geo`.
 */
export const anthropicGeography: Geography = Object.freeze<Geography>({
  zones: {},
  regionPattern: /^[a-z0-9-]+$/,
  zonePattern: /^[a-z0-9-]+$/,
  example: "us or global",
  placesOf: (_model, { inference_geo: place }) =>
    typeof place === "string" && place !== "" ? [place] : [],
});
