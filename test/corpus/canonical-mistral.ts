import { canonicalChat } from "./canonical-request.ts";
import { isObject, objectOf, objectsOf, type Plain, stringOf } from "./plain.ts";
import { withoutNulls } from "./request-draft.ts";

/**
 * A body of Mistral's chat, agents or code to fill in, in one of the forms that mean the same:
 * those of Chat Completions, chunks by their objects, defaults left out.
 */
export function canonicalMistral(body: Plain): Plain {
  const { messages, tool_choice: choice, response_format: format, ...rest } = body;
  const { safe_prompt: safe, ...others } = rest;
  return canonicalChat({
    ...others,
    messages: objectsOf(messages).map(messageOf),
    tool_choice: choice === "any" ? "required" : choice,
    response_format: isObject(format) ? formatOf(format) : undefined,
    safe_prompt: safe === false ? undefined : safe,
  });
}

/**
 * An id of a call in the API's form. Recorders put other ones in its place, which the API refuses:
 * those are replaced here and in what is read by one rule, that of this file alone.
 */
export function recordedID(id: unknown): string {
  const text = stringOf(id);
  if (/^[a-zA-Z0-9]{9}$/.test(text)) return text;
  const kept = [...text].filter((character) => /[a-zA-Z0-9]/.test(character)).reverse();
  return kept.join("").padEnd(9, "0").slice(0, 9);
}

function messageOf(message: Plain): Plain {
  const { content, tool_calls: calls, tool_call_id: id, prefix, ...rest } = message;
  return {
    ...rest,
    content: Array.isArray(content) ? objectsOf(content).map(chunkOf) : content,
    tool_calls: objectsOf(calls).map(callOf),
    tool_call_id: id === undefined ? undefined : recordedID(id),
    prefix: prefix === true ? true : undefined,
  };
}

function callOf(call: Plain): Plain {
  const { id, function: fn } = call;
  const { name, arguments: args } = objectOf(fn);
  const text = typeof args === "string" ? args : JSON.stringify(args);
  return { id: recordedID(id), function: { name, arguments: text } };
}

function chunkOf(chunk: Plain): Plain {
  const { image_url: image, input_audio: audio, thinking, closed, ...rest } = chunk;
  return withoutNulls({
    ...rest,
    image_url: typeof image === "string" ? { url: image } : image,
    input_audio: isObject(audio) ? audio.data : audio,
    thinking: thinking === undefined ? undefined : thinkingOf(thinking),
    closed: closed === true ? undefined : closed,
  });
}

/** Thinking in pieces of text says the same as in one. */
function thinkingOf(thinking: unknown): unknown {
  const pieces = typeof thinking === "string" ? [{ type: "text", text: thinking }] : thinking;
  const isWords = objectsOf(pieces).every(({ type }) => type === "text");
  const text = objectsOf(pieces)
    .map((piece) => stringOf(piece.text))
    .join("");
  return isWords ? [{ type: "text", text }] : pieces;
}

function formatOf({ json_schema: schema, ...format }: Plain): Plain {
  if (!isObject(schema)) return withoutNulls(format);
  const { description, ...rest } = schema;
  return { ...format, json_schema: { ...rest, ...(description !== "" && { description }) } };
}
