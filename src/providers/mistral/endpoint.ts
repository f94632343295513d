import type { JsonObject } from "@bufbuild/protobuf";
import { invalidField } from "../../contract/connector-error.ts";
import { isObject, textOf } from "../../dialects/json.ts";
import { requestField } from "../../dialects/request-field.ts";

/** One of the API's endpoints that complete a text. */
export interface Endpoint {
  readonly path: string;
  /** Where the prompt goes: turns, or plain code. */
  readonly prompt: "messages" | "code";
  /** Whether it wants a model; an agent has its own. */
  readonly takesModel: boolean;
  /**
   * Members of a chat that it does not have, with the field of the request that each comes from.
   */
  readonly lacks: Readonly<Record<string, string>>;
}

/** POST /v1/chat/completions. */
export const chatEndpoint: Endpoint = {
  path: "/v1/chat/completions",
  prompt: "messages",
  takesModel: true,
  lacks: {},
};

/** POST /v1/agents/completions. */
const agentEndpoint: Endpoint = {
  path: "/v1/agents/completions",
  prompt: "messages",
  takesModel: false,
  lacks: { temperature: "temperature", top_p: "top_p" },
};

/** POST /v1/fim/completions. */
const fillInEndpoint: Endpoint = {
  path: "/v1/fim/completions",
  prompt: "code",
  takesModel: true,
  lacks: {
    presence_penalty: "presence_penalty",
    frequency_penalty: "frequency_penalty",
    tools: "tools",
    tool_choice: "tool_choice",
    parallel_tool_calls: "parallel_tool_calls",
    response_format: "response_format",
    reasoning_effort: "thinking",
  },
};

/**
 * The endpoint that the adapter's own options ask for: with an object `fim` it is code to fill in,
 * with an `agent_id` a chat with that agent, else a chat. Throws INVALID_REQUEST for both at once.
 */
export function endpointOf(own: JsonObject, adapter: string): Endpoint {
  const hasAgent = textOf(own.agent_id) !== "";
  if (own.fim === undefined) return hasAgent ? agentEndpoint : chatEndpoint;
  const field = requestField(`provider_options.${adapter}.fim`);
  if (!isObject(own.fim)) throw invalidField(field, 'must be an object, such as {"suffix": "}"}');
  if (hasAgent) throw invalidField(field, "cannot stand beside agent_id: they are two endpoints");
  return fillInEndpoint;
}
