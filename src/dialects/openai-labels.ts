import type { JsonObject } from "@bufbuild/protobuf";
import type { LLMRequest } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { WarningList } from "./warning-list.ts";

/** Most characters of the id of an end user: OpenAI refuses a longer one. */
const endUserIDCharactersMax = 64;

/**
 * What OpenAI keeps with the answer, on both of its wires. It shows metadata only on stored answers,
 * and `store` is a choice of the caller's (`provider_options`): metadata is sent as it is. An id of
 * the end user that is too long is left out, since a shortened one could be another user's.
 */
export function encodeLabels(
  { endUserId, metadata }: LLMRequest,
  warnings: WarningList,
): JsonObject {
  const isTooLong = [...endUserId].length > endUserIDCharactersMax;
  if (isTooLong) {
    warnings.dropped("end_user_id", `the provider takes ${endUserIDCharactersMax} characters`);
  }
  return {
    ...(endUserId !== "" && !isTooLong && { safety_identifier: endUserId }),
    ...(Object.keys(metadata).length > 0 && { metadata: { ...metadata } }),
  };
}
