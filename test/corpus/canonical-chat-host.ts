import { canonicalChat } from "./canonical-request.ts";
import { isObject, objectsOf, type Plain } from "./plain.ts";

/** The same for hosts of the wire: numbers of calls and thinking that is empty say nothing. */
export function canonicalChatHost(body: Plain): Plain {
  const { messages, ...rest } = canonicalChat(body);
  return { ...rest, messages: objectsOf(messages).map(messageOf) };
}

function messageOf({ reasoning_content: thinking, tool_calls: calls, ...rest }: Plain): Plain {
  return {
    ...rest,
    ...(thinking !== undefined && thinking !== "" && { reasoning_content: thinking }),
    ...(Array.isArray(calls) && {
      tool_calls: calls.filter(isObject).map(({ index: _, ...call }) => call),
    }),
  };
}
