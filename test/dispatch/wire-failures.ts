import type { Reason } from "../../src/contract/reasons.ts";
import { otherWires, wires } from "../support/simulated-connectors.ts";

/** A target of the simulated connectors: one a wire, and one a cloud. */
export type FaultWire = (typeof wires)[number] | keyof typeof otherWires;

/** Every wire that failures are proved on. */
export const faultWires: readonly FaultWire[] = [
  ...wires,
  ...(Object.keys(otherWires) as (keyof typeof otherWires)[]),
];

/** Wires whose streams are frames of AWS's binary encoding. */
export const binaryWires: readonly FaultWire[] = ["custom-bedrock-converse", "anthropic-bedrock"];

/** Wires whose streams are text. */
export const textWires: readonly FaultWire[] = faultWires.filter(
  (wire) => !binaryWires.includes(wire),
);

/** What a status means where the body says nothing, on every wire. */
export const statuses: readonly (readonly [number, Reason])[] = [
  [301, "PROVIDER_REDIRECT_REFUSED"],
  [400, "PROVIDER_INVALID_REQUEST"],
  [401, "PROVIDER_CREDENTIAL_INVALID"],
  [402, "PROVIDER_BILLING_EXHAUSTED"],
  [403, "PROVIDER_PERMISSION_DENIED"],
  [405, "PROVIDER_UNSUPPORTED"],
  [408, "PROVIDER_REQUEST_TIMEOUT"],
  [409, "PROVIDER_CONFLICT"],
  [413, "REQUEST_TOO_LARGE"],
  [418, "PROVIDER_INVALID_REQUEST"],
  [422, "PROVIDER_INVALID_REQUEST"],
  [425, "PROVIDER_TOO_EARLY"],
  [429, "PROVIDER_RATE_LIMITED"],
  [500, "PROVIDER_INTERNAL"],
  [501, "PROVIDER_UNSUPPORTED"],
  [502, "PROVIDER_UNAVAILABLE"],
  [503, "PROVIDER_UNAVAILABLE"],
  [504, "PROVIDER_TIMEOUT"],
  [522, "PROVIDER_EDGE_ERROR"],
  [529, "PROVIDER_OVERLOADED"],
  [599, "PROVIDER_INTERNAL"],
];

type ByStatus = Readonly<Record<number, Reason>>;

const openAI: ByStatus = {
  // unsupported_country_region_territory and server_is_overloaded
  403: "PROVIDER_REGION_BLOCKED",
  503: "PROVIDER_OVERLOADED",
};
const google: ByStatus = {
  // FAILED_PRECONDITION, and "The model is overloaded."
  402: "PROVIDER_REGION_OR_BILLING",
  503: "PROVIDER_OVERLOADED",
};
// ModelTimeoutException
const bedrock: ByStatus = { 408: "PROVIDER_TIMEOUT" };

/** Statuses that mean something else in the words that a provider usually has for them. */
export const ownWords: Readonly<Record<FaultWire, ByStatus>> = {
  anthropic: {},
  "openai-chat": openAI,
  "openai-responses": openAI,
  google,
  "google-vertex": google,
  mistral: {},
  // "server busy, please try again. maximum pending requests exceeded"
  "custom-ollama": { 503: "PROVIDER_OVERLOADED" },
  "custom-cohere": {},
  "custom-bedrock-converse": bedrock,
  "anthropic-bedrock": bedrock,
  // Google's words, since the cloud answers.
  "anthropic-vertex": google,
  "anthropic-azure": {},
  // A 403 is a firewall's of Azure; a 503 comes from the model behind it.
  "openai-azure": { 503: "PROVIDER_OVERLOADED" },
  "custom-openai-chat": openAI,
};

/** What each provider's usual error in the middle of a stream says. */
export const errorEvent: Readonly<Record<FaultWire, Reason>> = {
  // overloaded_error, in an event of its own, wherever Claude's own wire is spoken
  anthropic: "PROVIDER_OVERLOADED",
  "anthropic-vertex": "PROVIDER_OVERLOADED",
  "anthropic-azure": "PROVIDER_OVERLOADED",
  // {"error": {"type": "server_error"}} in place of a chunk
  "openai-chat": "PROVIDER_INTERNAL",
  "openai-azure": "PROVIDER_INTERNAL",
  "custom-openai-chat": "PROVIDER_INTERNAL",
  // response.failed or error, with the code server_error
  "openai-responses": "PROVIDER_INTERNAL",
  // {"error": {"code": 500, "status": "INTERNAL"}} in place of a piece of the answer
  google: "PROVIDER_INTERNAL",
  "google-vertex": "PROVIDER_INTERNAL",
  // an error object in place of a chunk
  mistral: "PROVIDER_INTERNAL",
  // {"error": "…"} as the last line
  "custom-ollama": "PROVIDER_INTERNAL",
  // message-end with the finish_reason ERROR
  "custom-cohere": "PROVIDER_INTERNAL",
  // the exception modelStreamErrorException
  "custom-bedrock-converse": "PROVIDER_INTERNAL",
  "anthropic-bedrock": "PROVIDER_INTERNAL",
};
