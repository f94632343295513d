import { canonicalChatHost } from "./canonical-chat-host.ts";
import { isObject, objectOf, objectsOf, type Plain, stringOf } from "./plain.ts";
import { withMarkInside } from "./read-request-openrouter.ts";

/**
 * The same for further hosts: marks for caches inside the content, no empty description of a
 * schema, and no blank text beside calls, which some clients put there because there must be one.
 */
export function canonicalMoreHosts({ messages, ...body }: Plain): Plain {
  const marked = objectsOf(messages).map(withMarkInside);
  const { response_format: format, ...rest } = canonicalChatHost({ ...body, messages: marked });
  return {
    ...rest,
    messages: objectsOf(rest.messages).map(withoutBlank),
    ...(isObject(format) && { response_format: described(format) }),
  };
}

function withoutBlank({ content, ...message }: Plain): Plain {
  if (message.tool_calls === undefined || !Array.isArray(content)) return { content, ...message };
  const said = objectsOf(content).filter(
    ({ type, text }) => type !== "text" || stringOf(text).trim() !== "",
  );
  return { ...message, ...(said.length > 0 && { content: said }) };
}

function described(format: Plain): Plain {
  const { description, ...schema } = objectOf(format.json_schema);
  return description === "" ? { ...format, json_schema: schema } : format;
}
