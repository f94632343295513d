import type { JsonObject } from "@bufbuild/protobuf";
import type { LLMRequest } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { WarningList } from "./warning-list.ts";

/** What a host takes of the caller's labels. */
export interface LabelRules {
  /** Member for the id of the end user. Unset: there is none. */
  readonly endUserMember?: "safety_identifier" | "user";
  /** Most characters of that id. Unset: no limit. */
  readonly endUserCharactersMax?: number;
  /** Whether `metadata` is taken. */
  readonly takesMetadata: boolean;
}

/** OpenAI's own: it refuses an id of more than 64 characters. */
const openAILabels: LabelRules = {
  endUserMember: "safety_identifier",
  endUserCharactersMax: 64,
  takesMetadata: true,
};

/**
 * What a host keeps with the answer, on both wires of OpenAI. OpenAI shows metadata only on stored
 * answers, and `store` is a choice of the caller's (`provider_options`): metadata is sent as it is.
 * An id of the end user that is too long is left out, since a shortened one could be another
 * user's.
 */
export function encodeLabels(
  { endUserId, metadata }: LLMRequest,
  warnings: WarningList,
  rules: LabelRules = openAILabels,
): JsonObject {
  const hasMetadata = Object.keys(metadata).length > 0;
  if (endUserId === "" && !hasMetadata) return {};
  const { endUserMember, endUserCharactersMax = Number.POSITIVE_INFINITY, takesMetadata } = rules;
  const isTooLong = [...endUserId].length > endUserCharactersMax;
  if (endUserId !== "" && endUserMember === undefined) {
    warnings.dropped("end_user_id", "the provider takes none");
  } else if (isTooLong) {
    warnings.dropped("end_user_id", `the provider takes ${endUserCharactersMax} characters`);
  }
  if (hasMetadata && !takesMetadata) warnings.dropped("metadata", "the provider takes none");
  const isNamed = endUserMember !== undefined && endUserId !== "" && !isTooLong;
  return {
    ...(isNamed && { [endUserMember]: endUserId }),
    ...(hasMetadata && takesMetadata && { metadata: { ...metadata } }),
  };
}
