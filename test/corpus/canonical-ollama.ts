import { parsedArguments } from "./expectation.ts";
import { objectOf, objectsOf, type Plain } from "./plain.ts";
import { withoutNulls } from "./request-draft.ts";

/**
 * A body for Ollama's own chat in one of the forms that mean the same: streaming is said only where
 * it is off, empty things are not said, and calls are told apart by their order, as clients do that
 * know of no ids.
 */
export function canonicalOllama(body: Plain): Plain {
  const { messages, tools, options, stream, format, ...rest } = body;
  const { stop, ...others } = objectOf(options);
  const runner = withoutNulls({ ...others, stop: typeof stop === "string" ? [stop] : stop });
  return withoutNulls({
    ...rest,
    messages: objectsOf(messages).map(messageOf),
    tools: objectsOf(tools).length > 0 ? objectsOf(tools).map(toolOf) : undefined,
    options: Object.keys(runner).length > 0 ? runner : undefined,
    format: format === "" ? undefined : format,
    stream: stream === false ? false : undefined,
  });
}

function messageOf({
  tool_call_id: _,
  tool_calls: calls,
  content,
  thinking,
  images,
  ...rest
}: Plain): Plain {
  const called = objectsOf(calls).map(({ id, type, function: fn, ...call }) => {
    const { arguments: args, ...said } = objectOf(fn);
    const value = typeof args === "string" ? parsedArguments(args) : (args ?? {});
    return { ...call, function: { ...said, arguments: value } };
  });
  return withoutNulls({
    ...rest,
    content: content === "" ? undefined : content,
    tool_calls: called.length > 0 ? called : undefined,
    thinking: thinking === "" ? undefined : thinking,
    images: Array.isArray(images) && images.length > 0 ? images : undefined,
  });
}

function toolOf({ function: fn, ...tool }: Plain): Plain {
  const { description, ...rest } = objectOf(fn);
  return {
    type: "function",
    ...tool,
    function: withoutNulls({ ...rest, description: description || undefined }),
  };
}
