import { StopReason } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";

const stopReasons: ReadonlyMap<string, StopReason> = new Map<string, StopReason>([
  ["stop", StopReason.END_TURN],
  ["eos", StopReason.END_TURN],
  ["eos_token", StopReason.END_TURN],
  ["end_turn", StopReason.END_TURN],
  ["completed", StopReason.END_TURN],
  ["stop_sequence", StopReason.STOP_SEQUENCE],
  ["length", StopReason.MAX_TOKENS],
  ["max_tokens", StopReason.MAX_TOKENS],
  ["max_output_tokens", StopReason.MAX_TOKENS],
  ["model_length", StopReason.CONTEXT_LENGTH],
  ["model_context_window_exceeded", StopReason.CONTEXT_LENGTH],
  ["tool_calls", StopReason.TOOL_USE],
  ["tool_use", StopReason.TOOL_USE],
  ["function_call", StopReason.TOOL_USE],
  ["content_filter", StopReason.CONTENT_FILTER],
  // Z.ai's word for it.
  ["sensitive", StopReason.CONTENT_FILTER],
  // Words of the models behind a gateway.
  ["safety", StopReason.CONTENT_FILTER],
  ["recitation", StopReason.CONTENT_FILTER],
  ["prohibited_content", StopReason.CONTENT_FILTER],
  ["malformed_function_call", StopReason.MALFORMED_TOOL_CALL],
  ["pause_turn", StopReason.PAUSE],
  ["refusal", StopReason.REFUSAL],
]);

/** What an answer holds that says more than a plain "stop". */
export interface StopEvidence {
  readonly hasToolCall: boolean;
  readonly hasRefusal: boolean;
  readonly hasStopSequence: boolean;
}

/**
 * Why an answer ended. Local servers say "stop" (or nothing) where they mean a tool call, and
 * OpenAI says it where the model declined.
 */
export function stopReasonOf(raw: string, evidence: StopEvidence): StopReason {
  const known = raw === "" ? StopReason.UNSPECIFIED : stopReasons.get(raw.toLowerCase());
  if (known !== StopReason.END_TURN && known !== StopReason.UNSPECIFIED) {
    return known ?? StopReason.OTHER;
  }
  if (evidence.hasToolCall) return StopReason.TOOL_USE;
  if (evidence.hasRefusal) return StopReason.REFUSAL;
  return evidence.hasStopSequence ? StopReason.STOP_SEQUENCE : known;
}
