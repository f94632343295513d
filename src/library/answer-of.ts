import type { LLMResponse } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import type { LLMAnswer } from "../contract/llm.ts";

/**
 * An answer with all that it must have. Throws INTERNAL_FAULT where a server left something out.
 */
export function answerOf(response: LLMResponse | undefined): LLMAnswer {
  if (isAnswer(response)) return response;
  throw new ConnectorError("INTERNAL_FAULT", "the server sent an answer that is not whole");
}

function isAnswer(response: LLMResponse | undefined): response is LLMAnswer {
  if (response === undefined) return false;
  const { content, usage, cost, route } = response;
  return [content, usage, cost, route].every((part) => part !== undefined);
}
