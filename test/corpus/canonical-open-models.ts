import { canonicalChat } from "./canonical-request.ts";
import { isObject, objectOf, objectsOf, type Plain, stringOf } from "./plain.ts";
import { withMarkInside } from "./read-request-openrouter.ts";
import { withoutNulls } from "./request-draft.ts";

/**
 * A body for a host of open models in one of the forms that mean the same, which are more than at
 * OpenAI: clients send thinking twice, in both members that servers know, or as text between marks;
 * and calls with their index, which their order says. `member` is where the host takes thinking.
 */
export function canonicalOpenModels(body: Plain, member: string): Plain {
  const { messages, response_format: format, ...rest } = canonicalChat(body);
  return withoutNulls({
    ...rest,
    messages: objectsOf(messages).map((message) => messageOf(message, member)),
    response_format: isObject(format) ? described(format) : undefined,
  });
}

/**
 * The same for OpenRouter: marks inside the content, and thinking as its details where there are
 * any.
 */
export function canonicalOpenRouter({ messages, ...body }: Plain): Plain {
  const turns = objectsOf(messages)
    .map(withMarkInside)
    .map(({ reasoning, reasoning_details: details, ...message }) =>
      Array.isArray(details)
        ? { ...message, reasoning_details: objectsOf(details).map(withoutNulls) }
        : { ...message, reasoning },
    );
  return canonicalOpenModels({ ...body, messages: turns }, "reasoning");
}

const members = ["reasoning", "reasoning_content"];

function messageOf({ content, tool_calls: calls, ...message }: Plain, member: string): Plain {
  const pieces = objectsOf(content);
  const [, marked] = /^<think>\n(.*)\n<\/think>$/s.exec(stringOf(pieces[0]?.text)) ?? [];
  const isMarked = message.role === "assistant" && marked !== undefined;
  const said = isMarked ? { ...message, [member]: marked } : message;
  const others = Object.entries(said).filter(
    ([name, value]) => name === member || !members.includes(name) || value !== said[member],
  );
  const left = isMarked ? pieces.slice(1) : pieces;
  return withoutNulls({
    ...Object.fromEntries(others),
    content: left.length > 0 ? left : undefined,
    tool_calls: calls === undefined ? undefined : objectsOf(calls).map(withoutIndex),
  });
}

function withoutIndex({ index: _, ...call }: Plain): Plain {
  return call;
}

function described(format: Plain): Plain {
  const { description, ...schema } = objectOf(format.json_schema);
  if (description !== "") return format;
  return { ...format, json_schema: schema };
}
