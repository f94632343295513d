import { isObject, objectOf, objectsOf, type Plain, stringOf } from "./plain.ts";
import { withoutNulls } from "./request-draft.ts";

/**
 * A body of Chat Completions in one of the forms that mean the same: content as a list, the limit
 * by its newer name, `system` for `developer`, defaults left out, usage in streams not compared.
 */
export function canonicalChat(body: Plain): Plain {
  const { messages, tools, stream, stream_options: streamOptions, stop, ...rest } = body;
  const { max_tokens: old, max_completion_tokens: limit, ...knobs } = rest;
  const { include_usage: _, ...unusual } = objectOf(streamOptions);
  return withoutEmpty({
    ...knobs,
    max_completion_tokens: limit ?? old,
    messages: objectsOf(messages).map(chatMessage),
    tools: objectsOf(tools).map((tool) => {
      const { function: fn, ...others } = tool;
      return isObject(fn) ? { ...others, function: described(fn) } : tool;
    }),
    stop: typeof stop === "string" ? [stop] : stop,
    stream: stream === true ? true : undefined,
    stream_options: Object.keys(unusual).length > 0 ? unusual : undefined,
  });
}

function chatMessage(message: Plain): Plain {
  const { role, content, ...rest } = message;
  const pieces = piecesOf(content, "text").map(({ image_url: image, ...piece }) =>
    isObject(image) ? { ...piece, image_url: withoutAuto(image) } : piece,
  );
  return withoutEmpty({ role: speaker(role), content: pieces, ...rest });
}

/** The same for Responses: `instructions` as the first message where nothing is continued. */
export function canonicalResponses(body: Plain): Plain {
  const { input, instructions, tools, stream, include, reasoning, text, ...rest } = body;
  const { previous_response_id, conversation, prompt } = rest;
  const isContinued = [previous_response_id, conversation, prompt].some((id) => id != null);
  const items = typeof input === "string" ? [{ role: "user", content: input }] : objectsOf(input);
  const isFirst = typeof instructions === "string" && instructions !== "" && !isContinued;
  const first = isFirst ? [{ role: "system", content: instructions }] : [];
  return withoutEmpty({
    ...rest,
    instructions: isFirst || instructions === "" ? undefined : instructions,
    input: [...first, ...items].map(responsesItem),
    tools: objectsOf(tools).map(described),
    include: Array.isArray(include) ? [...include].sort() : include,
    reasoning: isObject(reasoning) ? withoutNulls(reasoning) : reasoning,
    text: isObject(text) ? withoutNulls(text) : text,
    stream: stream === true ? true : undefined,
  });
}

function responsesItem(item: Plain): Plain {
  const { type = "message", role, content, output, ...rest } = item;
  if (type === "message") {
    const text = role === "assistant" ? "output_text" : "input_text";
    const pieces = piecesOf(content, text).map((piece) => withoutEmpty(withoutAuto(piece)));
    return withoutEmpty({ ...rest, type, role: speaker(role), content: pieces });
  }
  const isText = stringOf(type).endsWith("call_output");
  const said = isText ? piecesOf(output, "input_text").map(withoutAuto) : output;
  return withoutNulls({ ...rest, type, role, content, output: said });
}

/**
 * The same for Messages: content as lists without empty texts, neighbours of one role as one turn
 * (the API joins them), the shape of the answer by its name of today.
 */
export function canonicalMessages(body: Plain): Plain {
  const { system, messages, tools, stream, output_format: beta, output_config, ...rest } = body;
  const format = beta ?? objectOf(output_config).format;
  const config = withoutNulls({ ...objectOf(output_config), format });
  return withoutEmpty({
    ...rest,
    system: system === undefined ? undefined : blocksOf(system),
    messages: turnsOf(objectsOf(messages)),
    tools: objectsOf(tools).map(({ type, ...tool }) =>
      type === "custom" || type === undefined ? described(tool) : { type, ...tool },
    ),
    output_config: Object.keys(config).length > 0 ? config : undefined,
    stream: stream === true ? true : undefined,
  });
}

function turnsOf(messages: readonly Plain[]): readonly Plain[] {
  const turns: { role: unknown; content: Plain[] }[] = [];
  for (const { role, content } of messages) {
    const last = turns.at(-1);
    if (last !== undefined && last.role === role) last.content.push(...blocksOf(content));
    else turns.push({ role, content: [...blocksOf(content)] });
  }
  return turns;
}

function blocksOf(content: unknown): readonly Plain[] {
  return piecesOf(content, "text").map((block) => {
    if (block.type !== "tool_result") return withoutNulls(block);
    const { content: inner, is_error: isError, ...rest } = block;
    return withoutEmpty({
      ...rest,
      content: blocksOf(inner),
      ...(isError === true && { isError }),
    });
  });
}

/** Content as a list; empty texts say nothing. */
function piecesOf(content: unknown, type: string): readonly Plain[] {
  const pieces = typeof content === "string" ? [{ type, text: content }] : objectsOf(content);
  return pieces.filter((piece) => piece.type !== type || piece.text !== "").map(withoutNulls);
}

/** OpenAI takes both for the instructions of the application, for every model. */
function speaker(role: unknown): unknown {
  return role === "developer" ? "system" : role;
}

function withoutAuto({ detail, ...image }: Plain): Plain {
  return withoutNulls({ ...image, detail: detail === "auto" ? undefined : detail });
}

/** A tool; an empty description says nothing. */
function described({ description, ...tool }: Plain): Plain {
  return withoutNulls({ ...tool, description: description === "" ? undefined : description });
}

/** Without members that are null or an empty list. */
function withoutEmpty(object: Plain): Plain {
  const said = Object.entries(withoutNulls(object));
  return Object.fromEntries(said.filter(([, value]) => !Array.isArray(value) || value.length > 0));
}
