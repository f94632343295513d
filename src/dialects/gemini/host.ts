import { vertexModelPath } from "../vertex-path.ts";
import type { GeminiHost } from "./wire.ts";

/** The Gemini API on its own host, or a server that speaks it. */
export const directHost: GeminiHost = {
  modelPath: (model) => `/v1beta/${resource(model).split("/").map(encodeURIComponent).join("/")}`,
  countedModel: resource,
  callIDs: true,
  labels: false,
  resultFiles: false,
  fileTypes: false,
  filesURL: "https://generativelanguage.googleapis.com/v1beta/",
};

/** Gemini on Vertex AI. Its calls have no ids: results follow calls in their order. */
export const vertexHost: GeminiHost = {
  modelPath: (model, place) => vertexModelPath(place, "google", model),
  callIDs: false,
  labels: true,
  resultFiles: true,
  fileTypes: true,
};

/** A model's name as the API's resource: "gemini-2.5-pro" is "models/gemini-2.5-pro". */
function resource(model: string): string {
  return model.includes("/") ? model : `models/${model}`;
}
